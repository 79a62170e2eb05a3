import type { StartForm } from '../../src/operations/index.ts';
import { noonMs } from './a-delivery.ts';

/** checkout 1.4.2 in shop, heard of 2.0.1 an hour ago and of 2.0.0 before; 1.4.1 ran. */
export function aStartForm(changes: Partial<StartForm> = {}): StartForm {
  const repository = 'ghcr.io/acme/checkout';
  return {
    namespace: 'shop',
    name: 'checkout',
    template: 'a template',
    ownChannel: 'C0SHIPSHOP',
    containers: [{ name: 'checkout', image: `${repository}:1.4.2`, isMain: true }],
    images: [
      {
        container: 'checkout',
        image: `${repository}:2.0.1`,
        atMs: noonMs - 3_600_000,
        from: { kind: 'built', commits: 3 },
      },
      {
        container: 'checkout',
        image: `${repository}:2.0.0`,
        atMs: noonMs - 7_200_000,
        from: { kind: 'built', commits: 1 },
      },
      {
        container: 'checkout',
        image: `${repository}:1.4.1`,
        atMs: noonMs - 86_400_000,
        from: { kind: 'ran', revision: 16 },
      },
    ],
    runs: `${repository}:1.4.2`,
    underWay: undefined,
    ...changes,
  };
}
