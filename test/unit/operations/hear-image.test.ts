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

const known = {
  list: () => [
    aRollout('checkout', { checkout: 'ghcr.io/acme/checkout:1.4.2', 'istio-proxy': 'istio/proxyv2:1.20' }),
    aRollout('cart', { cart: 'ghcr.io/acme/cart:8' }),
    aRollout('legacy', { web: 'acme/legacy:1', worker: 'docker.io/acme/legacy:1' }),
    aRollout('nowhere', { nowhere: 'ghcr.io/acme/checkout:1.4.2' }),
  ],
};
const channels = {
  channelOf: ({ metadata }: Rollout) => (metadata.name === 'nowhere' ? undefined : `C0${metadata.name}`),
};

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
  const offers = (image: string, sha?: string) =>
    offersOf({ image, digest: sha }, { known, channels }).map(({ name, channel, images }) => [
      name,
      channel,
      images.map(({ container, image: wanted }) => `${container ?? ''}=${wanted}`).join(' '),
    ]);

  it('is offered where a container runs its repository and somebody hears of it, by its tag', () => {
    expect(offers('ghcr.io/acme/checkout:2.0.1')).toEqual([['checkout', 'C0checkout', 'checkout=2.0.1']]);
    expect(offers('ghcr.io/acme/cart:9')).toEqual([['cart', 'C0cart', '=9']]);
  });

  it('is offered for each container of it, in each one’s own spelling', () => {
    expect(offers('docker.io/acme/legacy:2')).toEqual([['legacy', 'C0legacy', 'web=2 worker=2']]);
  });

  it('is offered by its digest where it has no tag', () => {
    expect(offers(`ghcr.io/acme/cart@${digest}`)).toEqual([['cart', 'C0cart', `=${digest}`]]);
    expect(offers(`ghcr.io/acme/cart:9@${digest}`)).toEqual([['cart', 'C0cart', '=9']]);
  });

  it('that is asked for already is no news', () => {
    expect(offers('ghcr.io/acme/cart:8')).toEqual([]);
  });

  it('is remembered for those who run it, and told; what nobody runs is not', async () => {
    const remembered: string[] = [];
    const tools = {
      known,
      channels,
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
  });
});
