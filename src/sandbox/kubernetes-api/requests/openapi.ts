import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../../lib/index.ts';
import type { Api } from '../api.ts';
import { pageNotFound } from '../api-error.ts';
import { isList, isObject } from '../kubernetes-object.ts';
import { definitionsCollection } from '../resources/registry.ts';
import { groupVersionOf, type Resource } from '../resources/resource.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { subresourcesOf } from './discovery.ts';
import { openApiProtobuf, openApiProtobufType } from './openapi-protobuf.ts';

const core = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** `/openapi/v2` and `/openapi/v3[/…]`, made from the registry when asked. */
export function answerOpenApi(api: Api, path: string, accept: string): Answer | undefined {
  if (path === '/openapi/v2' && accept.includes('protobuf') && !accept.includes('json')) {
    return kept(api, `${path} protobuf`, () => protobufAnswer(api));
  }
  if (path === '/openapi/v2') return kept(api, path, () => jsonAnswer(documentV2(api)));
  if (path === '/openapi/v3' || path === '/openapi/v3/') {
    return { ...jsonAnswer(index(api)), contentType: 'text/plain; charset=utf-8' };
  }
  if (!path.startsWith('/openapi/v3/')) return undefined;
  const resources = api.registry.all().filter((each) => `/openapi/v3/${rootOf(each)}` === path);
  if (resources.length === 0) throw pageNotFound();
  return kept(api, path, () => jsonAnswer(documentV3(api, resources)));
}

/** Documents of megabytes, asked for by every kubectl: each is made once for a set of kinds. */
const documents = new WeakMap<Api, { revision: number; readonly answers: Map<string, Answer> }>();

function kept(api: Api, name: string, make: () => Answer): Answer {
  const revision = api.registry.revision();
  let held = documents.get(api);
  if (held === undefined || held.revision !== revision) {
    held = { revision, answers: new Map() };
    documents.set(api, held);
  }
  const answer = held.answers.get(name) ?? make();
  held.answers.set(name, answer);
  return answer;
}

function protobufAnswer(api: Api): Answer {
  const resources = api.registry
    .all()
    .map((resource) => ({ ...resource, path: `/${rootOf(resource)}/${resource.plural}/{name}` }));
  return { code: 200, contentType: openApiProtobufType.replace('@', '.'), text: openApiProtobuf(resources) };
}

function rootOf(resource: Resource): string {
  return resource.group === '' ? `api/${resource.version}` : `apis/${groupVersionOf(resource)}`;
}

