import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { channels, type FrontDesk, openFrontDesk } from '../support/front-desk.ts';

const merge = 'application/merge-patch+json';
const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles/stepwise-engine';
const leases = '/apis/coordination.k8s.io/v1/namespaces/argo-rollouts/leases';
const Role = z.looseObject({
  rules: z.array(z.looseObject({ resources: z.array(z.string()), verbs: z.array(z.string()) })),
});

let desk: FrontDesk;

beforeAll(async () => {
  desk = await openFrontDesk();
}, 240_000);
afterAll(() => desk.stop());

/** Asks until the answer says so: a socket, a pod or a Lease takes its time. */
async function doctor(says: RegExp, channel: string = channels.shop) {
  let last: string | undefined;
  try {
    return await desk.sandbox.eventually(
      'the doctor says so',
      async () => {
        // Nobody has a right here: it is asked before the first RoleBinding.
        const answer = await desk.type('arno', '/rollout doctor', channel);
        last = answer.words;
        return says.test(last) ? last : undefined;
      },
      60_000,
    );
  } catch (error) {
    throw new Error(`the doctor does not say ${says}, but:\n${last}`, { cause: error });
  }
}

const titles = [
  'Slack connections',
  'Rights in the cluster',
  'Custom resources',
  'Controller',
  'Queue',
  'Prometheus',
  'User groups',
  'This channel',
  'Chart font',
  'Chart block',
  'Clock',
];

it('nothing is broken: every line has its tick, in its place', async () => {
  const ticked = new Set<string>();
  // A busy machine may not answer every check within its three seconds: each line on its own must have been well once.
  await desk.sandbox.eventually('each line has had its tick', async () => {
    const { words } = await desk.type('arno', '/rollout doctor');
    const lines = words.split('\n').flatMap((line) => /^([✓⚠✗]) \*([^*]+)\*/.exec(line)?.slice(1) ?? []);
    expect(lines.filter((part) => part.length > 1)).toEqual(titles);
    for (const [index, mark] of lines.entries()) if (mark === '✓') ticked.add(lines[index + 1] ?? '');
    return ticked.size === titles.length || undefined;
  });
  await doctor(/2 of 2 sockets\n.*all \d+ are there\n.*7 of 7, v1alpha1\n.*Stepwise \(stepwise_replica-1_/);
});

it('a right that is missing comes with the line that gives it', async () => {
  const { rules } = await desk.sandbox.get(Role, roles);
  const fewer = rules
    .filter(({ resources }) => !resources.includes('ingresses'))
    .map((rule) => (rule.resources.includes('analysisruns') ? { ...rule, verbs: ['get', 'list', 'watch'] } : rule));
  await desk.sandbox.request('PATCH', roles, { rules: fewer }, merge);
  const words = await doctor(/✗ \*Rights in the cluster\* \*\(to mend\)\*: 8 of \d+ are missing/);
  expect(words).toContain(
    'kubectl create clusterrole stepwise-ingresses-networking-k8s-io --verb=get,list,watch,create,patch ' +
      '--resource=ingresses.networking.k8s.io && kubectl create clusterrolebinding stepwise-ingresses-networking-k8s-io ' +
      '--clusterrole=stepwise-ingresses-networking-k8s-io --serviceaccount=stepwise:stepwise',
  );
  expect(words).toContain('--verb=create,patch,delete --resource=analysisruns.argoproj.io');
  await desk.sandbox.request('PATCH', roles, { rules }, merge);
  await doctor(/✓ \*Rights in the cluster\*: all \d+ are there/);
});

it('a definition that is not installed', async () => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/experiments.argoproj.io';
  await desk.sandbox.request('DELETE', path);
  const words = await doctor(/✗ \*Custom resources\*.*: not installed: experiments\.argoproj\.io/);
  expect(words).toContain('kubectl create -k manifests/install/crds-argo');
});

it('a channel that is bound to nothing, and a direct message', async () => {
  const words = await doctor(/⚠ \*This channel\*: no DeliveryPolicy names it/, channels.lobby);
  expect(words).toContain(`"spec":{"channels":["${channels.lobby}"]}}' | kubectl apply --server-side -f -`);
  await doctor(/✓ \*This channel\*: a direct message/, await desk.directChannel('arno'));
});

it('a Prometheus that does not answer', async () => {
  await desk.sandbox.standIns.prometheus?.stop();
  await doctor(/✗ \*Prometheus\*.*: Prometheus at http:\/\/127\.0\.0\.1:\d+ could not be asked/);
});

it('an Argo controller beside us, and one that holds the Lease', async () => {
  const labels = { 'app.kubernetes.io/name': 'argo-rollouts' };
  await desk.sandbox.request('POST', '/apis/apps/v1/namespaces/argo-rollouts/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'argo-rollouts', namespace: 'argo-rollouts', labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'controller', image: 'shop:1' }] } },
    },
  });
  await doctor(/⚠ \*Controller\*: Stepwise \(stepwise_.*\); Argo Rollouts runs too \(argo-rollouts\), and waits/);
  const spec = { holderIdentity: 'argo-rollouts-7d9f_1', leaseDurationSeconds: 3600 };
  await desk.sandbox.request('PATCH', `${leases}/argo-rollouts-controller-lock`, { spec }, merge);
  const words = await doctor(/✗ \*Controller\*.*: argo-rollouts-7d9f_1 holds the Lease/);
  expect(words).toContain('kubectl -n argo-rollouts scale deployment argo-rollouts --replicas=0');
});
