import type { JsonObject } from '../../../lib/index.ts';

const text = { type: 'string' };
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const port = { type: 'integer', format: 'int32', minimum: 1, maximum: 65535 };

function object(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function list(items: JsonObject, maxItems: number): JsonObject {
  return { type: 'array', items, maxItems };
}

const filters = list(open, 16);
const valueMatch = (types: readonly string[]) => ({ type: 'string', enum: types, default: 'Exact' });
const named = list(
  object({ name: text, value: text, type: valueMatch(['Exact', 'RegularExpression']) }, ['name', 'value']),
  16,
);

const parentReference = object(
  {
    group: { ...text, default: 'gateway.networking.k8s.io' },
    kind: { ...text, default: 'Gateway' },
    namespace: text,
    name: text,
    sectionName: text,
    port,
  },
  ['name'],
);

const everyPath = { type: 'PathPrefix', value: '/' };
const match = object({
  path: {
    ...object({
      type: { type: 'string', enum: ['Exact', 'PathPrefix', 'RegularExpression'], default: 'PathPrefix' },
      value: { ...text, default: '/', maxLength: 1024 },
    }),
    default: everyPath,
  },
  headers: named,
  queryParams: named,
  method: {
    type: 'string',
    enum: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'],
  },
});

const backend = object(
  {
    group: { ...text, default: '' },
    kind: { ...text, default: 'Service' },
    name: text,
    namespace: text,
    port,
    weight: { type: 'integer', format: 'int32', minimum: 0, maximum: 1_000_000, default: 1 },
    filters,
  },
  ['name'],
);

const rule = object({
  name: text,
  matches: { ...list(match, 64), default: [{ path: everyPath }] },
  filters,
  backendRefs: list(backend, 16),
  timeouts: object({ request: text, backendRequest: text }),
  retry: open,
  sessionPersistence: open,
});

const status = object(
  {
    parents: list(
      object({ parentRef: parentReference, controllerName: text, conditions: list(open, 8) }, [
        'parentRef',
        'controllerName',
      ]),
      32,
    ),
  },
  ['parents'],
);

const schema = {
  openAPIV3Schema: object(
    {
      spec: object({
        parentRefs: list(parentReference, 32),
        hostnames: list(text, 16),
        rules: { ...list(rule, 16), default: [{ matches: [{ path: everyPath }] }] },
      }),
      status,
    },
    ['spec'],
  ),
};

function version(name: string, storage: boolean): JsonObject {
  return {
    name,
    served: true,
    storage,
    schema,
    subresources: { status: {} },
    additionalPrinterColumns: [
      { name: 'Hostnames', type: 'string', jsonPath: '.spec.hostnames' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  };
}

/** HTTPRoute of the Gateway API, with its defaults; filters, retries and sessions stay open. Not there by itself: hand it to `seedCrds`. */
export const httpRouteDefinition: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'httproutes.gateway.networking.k8s.io',
    // Groups under k8s.io are protected: without a link to their review the definition is not established.
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/3328' },
  },
  spec: {
    group: 'gateway.networking.k8s.io',
    names: {
      kind: 'HTTPRoute',
      listKind: 'HTTPRouteList',
      plural: 'httproutes',
      singular: 'httproute',
      categories: ['gateway-api'],
    },
    scope: 'Namespaced',
    versions: [version('v1', true), version('v1beta1', false)],
  },
};
