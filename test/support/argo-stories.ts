import { stringify } from 'yaml';

/** A moment in the life of a Rollout that Argo runs. */
export interface Story {
  readonly file: string;
  readonly name: string;
  /** One sentence for whoever reads the file. */
  readonly about: string;
  readonly replicas: number;
  readonly strategy: object;
  /** Whether its status says that the moment has come. */
  readonly isThere: (status: Readonly<Record<string, unknown>>) => boolean;
  /** What is done then, as kubectl's words, and until when. */
  readonly act?: readonly string[];
  readonly hasActed?: Story['isThere'];
  /** More objects that it needs. */
  readonly beside?: readonly object[];
}

const hour = 3600;
/** Argo forgets a longer one: what it would look at again after its next resync (900 s) it scales down at once. */
const tenMinutes = 600;

function analysis(templateName: string, name: string) {
  return { templates: [{ templateName }], args: [{ name: 'service', value: `${name}-canary` }] };
}

function routed(name: string, steps: readonly object[], more: object = {}) {
  return {
    canary: {
      canaryService: `${name}-canary`,
      stableService: `${name}-stable`,
      abortScaleDownDelaySeconds: tenMinutes,
      scaleDownDelaySeconds: hour,
      trafficRouting: { nginx: { stableIngress: name } },
      steps,
      ...more,
    },
  };
}

function blueGreen(name: string, more: object) {
  return {
    blueGreen: {
      activeService: `${name}-active`,
      previewService: `${name}-preview`,
      scaleDownDelaySeconds: hour,
      abortScaleDownDelaySeconds: tenMinutes,
      ...more,
    },
  };
}

function isAtGate({ controllerPause, pauseConditions, phase }: Readonly<Record<string, unknown>>): boolean {
  return controllerPause === true && Array.isArray(pauseConditions) && phase === 'Paused';
}

function isStep(index: number): Story['isThere'] {
  return ({ currentStepIndex }) => currentStepIndex === index;
}

function readRun(status: Readonly<Record<string, unknown>>, part: string, run: string): string {
  const parts = status[part] as Record<string, { status?: string } | undefined> | undefined;
  return parts?.[run]?.status ?? '';
}