function index(api: Api): JsonObject {
  const revision = `${api.registry.revision()}`;
  const paths: Record<string, Json> = {};
  for (const resource of api.registry.all()) {
    const root = rootOf(resource);
    // Clients keep a document until its hash changes.
    const hash = createHash('sha256').update(`${root} ${revision}`).digest('hex').toUpperCase();
    paths[root] = { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` };
  }
  return { paths };
}

function definitionNameOf(api: Api, resource: Resource): string {
  if (!resource.isBuiltIn) {
    return `${resource.group.split('.').reverse().join('.')}.${resource.version}.${resource.kind}`;
  }
  const suffix = `.${resource.version}.${resource.kind}`;
  const gvk = JSON.stringify([{ group: resource.group, kind: resource.kind, version: resource.version }]);
  const found = Object.entries(api.registry.schemas.definitions).find(
    ([name, schema]) => name.endsWith(suffix) && JSON.stringify(schema['x-kubernetes-group-version-kind']) === gvk,
  );
  return found?.[0] ?? `unknown${suffix}`;
}

/** The definitions that some kinds need, with everything they refer to. */
function definitionsFor(api: Api, resources: readonly Resource[], prefix: string): JsonObject {
  const all = api.registry.schemas.definitions;
  const found: Record<string, Json> = {};
  const pending: string[] = [`${core}.DeleteOptions`, `${core}.Status`, `${core}.ObjectMeta`];
  for (const resource of resources) {
    const name = definitionNameOf(api, resource);
    if (resource.isBuiltIn) pending.push(name);
    else found[name] = withRefs(customDefinition(api, resource), prefix);
  }
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const definition = all[name];
    if (definition === undefined || found[name] !== undefined) continue;
    found[name] = withRefs(definition, prefix);
    pending.push(...refsOf(definition));
  }
  return found;
}

function customDefinition(api: Api, resource: Resource): JsonObject {
  const { group, version, kind } = resource;
  const definition = api.store.collection(definitionsCollection).get('', resource.collection);
  const spec = isObject(definition?.spec) ? definition.spec : {};
  const versions = isList(spec.versions) ? spec.versions : [];
  const declared = versions.find((each) => isObject(each) && each.name === version);
  const holder = isObject(declared) && isObject(declared.schema) ? declared.schema : {};
  const schema = isObject(holder.openAPIV3Schema) ? holder.openAPIV3Schema : {};
  return {
    type: 'object',
    ...schema,
    properties: {
      ...(isObject(schema.properties) ? schema.properties : {}),
      apiVersion: {
        type: 'string',
        description:
          'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the ' +
          'latest internal value, and may reject unrecognized values. More info: ' +
          'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
      },
      kind: {
        type: 'string',
        description:
          'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the ' +
          'client submits requests to. Cannot be updated. In CamelCase. More info: ' +
          'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
      },
      metadata: {
        $ref: `${core}.ObjectMeta`,
        description:
          "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
      },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  };
}

function refsOf(value: Json): string[] {
  if (isList(value)) return value.flatMap(refsOf);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child] : refsOf(child),
  );
}

/** Names become references; what stands beside a reference would be ignored, so it is wrapped. */
function withRefs(value: Json, prefix: string): Json {
  if (isList(value)) return value.map((item) => withRefs(item, prefix));
  if (!isObject(value)) return value;
  const { $ref, ...siblings } = value;
  const rest = Object.fromEntries(Object.entries(siblings).map(([key, child]) => [key, withRefs(child, prefix)]));
  if (typeof $ref !== 'string') return rest;
  const reference = { $ref: `${prefix}${$ref}` };
  return Object.keys(rest).length === 0 ? reference : { ...rest, allOf: [reference] };
}

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'];

function pathsOf(
  resource: Resource,
  operation: (method: string, action: string, isWrite: boolean) => Json,
): JsonObject {
  const base = `/${rootOf(resource)}`;
  const scoped = resource.isNamespaced
    ? `${base}/namespaces/{namespace}/${resource.plural}`
    : `${base}/${resource.plural}`;
  const one = {
    get: operation('get', 'get', false),
    put: operation('put', 'put', true),
    patch: operation('patch', 'patch', true),
    delete: operation('delete', 'delete', true),
  };
  const { delete: _delete, ...sub } = one;
  const paths: Record<string, Json> = {
    [scoped]: {
      get: operation('get', 'list', false),
      post: operation('post', 'post', true),
      delete: operation('delete', 'deletecollection', true),
    },
    [`${scoped}/{name}`]: one,
  };
  if (resource.isNamespaced) paths[`${base}/${resource.plural}`] = { get: operation('get', 'list', false) };
  for (const subresource of subresourcesOf(resource)) {
    if (subresource.name === 'status') paths[`${scoped}/{name}/status`] = sub;
  }
  return paths;
}

function documentV3(api: Api, resources: readonly Resource[]): JsonObject {
  const prefix = '#/components/schemas/';
  const paths: Record<string, Json> = {};
  for (const resource of resources) {
    const schema = { $ref: `${prefix}${definitionNameOf(api, resource)}` };
    const content = { 'application/json': { schema } };
    Object.assign(
      paths,
      pathsOf(resource, (method, action, isWrite) => ({
        operationId: `${action}${resource.kind}`,
        responses: { 200: { description: 'OK', content } },
        ...(isWrite ? { parameters: writeParameters.map(parameterV3) } : {}),
        ...(method === 'post' || method === 'put' ? { requestBody: { content, required: true } } : {}),
        'x-kubernetes-action': action,
        'x-kubernetes-group-version-kind': gvkOf(resource),
      })),
    );
  }
  const components = { schemas: definitionsFor(api, resources, prefix) };
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.34.0' }, paths, components };
}

function parameterV3(name: string): JsonObject {
  return { name, in: 'query', schema: { type: 'string', uniqueItems: true } };
}

function gvkOf({ group, version, kind }: Resource): JsonObject {
  return { group, version, kind };
}

function documentV2(api: Api): JsonObject {
  const prefix = '#/definitions/';
  const paths: Record<string, Json> = {};
  const resources = api.registry.all();
  for (const resource of resources) {
    const schema = { $ref: `${prefix}${definitionNameOf(api, resource)}` };
    Object.assign(
      paths,
      pathsOf(resource, (_method, action, isWrite) => ({
        operationId: `${action}${resource.kind}${resource.group}${resource.version}`,
        responses: { 200: { description: 'OK', schema } },
        ...(isWrite
          ? { parameters: writeParameters.map((name) => ({ name, in: 'query', type: 'string', uniqueItems: true })) }
          : {}),
        'x-kubernetes-action': action,
        'x-kubernetes-group-version-kind': gvkOf(resource),
      })),
    );
  }
  const info = { title: 'Kubernetes', version: 'v1.34.0' };
  return { swagger: '2.0', info, paths, definitions: definitionsFor(api, resources, prefix) };
}
