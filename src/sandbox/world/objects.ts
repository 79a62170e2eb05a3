import { z } from 'zod';
import { ObjectMeta } from '../../lib/index.ts';

/** The parts of each kind that the world reads; everything else passes through untouched. */

const Selector = z.looseObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) }))
    .default([]),
});
export type Selector = z.infer<typeof Selector>;

const PodSpec = z.looseObject({
  nodeName: z.string().optional(),
  restartPolicy: z.string().optional(),
  containers: z
    .array(
      z.looseObject({
        name: z.string(),
        image: z.string().default(''),
        ports: z.array(z.looseObject({ name: z.string().optional(), containerPort: z.number() })).default([]),
        resources: z.looseObject({ requests: z.record(z.string(), z.string()).optional() }).optional(),
      }),
    )
    .default([]),
});

export const PodTemplate = z.looseObject({
  metadata: z
    .looseObject({
      labels: z.record(z.string(), z.string()).default({}),
      annotations: z.record(z.string(), z.string()).default({}),
    })
    .default({ labels: {}, annotations: {} }),
  spec: PodSpec,
});
export type PodTemplate = z.infer<typeof PodTemplate>;

const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: z.string().optional(),
  lastUpdateTime: z.string().optional(),
});
export type Condition = z.infer<typeof Condition>;

const Terminated = z.looseObject({
  startedAt: z.string().default(''),
  finishedAt: z.string().default(''),
  exitCode: z.number().default(0),
});

export const Pod = z.looseObject({
  metadata: ObjectMeta,
  spec: PodSpec,
  status: z
    .looseObject({
      phase: z.string().default('Pending'),
      podIP: z.string().optional(),
      startTime: z.string().optional(),
      conditions: z.array(Condition).default([]),
      containerStatuses: z
        .array(
          z.looseObject({
            name: z.string(),
            ready: z.boolean(),
            restartCount: z.number().default(0),
            state: z.looseObject({ terminated: Terminated.optional() }).optional(),
          }),
        )
        .default([]),
    })
    .default({ phase: 'Pending', conditions: [], containerStatuses: [] }),
});
export type Pod = z.infer<typeof Pod>;

export const ReplicaSet = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    replicas: z.number().default(1),
    minReadySeconds: z.number().default(0),
    selector: Selector,
    template: PodTemplate,
  }),
  status: z
    .looseObject({
      replicas: z.number().default(0),
      fullyLabeledReplicas: z.number().default(0),
      readyReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
      observedGeneration: z.number().default(0),
      conditions: z.array(Condition).default([]),
    })
    .default({
      replicas: 0,
      fullyLabeledReplicas: 0,
      readyReplicas: 0,
      availableReplicas: 0,
      observedGeneration: 0,
      conditions: [],
    }),
});
export type ReplicaSet = z.infer<typeof ReplicaSet>;

const IntOrPercent = z.union([z.number(), z.string()]);
export const Deployment = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    replicas: z.number().default(1),
    minReadySeconds: z.number().default(0),
    paused: z.boolean().default(false),
    revisionHistoryLimit: z.number().default(10),
    progressDeadlineSeconds: z.number().default(600),
    selector: Selector,
    template: PodTemplate,
    strategy: z
      .looseObject({
        type: z.string().default('RollingUpdate'),
        rollingUpdate: z
          .looseObject({ maxSurge: IntOrPercent.default('25%'), maxUnavailable: IntOrPercent.default('25%') })
          .default({ maxSurge: '25%', maxUnavailable: '25%' }),
      })
      .default({ type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }),
  }),
  status: z.looseObject({ conditions: z.array(Condition).default([]) }).default({ conditions: [] }),
});
export type Deployment = z.infer<typeof Deployment>;

export const Job = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    backoffLimit: z.number().default(6),
    parallelism: z.number().default(1),
    completions: z.number().optional(),
    activeDeadlineSeconds: z.number().optional(),
    ttlSecondsAfterFinished: z.number().optional(),
    suspend: z.boolean().default(false),
    template: PodTemplate,
  }),
  status: z
    .looseObject({ conditions: z.array(Condition).default([]), startTime: z.string().optional() })
    .default({ conditions: [] }),
});
export type Job = z.infer<typeof Job>;

