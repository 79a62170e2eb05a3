import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BareMachine, buildMachine, canBuildMachine, isGroupThere, memoryOf, pressCtrlC } from './bare-machine.ts';

const [install = '', sandbox = ''] = commandsOfTheReadme();
const mostBytes = 1.2 * 1024 ** 3;

/** What README tells a newcomer to type. */
function commandsOfTheReadme(): readonly string[] {
  const section = readFileSync('README.md', 'utf8').split('## Try it')[1] ?? '';
  return /^ {4}(\S.*)$/m.exec(section)?.[1]?.split(' && ') ?? [];
}

/** Collects what a process says; `said` waits for a line. */
function listen(child: ChildProcess) {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  return {
    all: () => lines.join('\n'),
    async said(pattern: RegExp): Promise<string> {
      for (;;) {
        const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
        if (found !== undefined && found !== null) return found[1] ?? found[0];
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`it ended without ${pattern}:\n${lines.join('\n')}`);
        await sleep(50);
      }
    },
  };
}

test('README names the two commands', () => {
  expect([install, sandbox]).toEqual(['npm ci', 'npm run sandbox']);
});

describe.skipIf(!canBuildMachine())('on Debian 12 with its own Node and npm, git, and nothing else', () => {
  let machine: BareMachine;
  beforeAll(() => {
    machine = buildMachine();
  });
  afterAll(() => machine?.stop());

  test('the first command installs, the second shows the page and plays both stories within its memory', async () => {
    const about = machine.start('node --version && npm --version');
    const versions = listen(about);
    await once(about, 'close');
    expect(versions.all()).toMatch(/^v18\..*\n9\./);

    const installing = machine.start(install);
    const installed = listen(installing);
    const [installCode] = await once(installing, 'close');
    expect(installCode, installed.all()).toBe(0);

    const startedMs = performance.now();
    const running = machine.start(`${sandbox} -- --port 0`);
    const words = listen(running);
    const page = await words.said(/Page\s+(http:\S+)/);
    const answer = await fetch(page);
    expect(answer.status).toBe(200);
    const pageSeconds = (performance.now() - startedMs) / 1000;
    expect(await answer.text()).toContain('<div id=');
    await words.said(/kubectl --kubeconfig/);
    pressCtrlC(running);
    await once(running, 'close');
    expect(words.all()).toMatch(/\nstopping$/);
    // The shell dies of Ctrl-C at once; what it started stops in good order.
    await expect.poll(() => isGroupThere(running), { timeout: 30_000 }).toBe(false);

    let peakBytes = 0;
    for (const [story, end] of [
      ['good', { phase: 'Healthy', weights: [10, 25, 50, 75, 100] }],
      ['bad', { phase: 'Degraded', weights: [10, 0] }],
    ] as const) {
      const playing = machine.start(`${sandbox} -- --story ${story} --port 0 --data /tmp/${story}`);
      const told = listen(playing);
      const timer = setInterval(() => {
        peakBytes = Math.max(peakBytes, memoryOf(playing.pid ?? 0));
      }, 1000);
      const [storyCode] = await once(playing, 'close');
      clearInterval(timer);
      expect(storyCode, told.all()).toBe(0);
      expect(JSON.parse(told.all().split('\n').at(-1) ?? '')).toMatchObject({ story, ...end });
    }
    expect(peakBytes).toBeGreaterThan(0);
    expect(peakBytes).toBeLessThan(mostBytes);
    process.stdout.write(`page after ${pageSeconds.toFixed(1)} s, at most ${Math.round(peakBytes / 1024 ** 2)} MiB\n`);
  });
});

describe('with an empty home', () => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  test.each(['10', '11'])('npm %s installs what the lock file says', (version) => {
    const folder = mkdtempSync(join(tmpdir(), `npm-${version}-`));
    folders.push(folder);
    execFileSync('git', ['clone', '--quiet', process.cwd(), join(folder, 'stepwise')]);
    const { PATH = '', NODE_EXTRA_CA_CERTS, npm_config_cafile = NODE_EXTRA_CA_CERTS } = process.env;
    // The system's own Node, not the one that this project carries.
    const path = PATH.split(':').filter((one) => !one.includes('node_modules'));
    const env = {
      PATH: path.join(':'),
      HOME: folder,
      ...(NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS }),
      ...(npm_config_cafile === undefined ? {} : { npm_config_cafile }),
    };
    const options = { cwd: join(folder, 'stepwise'), env, stdio: 'pipe', encoding: 'utf8' } as const;
    execFileSync('npx', ['--yes', `npm@${version}`, 'ci'], options);
    const node = execFileSync('npx', ['--yes', `npm@${version}`, 'exec', 'node', '--', '--version'], options);
    expect(node.trim()).toBe(`v${JSON.parse(readFileSync('node_modules/node/package.json', 'utf8')).version}`);
  });
});
