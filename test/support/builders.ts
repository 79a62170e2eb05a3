import { AnalysisRun, AnalysisTemplate } from '../../src/analysis/index.ts';
import { Rollout, type RolloutStatus } from '../../src/rollout/index.ts';

/** Objects as the API server would give them, built by saying only what matters: `aRollout().routed().steps(…).build()`. */
export interface RolloutBuilder {
  named(name: string): RolloutBuilder;
  image(image: string): RolloutBuilder;
  replicas(replicas: number | undefined): RolloutBuilder;
  steps(...steps: readonly object[]): RolloutBuilder;
  canary(strategy: object): RolloutBuilder;
  /** Blue-green with the Services `<name>-active` and `<name>-preview`, and nothing of a canary. */
  blueGreen(strategy?: object): RolloutBuilder;
  /** Behind an nginx Ingress, with the Services `<name>-canary` and `<name>-stable`. */
  routed(): RolloutBuilder;
  spec(spec: object): RolloutBuilder;
  status(status: RolloutStatus): RolloutBuilder;
  annotated(annotations: Readonly<Record<string, string>>): RolloutBuilder;
  build(): Rollout;
}

interface RolloutParts {
  readonly name: string;
  readonly image: string;
  readonly replicas: number | undefined;
  readonly strategy: object;
  readonly spec: object;
  readonly status: object;
  readonly annotations: Readonly<Record<string, string>>;
}

export function aRollout(): RolloutBuilder {
  return builderOf({
    name: 'checkout',
    image: 'ghcr.io/acme/checkout:1',
    replicas: 10,
    strategy: {},
    spec: {},
    status: {},
    annotations: {},
  });
}

function builderOf(parts: RolloutParts): RolloutBuilder {
  const but = (change: Partial<RolloutParts>) => builderOf({ ...parts, ...change });
  return {
    named: (name) => but({ name }),
    image: (image) => but({ image }),
    replicas: (replicas) => but({ replicas }),
    steps: (...steps) => but({ strategy: { ...parts.strategy, steps } }),
    canary: (strategy) => but({ strategy: { ...parts.strategy, ...strategy } }),
    blueGreen: (strategy = {}) =>
      but({
        spec: {
          ...parts.spec,
          strategy: {
            blueGreen: {
              activeService: `${parts.name}-active`,
              previewService: `${parts.name}-preview`,
              ...strategy,
            },
          },
        },
      }),
    routed: () =>
      but({
        strategy: {
          canaryService: `${parts.name}-canary`,
          stableService: `${parts.name}-stable`,
          trafficRouting: { nginx: { stableIngress: parts.name } },
          ...parts.strategy,
        },
      }),
    spec: (spec) => but({ spec: { ...parts.spec, ...spec } }),
    status: (status) => but({ status }),
    annotated: (annotations) => but({ annotations }),
    build: () =>
      Rollout.parse({
        metadata: {
          name: parts.name,
          namespace: 'shop',
          uid: `uid-${parts.name}`,
          resourceVersion: '1',
          generation: 1,
          annotations: parts.annotations,
        },
        spec: {
          ...(parts.replicas === undefined ? {} : { replicas: parts.replicas }),
          selector: { matchLabels: { app: parts.name } },
          template: aTemplate(parts.name, parts.image),
          strategy: { canary: parts.strategy },
          ...parts.spec,
        },
        status: parts.status,
      }),
  };
}

function aTemplate(name: string, image: string) {
  return { metadata: { labels: { app: name } }, spec: { containers: [{ name, image }] } };
}

/** One metric that is measured `count` times, or without end when 0. */
export function anAnalysisTemplate(name: string, count = 3): AnalysisTemplate {
  return AnalysisTemplate.parse({
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: 'shop' },
    spec: {
      metrics: [
        {
          name: `${name}-metric`,
          interval: '10s',
          ...(count === 0 ? {} : { count }),
          successCondition: 'result[0] >= 0.95',
          provider: { prometheus: { address: 'http://prometheus', query: 'up' } },
        },
      ],
    },
  });
}

export function anAnalysisRun(
  name: string,
  labels: Readonly<Record<string, string>>,
  status: object = {},
): AnalysisRun {
  return AnalysisRun.parse({ metadata: { name, namespace: 'shop', uid: `uid-${name}`, labels }, spec: {}, status });
}
