import type { JsonObject } from '../../../lib/index.ts';
import type { Api } from '../api.ts';
import { nothingThere, pageNotFound } from '../api-error.ts';
import type { Resource } from '../resources/resource.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import type { ApiRequest } from './request.ts';

const aggregatedTypes = ['v2', 'v2beta1'];

/** `/api`, `/apis` and what is below them; undefined for other paths. */
export function answerDiscovery(api: Api, request: ApiRequest, host: string): Answer | undefined {
  const parts = request.path.split('/').filter((part) => part !== '');
  if (parts[0] !== 'api' && parts[0] !== 'apis') return undefined;
  if (parts.length === 1) {
    return (
      aggregated(api, request, parts[0] === 'api') ?? jsonAnswer(parts[0] === 'api' ? versions(host) : groups(api))
    );
  }
  if (parts[0] === 'api') return parts.length === 2 ? jsonAnswer(resourceList(api, '', parts[1] ?? '')) : undefined;
  const group = parts[1] ?? '';
  if (parts.length === 2) {
    if (!groupNames(api).includes(group)) throw nothingThere();
    return jsonAnswer({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(api, group) });
  }
  return parts.length === 3 ? jsonAnswer(resourceList(api, group, parts[2] ?? '')) : undefined;
}

function versions(host: string): JsonObject {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: host }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

/** Groups beside core, in the order of the table; each with its versions. */
function groupNames(api: Api): readonly string[] {
  const extra = extraResources.map((each) => each.group);
  return [...new Set([...api.registry.all().map((resource) => resource.group), ...extra])].filter(
    (group) => group !== '',
  );
}

function versionsOf(api: Api, group: string): readonly string[] {
  const all = [...api.registry.all(), ...extraResources].filter((each) => each.group === group);
  return [...new Set(all.map((each) => each.version))];
}

function groupOf(api: Api, group: string): JsonObject {
  const served = versionsOf(api, group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: served, preferredVersion: served[0] ?? {} };
}

function groups(api: Api): JsonObject {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames(api).map((group) => groupOf(api, group)) };
}

/** What is served beside stored kinds: questions, and subresources with a kind of their own. */
const extraResources = [
  ['authorization.k8s.io', 'v1', 'subjectaccessreviews', 'SubjectAccessReview', false],
  ['authorization.k8s.io', 'v1', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', false],
  ['authorization.k8s.io', 'v1', 'selfsubjectrulesreviews', 'SelfSubjectRulesReview', false],
  ['authorization.k8s.io', 'v1', 'localsubjectaccessreviews', 'LocalSubjectAccessReview', true],
  ['authentication.k8s.io', 'v1', 'selfsubjectreviews', 'SelfSubjectReview', false],
  ['authentication.k8s.io', 'v1', 'tokenreviews', 'TokenReview', false],
].map(([group, version, name, kind, namespaced]) => ({
  group: String(group),
  version: String(version),
  name: String(name),
  kind: String(kind),
  namespaced: namespaced === true,
}));

interface Subresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: readonly string[];
}

export function subresourcesOf(resource: Resource): readonly Subresource[] {
  const { group, version, kind, plural } = resource;
  const verbs = ['get', 'patch', 'update'];
  return [
    ...(resource.hasStatus ? [{ name: 'status', kind, group, version, verbs }] : []),
    ...(resource.scale === undefined
      ? []
      : [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs }]),
    ...(plural === 'pods' && group === ''
      ? [
          { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
          { name: 'log', kind: 'Pod', group, version, verbs: ['get'] },
        ]
      : []),
  ];
}

function resourceList(api: Api, group: string, version: string): JsonObject {
  const stored = api.registry.all().filter((each) => each.group === group && each.version === version);
  const extra = extraResources.filter((each) => each.group === group && each.version === version);
  if (stored.length + extra.length > 0) return listOf(stored, extra, group, version);
  throw versionsOf(api, group).length === 0 ? nothingThere() : pageNotFound();
}

function listOf(
  stored: readonly Resource[],
  extra: readonly (typeof extraResources)[number][],
  group: string,
  version: string,
): JsonObject {
  const resources = stored.flatMap((resource) => [
    {
      name: resource.plural,
      singularName: resource.singular,
      namespaced: resource.isNamespaced,
      kind: resource.kind,
      verbs: resource.verbs,
      ...(resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories.length === 0 ? {} : { categories: resource.categories }),
    },
    ...subresourcesOf(resource).map((each) => ({
      name: `${resource.plural}/${each.name}`,
      singularName: '',
      namespaced: resource.isNamespaced,
      ...(each.group === group && each.version === version ? {} : { group: each.group, version: each.version }),
      kind: each.kind,
      verbs: each.verbs,
    })),
  ]);
  const reviews = extra.map(({ name, kind, namespaced }) => ({
    name,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs: ['create'],
  }));
  const groupVersion = group === '' ? version : `${group}/${version}`;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [...resources, ...reviews] };
}

/** All of discovery in one document, for clients that ask for it. */
function aggregated(api: Api, request: ApiRequest, isCore: boolean): Answer | undefined {
  const accept = request.headers.accept ?? '';
  const version = aggregatedTypes.find((each) => accept.includes(`g=apidiscovery.k8s.io;v=${each};`));
  if (version === undefined) return undefined;
  const names = isCore ? [''] : groupNames(api);
  const items = names.map((group) => ({
    metadata: group === '' ? {} : { name: group },
    versions: versionsOf(api, group).map((each) => ({
      version: each,
      resources: aggregatedResources(api, group, each),
      freshness: 'Current',
    })),
  }));
  const document = { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
  return {
    code: 200,
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    text: JSON.stringify(document),
  };
}

function aggregatedResources(api: Api, group: string, version: string): JsonObject[] {
  const stored = api.registry
    .all()
    .filter((each) => each.group === group && each.version === version)
    .map((resource) => ({
      resource: resource.plural,
      responseKind: { group, version, kind: resource.kind },
      scope: resource.isNamespaced ? 'Namespaced' : 'Cluster',
      singularResource: resource.singular,
      verbs: resource.verbs,
      shortNames: resource.shortNames,
      categories: resource.categories,
      subresources: subresourcesOf(resource).map((each) => ({
        subresource: each.name,
        responseKind: { group: each.group, version: each.version, kind: each.kind },
        verbs: each.verbs,
      })),
    }));
  const reviews = extraResources
    .filter((each) => each.group === group && each.version === version)
    .map(({ name, kind, namespaced }) => ({
      resource: name,
      responseKind: { group, version, kind },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      singularResource: kind.toLowerCase(),
      verbs: ['create'],
    }));
  return [...stored, ...reviews];
}