/** All that is recorded, in this order. */
export const stories: readonly Story[] = [
  {
    file: 'canary-timed-pause',
    name: 'timed',
    about: 'In a timed pause at 25 % of nginx.',
    replicas: 4,
    strategy: routed('timed', [{ setWeight: 25 }, { pause: { duration: '1h' } }, { setWeight: 50 }, { pause: {} }]),
    isThere: isAtGate,
  },
  {
    file: 'canary-gate-without-router',
    name: 'basic',
    about: 'At a gate at 40 % by pods alone.',
    replicas: 5,
    strategy: {
      canary: { steps: [{ setWeight: 40 }, { pause: {} }, { setWeight: 80 }, { pause: { duration: '30s' } }] },
    },
    isThere: isAtGate,
  },
  {
    file: 'canary-aborted',
    name: 'aborted',
    about: "Aborted by its analysis: the share is 0, the canary's pods are kept until their deadline.",
    replicas: 4,
    strategy: routed('aborted', [{ setWeight: 25 }, { analysis: analysis('slo', 'aborted') }, { setWeight: 50 }]),
    isThere: ({ phase, abort }) => phase === 'Degraded' && abort === true,
  },
  {
    file: 'canary-measures',
    name: 'measured',
    about: 'In the analysis of a step, with another in the background.',
    replicas: 4,
    strategy: routed('measured', [{ setWeight: 25 }, { analysis: analysis('good', 'measured') }, { setWeight: 50 }], {
      analysis: analysis('good', 'measured'),
    }),
    isThere: (status) => readRun(status, 'canary', 'currentStepAnalysisRunStatus') === 'Running',
  },
  {
    file: 'canary-inconclusive',
    name: 'unsure',
    about: 'Its analysis could not tell: it waits for somebody who can.',
    replicas: 4,
    strategy: routed('unsure', [{ setWeight: 25 }, { analysis: analysis('unsure', 'unsure') }, { setWeight: 50 }]),
    isThere: isAtGate,
  },
  {
    file: 'canary-experiments',
    name: 'tried',
    about: 'In a step that tries both templates beside each other.',
    replicas: 4,
    strategy: routed('tried', [
      { setWeight: 25 },
      {
        experiment: {
          duration: '1h',
          templates: [
            { name: 'stable', specRef: 'stable' },
            { name: 'canary', specRef: 'canary' },
          ],
          analyses: [{ name: 'slo', templateName: 'good', args: [{ name: 'service', value: 'tried-canary' }] }],
        },
      },
      { setWeight: 50 },
    ]),
    isThere: isStep(1),
  },
  {
    file: 'canary-paused-by-hand',
    name: 'held',
    about: 'Somebody paused it (spec.paused) at its gate at 25 %.',
    replicas: 4,
    strategy: routed('held', [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }]),
    isThere: isAtGate,
    act: ['patch', 'rollout', 'held', '--type=merge', '-p', '{"spec":{"paused":true}}'],
    hasActed: ({ message }) => message === 'manually paused',
  },
  {
    file: 'blue-green-before-the-switch',
    name: 'preview',
    about: 'The preview is up and waits to be promoted.',
    replicas: 3,
    strategy: blueGreen('preview', { autoPromotionEnabled: false }),
    isThere: isAtGate,
  },
  {
    file: 'blue-green-checks-after-the-switch',
    name: 'watched',
    about: 'Switched, and measured before it counts as stable.',
    replicas: 3,
    strategy: blueGreen('watched', { postPromotionAnalysis: analysis('good', 'watched') }),
    isThere: (status) => readRun(status, 'blueGreen', 'postPromotionAnalysisRunStatus') === 'Running',
  },
  {
    file: 'blue-green-after-the-switch',
    name: 'switched',
    about: 'Promoted: both Services select the update, the pods before it are kept until their deadline.',
    replicas: 3,
    strategy: blueGreen('switched', { autoPromotionEnabled: true }),
    isThere: ({ phase, stableRS, currentPodHash }) => phase === 'Healthy' && stableRS === currentPodHash,
  },
  {
    file: 'canary-of-a-mesh',
    name: 'meshed',
    about: 'At 30 % of an Istio mesh, a router that Stepwise does not know: the status is all that can be shown.',
    replicas: 4,
    strategy: routed('meshed', [{ setWeight: 30 }, { pause: {} }], {
      trafficRouting: { istio: { virtualService: { name: 'meshed', routes: ['primary'] } } },
    }),
    isThere: isAtGate,
    beside: [
      {
        apiVersion: 'networking.istio.io/v1alpha3',
        kind: 'VirtualService',
        metadata: { name: 'meshed' },
        spec: {
          hosts: ['meshed'],
          http: [
            {
              name: 'primary',
              route: ['stable', 'canary'].map((role) => ({
                destination: { host: `meshed-${role}` },
                weight: role === 'stable' ? 100 : 0,
              })),
            },
          ],
        },
      },
    ],
  },
];

/** Everything that is applied for it. */
export function recordedManifests({ name, replicas, strategy, beside = [] }: Story, image: string): string {
  const roles = 'blueGreen' in strategy ? ['active', 'preview'] : ['stable', 'canary'];
  const services = roles.map((role) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-${role}` },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  }));
  const backend = { service: { name: `${name}-${roles[0]}`, port: { name: 'http' } } };
  const ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
  const container = {
    name,
    image,
    ports: [{ name: 'http', containerPort: 8080 }],
    resources: { requests: { cpu: '0.1' } },
  };
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name },
    spec: {
      replicas,
      revisionHistoryLimit: 5,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
      strategy,
    },
  };
  return [...templates(), ...services, ingress, ...beside, rollout].map((object) => stringify(object)).join('---\n');
}

function templates(): readonly object[] {
  const of = (name: string, metric: object) => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name },
    spec: {
      args: [{ name: 'service' }],
      metrics: [
        {
          name: 'success-rate',
          provider: { prometheus: { query: `sum(rate(${name}{service="{{args.service}}"}[5m]))` } },
          ...metric,
        },
      ],
    },
  });
  return [
    // Only when the canary has stood for a moment.
    of('slo', { initialDelay: '5s', successCondition: 'result[0] >= 0.95' }),
    of('good', { interval: '1m', count: 60, successCondition: 'result[0] >= 0.95' }),
    of('unsure', { successCondition: 'result[0] >= 0.95', failureCondition: 'result[0] < 0.1' }),
  ];
}