const ScalingRules = z
  .looseObject({
    stabilizationWindowSeconds: z.number().nullish(),
    selectPolicy: z.string().nullish(),
  })
  .default({});
export const Autoscaler = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    scaleTargetRef: z.looseObject({ apiVersion: z.string().default('v1'), kind: z.string(), name: z.string() }),
    minReplicas: z.number().default(1),
    maxReplicas: z.number(),
    metrics: z
      .array(
        z.looseObject({
          type: z.string(),
          resource: z
            .looseObject({
              name: z.string(),
              target: z.looseObject({ averageUtilization: z.number().optional(), averageValue: z.string().optional() }),
            })
            .optional(),
        }),
      )
      .default([]),
    behavior: z.looseObject({ scaleUp: ScalingRules, scaleDown: ScalingRules }).default({ scaleUp: {}, scaleDown: {} }),
  }),
  status: z.looseObject({ conditions: z.array(Condition).default([]) }).default({ conditions: [] }),
});
export type Autoscaler = z.infer<typeof Autoscaler>;

export const DisruptionBudget = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    minAvailable: IntOrPercent.optional(),
    maxUnavailable: IntOrPercent.optional(),
    selector: Selector.prefault({}),
  }),
  status: z
    .looseObject({
      conditions: z.array(Condition).default([]),
      disruptedPods: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
});
export type DisruptionBudget = z.infer<typeof DisruptionBudget>;

export const Service = z.looseObject({
  metadata: ObjectMeta,
  spec: z
    .looseObject({
      selector: z.record(z.string(), z.string()).default({}),
      publishNotReadyAddresses: z.boolean().default(false),
      ports: z
        .array(
          z.looseObject({
            name: z.string().optional(),
            port: z.number(),
            targetPort: z.union([z.number(), z.string()]).optional(),
            protocol: z.string().default('TCP'),
          }),
        )
        .default([]),
    })
    .default({ selector: {}, publishNotReadyAddresses: false, ports: [] }),
});
export type Service = z.infer<typeof Service>;

export const EndpointSlice = z.looseObject({
  metadata: ObjectMeta,
  addressType: z.string().default('IPv4'),
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(z.string()).default([]),
        conditions: z
          .looseObject({
            ready: z.boolean().optional(),
            serving: z.boolean().optional(),
            terminating: z.boolean().optional(),
          })
          .default({}),
        targetRef: z.looseObject({ kind: z.string().optional(), name: z.string().optional() }).optional(),
      }),
    )
    .nullish()
    .transform((endpoints) => endpoints ?? []),
  ports: z.array(z.looseObject({})).nullish(),
});
export type EndpointSlice = z.infer<typeof EndpointSlice>;

export const ConfigMap = z.looseObject({
  metadata: ObjectMeta,
  data: z.record(z.string(), z.string()).default({}),
});
export type ConfigMap = z.infer<typeof ConfigMap>;

export function keyOf(object: { readonly metadata: ObjectMeta }): string {
  return `${object.metadata.namespace}/${object.metadata.name}`;
}

/** Tells whether labels satisfy a selector. An empty selector matches everything, as apimachinery has it. */
export function isSelected(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels)) if (labels[key] !== value) return false;
  for (const { key, operator, values } of selector.matchExpressions) {
    const value = labels[key];
    if (operator === 'In' && (value === undefined || !values.includes(value))) return false;
    if (operator === 'NotIn' && value !== undefined && values.includes(value)) return false;
    if (operator === 'Exists' && value === undefined) return false;
    if (operator === 'DoesNotExist' && value !== undefined) return false;
  }
  return true;
}

/** The uid of the controller that owns an object, or undefined for an orphan. */
export function controllerUid(metadata: ObjectMeta): string | undefined {
  return metadata.ownerReferences.find((owner) => owner.controller === true)?.uid;
}

export function conditionOf(pod: Pod, type: string): Condition | undefined {
  return pod.status.conditions.find((condition) => condition.type === type);
}

export function isPodReady(pod: Pod): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True';
}

/** Active as Kubernetes counts it: neither finished nor being deleted. */
export function isPodActive(pod: Pod): boolean {
  const { phase } = pod.status;
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined;
}
