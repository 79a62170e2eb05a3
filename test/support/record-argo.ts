/**
 * Records what a real Argo Rollouts controller writes, for test/fixtures/argo:
 *   node test/support/record-argo.ts <rollouts-controller> <version> [story …]
 * KUBECONFIG names an empty cluster of one's own (API server and controller manager) with manifests/install/crds-argo; kubectl is on
 * PATH. Nothing runs its pods: they are said to be ready here.
 */
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Document, isMap, isSeq, visit } from 'yaml';
import { z } from 'zod';
import { recordedManifests, type Story, stories } from './argo-stories.ts';

const fixtures = new URL('../fixtures/argo/', import.meta.url);
const namespace = 'shop';
const patienceMs = 60_000;

const Item = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const List = z.object({ items: z.array(Item) });

function kubectl(words: readonly string[], input = ''): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile('kubectl', ['-n', namespace, ...words], { maxBuffer: 1e8 }, (error, stdout) => {
    if (error === null) resolve(stdout);
    else reject(error);
  });
  child.stdin?.end(input);
  return promise;
}

async function list(kinds: string, ...words: readonly string[]) {
  return List.parse(JSON.parse(await kubectl(['get', kinds, ...words, '-o', 'json']))).items;
}

/** What Prometheus answers: as good as the query says. */
async function startPrometheus() {
  const server = createServer((incoming, response) => {
    let asked = '';
    incoming.on('data', (part: Buffer) => {
      asked += part.toString();
    });
    incoming.on('end', () => {
      const value = /good/.test(decodeURIComponent(asked)) ? '0.997' : '0.412';
      const result = [{ metric: {}, value: [Date.now() / 1000, value] }];
      const answer = { status: 'success', data: { resultType: 'vector', result } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}

const Pod = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  status: z.looseObject({ phase: z.string().optional() }).default({}),
});

/** In place of the kubelet: every pod is up. */
async function sayReady(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const item of await list('pods')) {
      const { metadata, status } = Pod.parse(item);
      if (status.phase === 'Running') continue;
      const at = new Date().toISOString();
      const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: 'True', lastTransitionTime: at }));
      const change = JSON.stringify({ status: { phase: 'Running', conditions } });
      await kubectl(['patch', 'pod', metadata.name, '--subresource=status', '--type=merge', '-p', change]).catch(
        () => undefined,
      );
    }
    await sleep(200);
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const endAt = performance.now() + patienceMs;
  while (performance.now() < endAt) {
    if (await isSo()) return;
    await sleep(100);
  }
  throw new Error(`${what}: not within ${patienceMs} ms: ${await kubectl(['get', 'rollouts', '-o', 'yaml'])}`);
}

async function untilStatus({ name }: Story, what: string, isSo: Story['isThere']): Promise<void> {
  await until(`${name} ${what}`, async () => {
    const [rollout] = await list('rollouts', `--field-selector=metadata.name=${name}`);
    const { status } = z.looseObject({ status: z.looseObject({}).default({}) }).parse(rollout);
    return isSo(status);
  });
}

const recordedKinds = 'rollouts,replicasets,services,ingresses,analysisruns,experiments,virtualservices';

/** Its objects as they are, managedFields and all, each of those on a few lines. */
async function writeDown(story: Story, version: string): Promise<void> {
  const isIts = (name: string) => name === story.name || name.startsWith(`${story.name}-`);
  const items = (await list(recordedKinds, '--show-managed-fields')).filter(({ metadata }) => isIts(metadata.name));
  // Whose it is comes first.
  items.sort((a, b) => Number(b.kind === 'Rollout') - Number(a.kind === 'Rollout'));
  const heading = `# Recorded from Argo Rollouts ${version}, looked at ${new Date().toISOString()}. ${story.about}\n`;
  const text = items.map((item) => {
    const document = new Document(item);
    visit(document, {
      Pair(_, { key, value }) {
        if (String(key) === 'managedFields' && isSeq(value))
          for (const entry of value.items) if (isMap(entry)) entry.flow = true;
      },
    });
    return document.toString({ lineWidth: 180 });
  });
  writeFileSync(new URL(`${story.file}.yaml`, fixtures), heading + text.join('---\n'));
}

async function record(story: Story, version: string): Promise<void> {
  await kubectl(['delete', 'rollout', story.name, '--ignore-not-found', '--cascade=foreground']);
  await kubectl(['apply', '-f', '-'], recordedManifests(story, 'shop:1'));
  await untilStatus(story, 'is open', ({ phase }) => phase === 'Healthy');
  await kubectl(['apply', '-f', '-'], recordedManifests(story, 'shop:2'));
  await untilStatus(story, 'is there', story.isThere);
  if (story.act !== undefined) {
    await kubectl(story.act);
    await untilStatus(story, 'has acted', story.hasActed ?? story.isThere);
  }
  // What follows of itself.
  await sleep(3000);
  await writeDown(story, version);
}

/** Every version of every run, from the first: what there is for a moment only. */
function watchRuns() {
  const words = ['-n', namespace, 'get', 'analysisruns', '--watch', '-o', 'yaml', '--show-managed-fields'];
  const watching = spawn('kubectl', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let seen = '';
  watching.stdout.on('data', (part: Buffer) => {
    seen += part.toString();
  });
  return {
    stop(version: string): void {
      watching.kill();
      const born = seen.split(/^---\n/m).find((version) => /^ {2}phase: ""$/m.test(version));
      if (born === undefined) return;
      const heading = `# Recorded from Argo Rollouts ${version}: an AnalysisRun as it is created.\n`;
      writeFileSync(new URL('objects/analysis-run-at-birth.yaml', fixtures), heading + born);
    },
  };
}

async function main(controller: string, version: string, wanted: readonly string[]): Promise<void> {
  const prometheus = await startPrometheus();
  const stopping = new AbortController();
  const argo = spawn(
    controller,
    ['--metricsPort', '0', '--healthzPort', '0', '--kubeconfig', process.env.KUBECONFIG ?? ''],
    {
      env: { ...process.env, ARGO_ROLLOUTS_PROMETHEUS_ADDRESS: prometheus.url },
      stdio: 'ignore',
    },
  );
  const kubelet = sayReady(stopping.signal);
  const runs = watchRuns();
  try {
    for (const story of stories) if (wanted.length === 0 || wanted.includes(story.file)) await record(story, version);
  } finally {
    argo.kill();
    runs.stop(version);
    stopping.abort();
    await kubelet;
    prometheus.stop();
  }
}

const [controller = '', version = '', ...wanted] = process.argv.slice(2);
await main(controller, version, wanted);
