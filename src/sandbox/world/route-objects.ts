import { z } from 'zod';
import { ObjectMeta } from '../../lib/index.ts';

/** What says where requests go, as far as the proxy reads it. */

const IngressBackend = z.looseObject({ service: z.looseObject({ name: z.string() }).optional() });
export const Ingress = z.looseObject({
  metadata: ObjectMeta,
  spec: z
    .looseObject({
      defaultBackend: IngressBackend.optional(),
      rules: z
        .array(
          z.looseObject({
            host: z.string().default(''),
            http: z
              .looseObject({
                paths: z.array(
                  z.looseObject({
                    path: z.string().default('/'),
                    pathType: z.string().default('ImplementationSpecific'),
                    backend: IngressBackend,
                  }),
                ),
              })
              .optional(),
          }),
        )
        .default([]),
    })
    .default({ rules: [] }),
});
export type Ingress = z.infer<typeof Ingress>;

const ValueMatch = z.looseObject({ type: z.string().default('Exact'), name: z.string(), value: z.string() });
/** Of every request by default; `percent` and `fraction` exclude each other. */
const RequestMirror = z.looseObject({
  backendRef: z.looseObject({
    kind: z.string().default('Service'),
    name: z.string(),
    namespace: z.string().optional(),
  }),
  percent: z.number().optional(),
  fraction: z.looseObject({ numerator: z.number(), denominator: z.number().default(100) }).optional(),
});

export const HttpRoute = z.looseObject({
  metadata: ObjectMeta,
  spec: z.looseObject({
    hostnames: z.array(z.string()).default([]),
    rules: z
      .array(
        z.looseObject({
          matches: z
            .array(
              z.looseObject({
                path: z
                  .looseObject({ type: z.string().default('PathPrefix'), value: z.string().default('/') })
                  .default({ type: 'PathPrefix', value: '/' }),
                headers: z.array(ValueMatch).default([]),
                queryParams: z.array(ValueMatch).default([]),
                method: z.string().optional(),
              }),
            )
            .default([]),
          filters: z.array(z.looseObject({ requestMirror: RequestMirror.optional() })).default([]),
          backendRefs: z
            .array(
              z.looseObject({
                kind: z.string().default('Service'),
                name: z.string(),
                namespace: z.string().optional(),
                weight: z.number().default(1),
              }),
            )
            .default([]),
        }),
      )
      .default([]),
  }),
});
export type HttpRoute = z.infer<typeof HttpRoute>;
