import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROMETHEUS = '/usr/bin/prometheus';
const PROMTOOL = '/usr/bin/promtool';

/** Tells whether Debian's package `prometheus` is installed; says loudly when it is not. */
export function hasPrometheus(): boolean {
  if (existsSync(PROMETHEUS) && existsSync(PROMTOOL)) return true;
  process.stderr.write(`NOT COMPARED WITH A REAL PROMETHEUS: ${PROMETHEUS} is missing (apt-get install prometheus)\n`);
  return false;
}

export type RealPrometheus = { readonly url: string; stop(): Promise<void> };

/** Starts a real Prometheus on a free port: with samples in OpenMetrics text, or scraping addresses once a second. */
export async function startPrometheus(options: {
  readonly openMetrics?: string;
  readonly targets?: readonly string[];
}): Promise<RealPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  if (options.openMetrics !== undefined) {
    writeFileSync(join(folder, 'samples.txt'), options.openMetrics);
    execFileSync(PROMTOOL, ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'samples.txt'), data], {
      stdio: 'pipe',
    });
  }
  writeFileSync(join(folder, 'prometheus.yml'), describeConfig(options.targets ?? []));
  const server = spawn(
    PROMETHEUS,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=100y',
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const url = await readAddress(server);
  await waitUntilReady(url);
  return {
    url,
    async stop() {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function describeConfig(targets: readonly string[]): string {
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs:
      targets.length === 0
        ? []
        : [{ job_name: 'sandbox', honor_labels: true, static_configs: [{ targets: [...targets] }] }],
  });
}

/** Port 0 is only told in the log. */
function readAddress(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const address = /msg="Listening on" address=(127\.0\.0\.1:\d+)/.exec(log)?.[1];
      if (address !== undefined) resolve(`http://${address}`);
    });
    server.once('exit', (code) => reject(new Error(`prometheus ended with ${code}: ${log.slice(-2000)}`)));
  });
}

async function waitUntilReady(url: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/-/ready`);
    await response.text();
    if (response.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
