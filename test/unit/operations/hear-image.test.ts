import { describe, expect, it } from 'vitest';
import { hearImage, offersOf } from '../../../src/operations/hear-image.ts';
import { repositoryOf } from '../../../src/operations/images.ts';
import { Rollout } from '../../../src/rollout/index.ts';

const digest = `sha256:${'a'.repeat(64)}`;

function aRollout(name: string, images: Readonly<Record<string, string>>): Rollout {
  const containers = Object.entries(images).map(([container, image]) => ({ name: container, image }));
  return Rollout.parse({
    metadata: { namespace: 'shop', name, uid: name },
    spec: { template: { spec: { containers } } },
  });
}

/** Its template is that of another object: nothing of it is cached but what its pods run. */
function aFollower(name: string): Rollout {
  return Rollout.parse({
    metadata: { namespace: 'shop', name, uid: name },
    spec: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } },
  });
}

/** What stands in the Deployments that the followers name. */
const workloads: Readonly<Record<string, Rollout>> = {
  mirror: aRollout('mirror', { app: 'ghcr.io/acme/mirror:3', helper: 'ghcr.io/acme/helper:1' }),
  moved: aRollout('moved', { moved: 'ghcr.io/acme/elsewhere:1' }),
  asleep: aRollout('asleep', { asleep: 'ghcr.io/acme/asleep:1' }),
};
const ran: Readonly<Record<string, readonly string[]>> = {
  mirror: ['ghcr.io/acme/mirror:2', 'ghcr.io/acme/helper:1'],
  moved: ['ghcr.io/acme/moved:1'],
};

function world() {
  const read: string[] = [];
  const known = {
    list: () => [
      aRollout('checkout', { checkout: 'ghcr.io/acme/checkout:1.4.2', 'istio-proxy': 'istio/proxyv2:1.20' }),
      aRollout('cart', { cart: 'ghcr.io/acme/cart:8' }),
      aRollout('legacy', { web: 'acme/legacy:1', worker: 'docker.io/acme/legacy:1' }),
      aRollout('nowhere', { nowhere: 'ghcr.io/acme/checkout:1.4.2' }),
      ...Object.keys(workloads).map(aFollower),
      aRollout('deploy/catalog', { catalog: 'ghcr.io/acme/catalog:1' }),
    ],
  };
  return {
    read,
    known,
    imagesRunBy: ({ metadata }: Rollout) => ran[metadata.name] ?? [],
    readWith: async (rollout: Rollout) => {
      read.push(rollout.metadata.name);
      return { ...rollout, spec: { ...rollout.spec, ...workloads[rollout.metadata.name]?.spec } };
    },
    channels: {
      channelOf: ({ metadata }: Rollout) => (metadata.name === 'nowhere' ? undefined : `C0${metadata.name}`),
    },
  };
}

const signal = new AbortController().signal;

describe('repositoryOf', () => {
  it.each([
    ['ghcr.io/acme/checkout:2.0.1', 'ghcr.io/acme/checkout'],
    [`ghcr.io/acme/checkout@${digest}`, 'ghcr.io/acme/checkout'],
    ['registry:5000/checkout:2', 'registry:5000/checkout'],
    ['localhost/checkout', 'localhost/checkout'],
    ['acme/checkout:2', 'docker.io/acme/checkout'],
    ['docker.io/acme/checkout:2', 'docker.io/acme/checkout'],
    ['nginx', 'docker.io/library/nginx'],
    ['docker.io/library/nginx:1', 'docker.io/library/nginx'],
  ])('%s is of %s', (image, repository) => expect(repositoryOf(image)).toBe(repository));
});

describe('a build', () => {
  const offers = async (image: string, sha?: string, of = world()) =>
    (await offersOf({ image, digest: sha }, of, signal)).map(({ name, channel, images }) => [
      name,
      channel,
      images.map(({ container, image: wanted }) => `${container ?? ''}=${wanted}`).join(' '),
    ]);

  it('is offered where a container runs its repository and somebody hears of it, by its tag', async () => {
    expect(await offers('ghcr.io/acme/checkout:2.0.1')).toEqual([['checkout', 'C0checkout', 'checkout=2.0.1']]);
    expect(await offers('ghcr.io/acme/cart:9')).toEqual([['cart', 'C0cart', '=9']]);
  });

  it('is offered for each container of it, in each one’s own spelling', async () => {
    expect(await offers('docker.io/acme/legacy:2')).toEqual([['legacy', 'C0legacy', 'web=2 worker=2']]);
  });

  it('is offered by its digest where it has no tag', async () => {
    expect(await offers(`ghcr.io/acme/cart@${digest}`)).toEqual([['cart', 'C0cart', `=${digest}`]]);
    expect(await offers(`ghcr.io/acme/cart:9@${digest}`)).toEqual([['cart', 'C0cart', '=9']]);
  });

  it('that is asked for already is no news', async () => {
    expect(await offers('ghcr.io/acme/cart:8')).toEqual([]);
  });

  it('is offered to what takes its template from another object, and to a guarded Deployment', async () => {
    expect(await offers('ghcr.io/acme/mirror:4')).toEqual([['mirror', 'C0mirror', 'app=4']]);
    expect(await offers('ghcr.io/acme/helper:2')).toEqual([['mirror', 'C0mirror', 'helper=2']]);
    expect(await offers('ghcr.io/acme/mirror:3')).toEqual([]);
    expect(await offers('ghcr.io/acme/moved:2')).toEqual([]);
    expect(await offers('ghcr.io/acme/asleep:2')).toEqual([['asleep', 'C0asleep', '=2']]);
    expect(await offers('ghcr.io/acme/catalog:2')).toEqual([['deploy/catalog', 'C0deploy/catalog', '=2']]);
  });

  it('costs a read where what the pods run leaves a doubt, and none for what was told', async () => {
    const of = world();
    await offers('ghcr.io/acme/mirror:4', undefined, of);
    expect(of.read).toEqual(['mirror', 'asleep']);
    const told = { ...world(), isTold: (rollout: string) => rollout === 'shop/mirror' };
    expect(await offers('ghcr.io/acme/mirror:4', undefined, told)).toEqual([]);
    expect(told.read).toEqual(['asleep']);
  });

  it('is remembered for those who run it, and told; what nobody runs is not', async () => {
    const remembered: string[] = [];
    const tools = {
      ...world(),
      remember: async (repository: string) => {
        remembered.push(repository);
        return { isKnown: false };
      },
      wake: async () => void remembered.push('woken'),
    };
    expect(await hearImage({ image: 'ghcr.io/acme/checkout:2' }, tools)).toEqual({
      isKnown: false,
      rollouts: ['shop/checkout', 'shop/nowhere'],
    });
    expect(await hearImage({ image: 'ghcr.io/acme/other:2' }, tools)).toEqual({ isKnown: false, rollouts: [] });
    expect(remembered).toEqual(['ghcr.io/acme/checkout', 'woken']);
    for (const [image, rollout] of [
      ['ghcr.io/acme/mirror:9', 'shop/mirror'],
      ['ghcr.io/acme/catalog:9', 'shop/deploy/catalog'],
    ] as const)
      expect((await hearImage({ image }, tools)).rollouts).toEqual([rollout]);
  });
});
