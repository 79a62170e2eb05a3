import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { argoSettings, startArgoLine } from '../support/argo-line.ts';
import { kubeconfigThrough } from '../support/breakable-line.ts';
import { hasRedisServer, startRedisServer } from '../support/redis-server.ts';
import { cardWords, imageOf, openDeployments, readDeployment, setDeploymentImage } from '../support/rolling-shops.ts';
import { asTold, buildStreet, channelOf, type Street, seenOf, toldOf } from '../support/shops.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it.skipIf(!hasRedisServer())(
  'shows a good and a bad release that an Argo controller runs, and writes nothing but what people ask for and what guards Deployments',
  async () => {
    const guarded = ['rolled', 'undone'];
    const street = await buildStreet(['good', 'bad', 'asked'], undefined, guarded);
    stops.push(() => street.stop());
    await openDeployments(street, [{ name: 'rolled' }, { name: 'undone', analysis: 'late-slo', soak: '30s' }]);
    const redis = await startRedisServer('port');
    stops.push(() => redis.stop());
    const settings = { ...street.settings, REDIS_URL: redis.url };
    await startArgo(street, settings);
    await street.untilOpen();
    await onlyDriveRights(street);
    const writes = noteWrites(street);
    street.sandbox.startService({ ...settings, POD_NAME: 'driver', HTTP_PORT: '0' });
    await street.sandbox.eventually('it drives', () =>
      street.sandbox.logs().find(({ msg, controller }) => msg === 'started' && controller === 'drive'),
    );
    for (const [shop, image] of [
      ['good', 'shop:2'],
      ['bad', 'shop:bad'],
      ['asked', 'shop:2'],
    ] as const)
      await street.release(shop, image);
    // Argo knows nothing of these two: we guard them, with runs that Argo measures.
    await Promise.all(guarded.map((name) => cardWords(street, name, 1, /is live/)));
    await setDeploymentImage(street, 'rolled', 'shop:2');
    await setDeploymentImage(street, 'undone', 'shop:bad');
    await street.untilWeight('asked', 10);
    await type(street, 'pause', (rollout) => rollout?.spec.paused === true);
    await type(street, 'resume', (rollout) => rollout?.spec.paused !== true);
    await type(street, 'abort', (rollout) => rollout?.status.abort === true);
    await street.untilBack('asked');
    await street.untilBack('bad');
    await street.untilLive('good');
    for (const shop of ['good', 'bad']) await street.untilWeight(shop, 0);
    await cardWords(street, 'rolled', 2, /is live.*measured by argo-rollouts/s);
    await cardWords(street, 'undone', 2, /rolled back.*success-rate.*✓ no new pod serves/s);
    expect(imageOf(await readDeployment(street, 'undone'))).toBe('shop:1');

    // Whether the revision that was live before we came has a card, too, is another story.
    const seen = ['good', 'bad'].map((shop) => ({
      ...seenOf(street, shop),
      cards: [1, seenOf(street, shop).cards[1]],
    }));
    expect(seen).toEqual([asTold('good', 'live'), asTold('bad', 'back')]);
    const card = JSON.stringify(
      street.slack
        .transcript()
        .messages.find(({ ts }) => ts === toldOf(street.slack, 'good', 2).cards[0]?.ts)
        ?.versions.at(-1),
    );
    expect(card).toContain('run by argo-rollouts');

    expect(new Set(writes.map(({ what }) => what))).toEqual(
      new Set([
        ...['deliveryrecords', 'leases stepwise/stepwise-drive', 'rollouts', 'subjectaccessreviews'],
        ...['deployments', 'analysisruns', 'events'],
      ]),
    );
    // The runs of guarded Deployments are named and ended by us; what is measured is Argo's to write.
    const ofRuns = writes.filter(({ what }) => what === 'analysisruns');
    expect(new Set(ofRuns.map(({ name }) => /^(rolled|undone)-/.exec(name)?.[1]))).toEqual(new Set(guarded));
    const ofDeployments = writes.filter(({ what }) => what === 'deployments');
    expect(new Set(ofDeployments.map(({ name }) => name))).toEqual(new Set(guarded));
    // Each in the name of who asked: pause, resume, abort.
    const ofRollouts = writes.filter(({ what, status }) => what === 'rollouts' && status < 400);
    expect(ofRollouts.map(({ manager }) => manager)).toEqual(Array(3).fill('stepwise-U0DANA'));
    expect(writes.filter(({ status }) => status === 403)).toEqual([]);
  },
);

/** Dana types it in the shop's channel, and Argo hears of it. */
async function type(
  { slack, sandbox, watcher }: Street,
  verb: string,
  isHeard: (rollout: ReturnType<typeof watcher.rolloutOf>) => boolean,
): Promise<void> {
  await slack.command({ user: 'U0DANA', channel: channelOf('asked'), text: `/rollout ${verb} asked` });
  await sandbox.eventually(`${verb} is heard`, () => isHeard(watcher.rolloutOf('asked')) || undefined);
}

/** Our engine under Argo's name. */
async function startArgo({ sandbox }: Street, settings: Readonly<Record<string, string>>): Promise<void> {
  const { kubernetes, environment } = sandbox.standIns;
  const line = await startArgoLine(kubernetes?.url ?? '');
  stops.push(() => line.stop());
  const KUBECONFIG = kubeconfigThrough(line, environment.KUBECONFIG ?? '');
  sandbox.startService({ ...settings, ...argoSettings, KUBECONFIG, HTTP_PORT: '0' });
}

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const Granting = z.looseObject({
  kind: z.enum(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']),
  metadata: z.looseObject({ namespace: z.string().optional() }),
});

/** The engine's rights are taken from our service account, and those of the overlay given. */
async function onlyDriveRights({ sandbox }: Street): Promise<void> {
  await sandbox.request('DELETE', `${rbac}/clusterrolebindings/stepwise-engine`);
  await sandbox.request('DELETE', `${rbac}/namespaces/argo-rollouts/rolebindings/stepwise-lease`);
  await sandbox.request('POST', `${rbac}/namespaces/shop/rolebindings`, {
    metadata: { name: 'dana', namespace: 'shop' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'stepwise-deployer' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'slack:U0DANA' }],
  });
  const text = readFileSync('manifests/install/overlays/drive/rbac.yaml', 'utf8');
  for (const document of parseAllDocuments(text)) {
    const object = Granting.parse(document.toJS());
    const { namespace } = object.metadata;
    const inside = namespace === undefined ? '' : `/namespaces/${namespace}`;
    await sandbox.request('POST', `${rbac}${inside}/${object.kind.toLowerCase()}s`, object);
  }
}

interface Write {
  readonly what: string;
  readonly name: string;
  readonly status: number;
  readonly manager: string;
}

/** Every write of our service account: what, and how it was answered. */
function noteWrites({ sandbox }: Street): readonly Write[] {
  const writes: Write[] = [];
  sandbox.standIns.kubernetes?.onWrite(({ user, resource, namespace, name, status, fieldManager: manager }) => {
    if (user !== 'system:serviceaccount:stepwise:stepwise') return;
    writes.push({ what: resource === 'leases' ? `leases ${namespace}/${name}` : resource, name, status, manager });
  });
  return writes;
}
