import { Rollout } from '../../src/rollout/index.ts';
import { aRollout } from './builders.ts';

/** One line of managedFields, as the API server writes it. */
export interface WriterLine {
  readonly manager: string;
  readonly fields: object;
  readonly operation?: 'Apply' | 'Update';
  readonly time?: string;
  readonly subresource?: string;
}

/** Lists of a Rollout's template have no keys: who writes one owns it whole. */
export const wholeContainers = { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': {} } } } };
/** As an API server tracks it whose definition names the key. */
export const keyedImage = {
  'f:spec': {
    'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"checkout"}': { 'f:image': {}, 'f:name': {} } } } },
  },
};
export const trackingId = 'checkout:argoproj.io/Rollout:shop/checkout';

interface Marked {
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly writers?: readonly WriterLine[];
  readonly status?: object;
}

/** A Rollout with the marks that GitOps tools leave. */
export function aMarkedRollout({ image = 'ghcr.io/acme/checkout:3.0.0', ...marks }: Marked): Rollout {
  const rollout = aRollout().image(image).build();
  const managedFields = (marks.writers ?? []).map(({ fields, ...line }) => ({
    operation: 'Apply',
    time: '2026-11-20T12:00:00Z',
    ...line,
    fieldsV1: fields,
  }));
  const { labels = {}, annotations = {}, status = {} } = marks;
  return Rollout.parse({ ...rollout, metadata: { ...rollout.metadata, labels, annotations, managedFields }, status });
}

/** Argo CD has applied it on the server, and owns all that Git says. */
export function anArgoRollout(more: Marked = {}): Rollout {
  return aMarkedRollout({
    ...more,
    annotations: { 'argocd.argoproj.io/tracking-id': trackingId, ...more.annotations },
    writers: more.writers ?? [{ manager: 'argocd-controller', fields: wholeContainers }],
  });
}
