import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasKubectl, kubeconfigFor, runLine } from '../../../support/kubectl.ts';
import {
  type AnyObject,
  aReplicaSet,
  eventually,
  JOBS,
  PODS,
  REPLICA_SETS,
  type SmallCluster,
  startSmallCluster,
} from '../../../support/small-cluster.ts';

const IMAGES = [
  'migrate:ok: {startMs: 20, endsAfterMs: 200, prints: [Connected, "Migrating to 2", Done]}',
  'migrate:bad: {startMs: 20, endsAfterMs: 100, exitCode: 3, prints: [Connected, "ERROR: no such column"]}',
  'migrate:long: {startMs: 20, endsAfterMs: 600000, prints: [Connected]}',
  'migrate:missing: {pull: missing}',
  'server: {startMs: 20, prints: [listening, ready]}',
].join('\n');

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await startSmallCluster({ images: IMAGES });
});
afterAll(async () => {
  await cluster.stop();
  expect(cluster.problems).toEqual([]);
});

function aJob(name: string, image: string, spec: AnyObject = {}): object {
  const { restartPolicy = 'Never', ...rest } = spec;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'shop' },
    spec: { backoffLimit: 0, ...rest, template: { spec: { restartPolicy, containers: [{ name: 'main', image }] } } },
  };
}

function jobIs(name: string, condition: string): Promise<AnyObject> {
  return eventually(async () => {
    const { status } = await cluster.request('GET', `${JOBS}/${name}`);
    return status.conditions?.some((one: AnyObject) => one.type === condition) === true ? status : undefined;
  });
}

async function podsOf(job: string) {
  return cluster.pods({ 'job-name': job });
}

async function logOf(job: string, query = ''): Promise<string> {
  const [pod] = await podsOf(job);
  const answer = await fetch(`${cluster.api.url}${PODS}/${pod.metadata.name}/log${query}`);
  return answer.text();
}

