import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox, type TestSandbox } from '../../support/sandbox.ts';
import { progress } from '../arena.ts';
import { startRedis } from '../redis.ts';
import { differenceOf, type Reading, readMetrics } from '../service-metrics.ts';
import { against, round } from '../statistics.ts';

const argo = '/apis/argoproj.io/v1alpha1/namespaces';
const replicaSetsEach = 11;
const watchedMs = 30_000;

/** Rollouts that are long done, each with its history: what does one replica keep of them, and what does looking at nothing cost? */
export async function measureIdle(rollouts: number) {
  const redis = await startRedis();
  const sandbox = await startSandbox({ redisUrl: redis.url });
  try {
    progress(`${rollouts} idle rollouts with ${replicaSetsEach} ReplicaSets each are created`);
    await createAll(sandbox, rollouts);
    sandbox.startService();
    const url = await sandbox.eventually('the replica started', () => addressOf(sandbox), 120_000);
    progress('waiting until every one was looked at');
    await sandbox.eventually('all keys resynced', () => hasResynced(sandbox), 300_000);
    await untilQuiet(sandbox);
    const before = await readMetrics(url);
    let writes = 0;
    const stop = sandbox.standIns.kubernetes?.onWrite(({ resource }) => {
      if (resource !== 'leases') writes += 1;
    });
    await sleep(watchedMs);
    stop?.();
    return resultOf(rollouts, { before, after: await readMetrics(url), writes });
  } finally {
    await sandbox.stop();
    await redis.stop();
  }
}

function resultOf(
  rollouts: number,
  seen: { readonly before: Reading; readonly after: Reading; readonly writes: number },
) {
  const spent = differenceOf([seen.before], [seen.after]);
  const residentMiB = seen.after.residentBytes / 2 ** 20;
  return {
    fleet: `${rollouts} Rollouts, Healthy with 0 replicas, ${replicaSetsEach} ReplicaSets each`,
    resident: { ...against(residentMiB, 1024), unit: 'MiB' },
    heapUsedMiB: round(seen.after.heapUsedBytes / 2 ** 20),
    heapKibPerRollout: round(seen.after.heapUsedBytes / 1024 / rollouts),
    in30Seconds: { turns: spent.turns, cpuMs: Math.round(spent.cpuSeconds * 1000), writesBesideTheLease: seen.writes },
  };
}

/** Their first turns have written what there was to write: nothing but the Lease is written for five seconds. */
async function untilQuiet({ standIns }: TestSandbox): Promise<void> {
  let lastAtMs = performance.now();
  const stop = standIns.kubernetes?.onWrite(({ resource }) => {
    if (resource !== 'leases') lastAtMs = performance.now();
  });
  while (performance.now() - lastAtMs < 5000) await sleep(200);
  stop?.();
}

/** Fifty at a time: the API server of the bench is one process. */
async function createAll(sandbox: TestSandbox, rollouts: number): Promise<void> {
  await sandbox.request('POST', '/api/v1/namespaces', { metadata: { name: 'idle' } });
  for (let from = 0; from < rollouts; from += 50) {
    const names = Array.from({ length: Math.min(50, rollouts - from) }, (_, index) => `idle-${from + index}`);
    await Promise.all(names.map((name) => createOne(sandbox, name)));
  }
}

async function createOne(sandbox: TestSandbox, name: string): Promise<void> {
  const template = (tag: number) => ({
    metadata: { labels: { app: name } },
    spec: {
      containers: [
        {
          name: 'app',
          image: `ghcr.io/acme/idle:${tag}`,
          env: Array.from({ length: 30 }, (_, index) => ({
            name: `SETTING_${index}`,
            value: `value ${index} of ${name}`,
          })),
        },
      ],
    },
  });
  const created = (await sandbox.request('POST', `${argo}/idle/rollouts`, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: template(replicaSetsEach),
      strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } },
    },
  })) as { readonly metadata: { readonly uid: string } };
  const owner = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    name,
    uid: created.metadata.uid,
    controller: true,
  };
  for (let revision = 1; revision < replicaSetsEach; revision++) {
    const hash = `hash${revision}`;
    const labels = { app: name, 'rollouts-pod-template-hash': hash };
    const { spec } = template(revision);
    await sandbox.request('POST', '/apis/apps/v1/namespaces/idle/replicasets', {
      metadata: {
        name: `${name}-${hash}`,
        labels,
        annotations: { 'rollout.argoproj.io/revision': String(revision) },
        ownerReferences: [owner],
      },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    });
  }
}

function addressOf(sandbox: TestSandbox): string | undefined {
  const line = sandbox.logs().find(({ msg }) => msg === 'started');
  return line === undefined ? undefined : `http://127.0.0.1:${String(line.port)}/metrics`;
}

/** The moving ones and the rest. */
function hasResynced(sandbox: TestSandbox): true | undefined {
  return sandbox.logs().filter(({ msg }) => msg === 'keys resynced').length >= 2 ? true : undefined;
}
