import { z } from 'zod';

/** A pod template as the Rollout's author wrote it (CRD storage: not defaulted by the API server). */
export const PodTemplate = z.looseObject({
  metadata: z
    .looseObject({
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  spec: z
    .looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string().optional() })).default([]) })
    .optional(),
});
export type PodTemplate = z.infer<typeof PodTemplate>;

/** Labels and annotations that pods carry for the role of their revision. */
export const PodMetadata = z.looseObject({
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type PodMetadata = z.infer<typeof PodMetadata>;

export const AntiAffinity = z.looseObject({
  requiredDuringSchedulingIgnoredDuringExecution: z.looseObject({}).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z.looseObject({ weight: z.number() }).optional(),
});
export type AntiAffinity = z.infer<typeof AntiAffinity>;