// What conditions, counts and times say was read off a real kube-controller-manager 1.34.4.
describe.concurrent('a Job', () => {
  test('is complete when its pod has succeeded', async () => {
    await cluster.create(JOBS, aJob('ok', 'migrate:ok'));
    const status = await jobIs('ok', 'Complete');

    expect(status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect(status.active ?? 0).toBe(0);
    expect(status.completionTime).toBe(status.conditions[1].lastTransitionTime);
    const why = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods', status: 'True' };
    expect(status.conditions).toMatchObject([
      { type: 'SuccessCriteriaMet', ...why },
      { type: 'Complete', ...why },
    ]);
    expect(await logOf('ok')).toBe('Connected\nMigrating to 2\nDone\n');
    expect(await logOf('ok', '?tailLines=2&limitBytes=11')).toBe('Migrating t');
    expect(await logOf('ok', '?tailLines=0')).toBe('');
  });

  test('fails when more pods failed than it may lose', async () => {
    await cluster.create(JOBS, aJob('bad', 'migrate:bad', { backoffLimit: 1 }));
    const status = await jobIs('bad', 'Failed');

    expect(status).toMatchObject({ failed: 2, ready: 0, terminating: 0 });
    const why = { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
    expect(status.conditions).toMatchObject([
      { type: 'FailureTarget', ...why },
      { type: 'Failed', ...why },
    ]);
    const pods = await podsOf('bad');
    expect(pods.map(({ status: { phase } }) => phase)).toEqual(['Failed', 'Failed']);
    expect(pods[0].status.containerStatuses[0].state.terminated.exitCode).toBe(3);
    expect(await logOf('bad', '?tailLines=1')).toBe('ERROR: no such column\n');
  });

  test('restarted in place it fails by its restarts, and its pod goes', async () => {
    await cluster.create(JOBS, aJob('in-place', 'migrate:bad', { restartPolicy: 'OnFailure', backoffLimit: 1 }));
    expect(await jobIs('in-place', 'Failed')).toMatchObject({ failed: 1, terminating: 0 });
    await eventually(async () => ((await podsOf('in-place')).length === 0 ? true : undefined));
  });

  test('fails at its deadline, and its pod goes first', async () => {
    await cluster.create(JOBS, aJob('late', 'migrate:long', { activeDeadlineSeconds: 1, backoffLimit: 6 }));
    const status = await jobIs('late', 'Failed');

    expect(status).toMatchObject({ failed: 1, terminating: 0 });
    const why = { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
    expect(status.conditions).toMatchObject([
      { type: 'FailureTarget', ...why },
      { type: 'Failed', ...why },
    ]);
    expect(await podsOf('late')).toEqual([]);
  });

  test('runs so many pods at once, and so many in all', async () => {
    await cluster.create(JOBS, aJob('many', 'migrate:ok', { completions: 3, parallelism: 2 }));
    expect(await jobIs('many', 'Complete')).toMatchObject({ succeeded: 3 });
    expect(await podsOf('many')).toHaveLength(3);
  });

  test('is ready while its pod works, and takes its pod along', async () => {
    await cluster.create(JOBS, aJob('working', 'migrate:long'));
    await eventually(async () => {
      const { status } = await cluster.request('GET', `${JOBS}/working`);
      return status.ready === 1 && status.active === 1 ? true : undefined;
    });
    await cluster.request('DELETE', `${JOBS}/working`, { propagationPolicy: 'Foreground' });
    await eventually(async () => {
      const jobs = (await cluster.list(JOBS)).filter(({ metadata }) => metadata.name === 'working');
      return jobs.length + (await podsOf('working')).length === 0 ? true : undefined;
    });
  });

  test('goes when its time to live is over, with its pods', async () => {
    await cluster.create(JOBS, aJob('short-lived', 'migrate:ok', { ttlSecondsAfterFinished: 0 }));
    await eventually(async () => {
      const jobs = (await cluster.list(JOBS)).filter(({ metadata }) => metadata.name === 'short-lived');
      return jobs.length + (await podsOf('short-lived')).length === 0 ? true : undefined;
    });
  });

  test('waits for an image that cannot be had', async () => {
    await cluster.create(JOBS, aJob('unpullable', 'migrate:missing', { backoffLimit: 6 }));
    await eventually(async () => {
      const [pod] = await podsOf('unpullable');
      const state = pod?.status.containerStatuses?.[0]?.state;
      return state?.waiting?.reason === 'ImagePullBackOff' ? true : undefined;
    });
    const said = JSON.parse(await logOf('unpullable'));
    expect(said).toMatchObject({ reason: 'BadRequest', code: 400 });
    expect(said.message).toMatch(/^container "main" in pod "unpullable-\w+" is waiting to start: /);
    await cluster.request('DELETE', `${JOBS}/unpullable`, { propagationPolicy: 'Background' });
  });
});

test.skipIf(!hasKubectl('nothing proves that kubectl logs works'))('kubectl reads what pods print', async () => {
  const home = mkdtempSync(join(tmpdir(), 'logs-'));
  try {
    writeFileSync(join(home, 'config'), kubeconfigFor(cluster.api.url));
    const environment = { KUBECONFIG: join(home, 'config'), HOME: home };
    const kubectl = (words: string) => runLine(`kubectl -n shop ${words}`, { cwd: home, environment });
    await cluster.create(JOBS, aJob('read', 'migrate:ok'));
    await jobIs('read', 'Complete');
    await cluster.create(REPLICA_SETS, aReplicaSet('web', 'server:1', 1));
    await kubectl('wait --for=condition=Ready pod -l set=web --timeout=60s');

    expect((await kubectl('logs job/read')).words).toBe('Connected\nMigrating to 2\nDone\n');
    expect((await kubectl('logs job/read --tail=1')).words).toBe('Done\n');
    expect((await kubectl('logs job/read -f')).words).toBe('Connected\nMigrating to 2\nDone\n');
    expect((await kubectl('logs -l set=web --prefix')).words).toMatch(/^\[pod\/web-\w+\/app\] listening\n\[pod/);
    expect((await kubectl('logs job/read --timestamps --tail=1')).words).toMatch(/^\d{4}-\S+Z Done\n$/);
    expect((await kubectl('logs job/read --previous')).words).toMatch(
      /previous terminated container "main" in pod "read-\w+" not found/,
    );
    await cluster.create(JOBS, aJob('followed', 'migrate:ok'));
    const follow = 'until kubectl -n shop logs -f job/followed 2>/dev/null; do sleep 0.1; done';
    const followed = await runLine(follow, { cwd: home, environment });
    expect(followed.words).toBe('Connected\nMigrating to 2\nDone\n');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
