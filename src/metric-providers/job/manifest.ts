import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Json, JsonObject } from '../../lib/index.ts';
import type { MeasurementPlace } from '../metric-provider.ts';

// As Argo writes them: its clients, and a controller that takes over, find the Jobs of a run by these.
export const runUidLabel = 'analysisrun.argoproj.io/uid';
export const metricNameAnnotation = 'analysisrun.argoproj.io/metric-name';
const runNameAnnotation = 'analysisrun.argoproj.io/name';
const runNamespaceAnnotation = 'analysisrun.argoproj.io/namespace';

const Strings = z.record(z.string(), z.string());
const Meta = z.looseObject({ labels: Strings.optional(), annotations: Strings.optional() });

/** `provider.job` of a metric; the rest of its spec is the API server's to judge. */
const JobSettings = z.looseObject({
  metadata: Meta.optional(),
  spec: z.looseObject({
    template: z.looseObject({ metadata: Meta.optional() }),
    ttlSecondsAfterFinished: z.number().optional(),
  }),
});

/**
 * Unlike Argo: a Job that went before its end was seen would count as an error, and be run again. Longer than one is ever left
 * unobserved, while its run is under way.
 */
const LEAST_TTL_SECONDS = 900;

/** The Job of one measurement: the author's spec, owned by its run, found by its run's uid. Throws where it has no pod template. */
export function jobManifest(settings: unknown, place: MeasurementPlace): JsonObject {
  const parsed = JobSettings.safeParse(settings);
  if (!parsed.success) throw new Error(`job: ${z.prettifyError(parsed.error).replace(/\s+/g, ' ')}`);
  const { metadata, spec } = parsed.data;
  const { run, metricName } = place;
  const own = { [runUidLabel]: run.uid };
  const { template, ttlSecondsAfterFinished } = spec;
  return asJson({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(place),
      namespace: run.namespace,
      labels: { ...metadata?.labels, ...own },
      annotations: {
        ...metadata?.annotations,
        [runNameAnnotation]: run.name,
        [runNamespaceAnnotation]: run.namespace,
        [metricNameAnnotation]: metricName,
      },
      ownerReferences: [
        {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AnalysisRun',
          name: run.name,
          uid: run.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      ...spec,
      ...(ttlSecondsAfterFinished === undefined
        ? {}
        : { ttlSecondsAfterFinished: Math.max(ttlSecondsAfterFinished, LEAST_TTL_SECONDS) }),
      template: { ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...own } } },
    },
  });
}

/** A pod's label `job-name` holds no more. */
const LONGEST_NAME = 63;
const HASH_LENGTH = 6;

/**
 * `<run uid>.<metric>.<number>`, at most 63 characters, as Argo. Unlike Argo, a metric's name that must be cut, or that no object may
 * have, gets a hash of the whole: two long names do not share a Job.
 */
export function jobName({ run, metricName, number }: MeasurementPlace): string {
  const room = LONGEST_NAME - `${run.uid}..${number}`.length;
  const plain = metricName.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  const isAsWritten = plain === metricName && plain.length <= room && !/^-|-$/.test(plain);
  if (isAsWritten) return `${run.uid}.${plain}.${number}`;
  const hash = createHash('sha256').update(metricName).digest('hex').slice(0, HASH_LENGTH);
  const cut = plain.slice(0, Math.max(0, room - HASH_LENGTH - 1)).replace(/^-+|-+$/g, '');
  return `${run.uid}.${cut === '' ? hash : `${cut}-${hash}`}.${number}`;
}

function asJson(value: Readonly<Record<string, unknown>>): JsonObject {
  return z.record(z.string(), z.json()).parse(JSON.parse(JSON.stringify(value))) satisfies Record<string, Json>;
}
