import type { Body, Sent } from './server.ts';

/** A short story of requests. `{ns}` is a namespace of its own; of each answer the code, a refusal's words and the picked fields count. */
export interface Case {
  readonly name: string;
  readonly pick?: readonly string[];
  /** Words of Go's decoder differ by version: there only code and reason count. */
  readonly withoutMessage?: boolean;
  readonly steps: readonly Sent[];
}

const jsonPatch = { 'content-type': 'application/json-patch+json' };
const mergePatch = { 'content-type': 'application/merge-patch+json' };
const strategicPatch = { 'content-type': 'application/strategic-merge-patch+json' };
const applyPatch = { 'content-type': 'application/apply-patch+yaml' };
const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

const core = '/api/v1/namespaces/{ns}';
const maps = `${core}/configmaps`;
const pods = `${core}/pods`;
const services = `${core}/services`;
const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
const widgets = '/apis/agreement.example.com/v1/namespaces/{ns}/widgets';
const budgets = '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets';
const gadgets = '/apis/agreement.example.com/v1/namespaces/{ns}/gadgets';
const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}';

function get(path: string, extra: Partial<Sent> = {}): Sent {
  return { method: 'GET', path, ...extra };
}
function post(path: string, body: Body, extra: Partial<Sent> = {}): Sent {
  return { method: 'POST', path, body, ...extra };
}
function put(path: string, body: Body): Sent {
  return { method: 'PUT', path, body };
}
function patch(path: string, body: unknown, headers: Sent['headers'] = mergePatch): Sent {
  return { method: 'PATCH', path, body, headers: headers ?? {} };
}
function remove(path: string, body?: Body): Sent {
  return { method: 'DELETE', path, ...(body === undefined ? {} : { body }) };
}

function map(name: string, data: Body = { a: '1' }, metadata: Body = {}): Body {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}
function deployment(name: string, spec: Body = {}, template: Body = {}): Body {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'web:1' }], ...template },
      },
      ...spec,
    },
  };
}
function pod(name: string, labels: Body = {}): Body {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'main', image: 'web:1' }] },
  };
}
function podStatus(phase: string, ready: string): Body {
  return { status: { phase, conditions: [{ type: 'Ready', status: ready }] } };
}
function evict(name: string): Sent {
  return post(`${pods}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
}
function service(name: string, spec: Body): Body {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}
function widget(name: string, spec: Body, more: Body = {}): Body {
  return { apiVersion: 'agreement.example.com/v1', kind: 'Widget', metadata: { name }, spec, ...more };
}
function gadget(name: string, spec: Body, more: Body = {}): Body {
  return { apiVersion: 'agreement.example.com/v1', kind: 'Gadget', metadata: { name }, spec, ...more };
}
function definition(kind: string, version: Body): Body {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.agreement.example.com` },
    spec: {
      group: 'agreement.example.com',
      names: { kind, plural },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, ...version }],
    },
  };
}

/** Widgets have status and scale subresources; gadgets have neither. */
export const definitions: readonly Body[] = [
  definition('Widget', {
    subresources: {
      status: {},
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.replicas',
        labelSelectorPath: '.status.selector',
      },
    },
    additionalPrinterColumns: [
      { name: 'Size', type: 'string', jsonPath: '.spec.size' },
      { name: 'Wide', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
    ],
    schema: {
      openAPIV3Schema: {
        type: 'object',
        required: ['spec'],
        properties: {
          spec: {
            type: 'object',
            required: ['size'],
            properties: {
              size: { type: 'string', enum: ['small', 'large'] },
              replicas: { type: 'integer', minimum: 0, maximum: 10, default: 1 },
              color: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
              fixed: {
                type: 'string',
                'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }],
              },
              share: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
              note: { type: 'string', nullable: true },
              mode: { type: 'string', default: 'auto' },
              nested: { type: 'object', properties: { on: { type: 'boolean', default: true } } },
              anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              list: { type: 'array', maxItems: 2, items: { type: 'string' } },
              keyed: {
                type: 'array',
                'x-kubernetes-list-type': 'map',
                'x-kubernetes-list-map-keys': ['id'],
                items: {
                  type: 'object',
                  required: ['id'],
                  properties: { id: { type: 'string' }, n: { type: 'integer' } },
                },
              },
              marks: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
            },
          },
          status: {
            type: 'object',
            properties: { replicas: { type: 'integer' }, phase: { type: 'string' }, selector: { type: 'string' } },
          },
        },
      },
    },
  }),
  definition('Gadget', {
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: { type: 'object', properties: { n: { type: 'integer' } } },
          status: { type: 'object', properties: { phase: { type: 'string' } } },
        },
      },
    },
  }),
];

export const cases: readonly Case[] = [
  {
    name: 'an object comes and goes',
    pick: ['kind', 'metadata.name', 'data', 'status'],
    steps: [
      get(`${maps}/one`),
      post(maps, map('one')),
      post(maps, map('one')),
      get(`${maps}/one`),
      remove(`${maps}/one`),
      remove(`${maps}/one`),
      remove(`${core}/services/none`),
      remove(`${deployments}/none`),
    ],
  },
  {
    name: 'creation is refused',
    steps: [
      post('/api/v1/namespaces/no-such-namespace/configmaps', map('one')),
      post(maps, map('one', {}, { resourceVersion: '1' })),
      post(maps, map('one', {}, { namespace: 'other' })),
      post(maps, map('Not_A_Name')),
      post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      post(maps, map('one', {}, { labels: { a: 'not a label' } })),
      post(maps, map('one', {}, { labels: { 'not a key!': 'a' } })),
      post(maps, map('one', {}, { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: '' }] })),
      post('/api/v1/configmaps', map('one')),
      post(`${maps}/one`, map('one')),
      patch(maps, {}),
    ],
  },
  {
    name: 'a body of another kind is refused',
    withoutMessage: true,
    steps: [post(maps, { ...map('one'), kind: 'Secret' }), post(maps, { ...map('one'), apiVersion: 'apps/v1' })],
  },
  {
    name: 'paths that lead nowhere',
    steps: [
      get('/api/v1/namespaces/{ns}/nothings'),
      get('/apis/no.such.group/v1/things'),
      get('/apis/apps/v9/deployments'),
      get('/apis/no.such.group'),
      get(`${maps}/one/status`),
      get('/nowhere'),
    ],
  },
  {
    name: 'a name is generated',
    pick: ['metadata.generateName'],
    steps: [post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'web-' } })],
  },
  {
    name: 'PUT needs to know what it replaces',
    pick: ['data', 'spec', 'metadata.generation'],
    steps: [
      put(`${maps}/one`, map('one')),
      post(maps, map('one')),
      put(`${maps}/one`, map('one', { a: '2' })),
      put(`${maps}/one`, map('one', { a: '3' }, { resourceVersion: '1' })),
      put(`${maps}/one`, map('one', { a: '3' }, { uid: 'another' })),
      put(`${maps}/one`, map('two')),
      post(widgets, widget('w', { size: 'small' })),
      put(`${widgets}/w`, widget('w', { size: 'large' })),
      put(`${widgets}/none`, widget('none', { size: 'large' })),
    ],
  },
  {
    name: 'PUT creates a Lease',
    pick: ['spec.holderIdentity'],
    steps: [
      put('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases/me', {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'me' },
        spec: { holderIdentity: 'a' },
      }),
    ],
  },
  {
    name: 'merge patches',
    pick: ['data', 'metadata.labels'],
    steps: [
      post(maps, map('one', { a: '1', b: '2' })),
      patch(`${maps}/one`, { data: { a: null, c: '3' }, metadata: { labels: { x: 'y' } } }),
      patch(`${maps}/one`, { metadata: { resourceVersion: '1' }, data: { a: '9' } }),
      patch(`${maps}/one`, { metadata: { name: 'two' } }),
      patch(`${maps}/none`, { data: {} }),
      patch(`${maps}/one`, { data: {} }, { 'content-type': 'application/nonsense' }),
      patch(`${maps}/one`, { metadata: { uid: 'another' } }),
      patch(`${maps}/one`, { metadata: { creationTimestamp: '2001-01-01T00:00:00Z' } }),
    ],
  },
  {
    name: 'JSON patches',
    pick: ['data', 'metadata.finalizers'],
    steps: [
      post(maps, map('one', { a: '1' })),
      patch(
        `${maps}/one`,
        [
          { op: 'test', path: '/data/a', value: '1' },
          { op: 'replace', path: '/data/a', value: '2' },
        ],
        jsonPatch,
      ),
      patch(`${maps}/one`, [{ op: 'test', path: '/data/a', value: '1' }], jsonPatch),
      patch(`${maps}/one`, [{ op: 'test', path: '/data/none', value: null }], jsonPatch),
      patch(`${maps}/one`, [{ op: 'remove', path: '/data/none' }], jsonPatch),
      patch(`${maps}/one`, [{ op: 'replace', path: '/data/none', value: '1' }], jsonPatch),
      patch(`${maps}/one`, [{ op: 'add', path: '/none/deeper', value: '1' }], jsonPatch),
      patch(`${maps}/one`, [{ op: 'add', path: '/data/x~1y', value: '1' }], jsonPatch),
      patch(`${maps}/one`, [{ op: 'add', path: '/metadata/finalizers', value: ['example.com/a'] }], jsonPatch),
      patch(`${maps}/one`, [{ op: 'add', path: '/metadata/finalizers/-', value: 'example.com/b' }], jsonPatch),
      patch(
        `${maps}/one`,
        [
          { op: 'move', from: '/data/a', path: '/data/z' },
          { op: 'copy', from: '/data/z', path: '/data/y' },
        ],
        jsonPatch,
      ),
      patch(`${maps}/one`, [{ op: 'remove', path: '/metadata/finalizers/0' }], jsonPatch),
      patch(`${maps}/one`, [{ op: 'remove', path: '/metadata/finalizers' }], jsonPatch),
      patch(`${maps}/one`, { op: 'remove' }, jsonPatch),
    ],
  },
  {
    name: 'strategic merge patches',
    pick: ['spec.template.spec.containers', 'metadata.finalizers', 'spec.ports', 'spec.strategy'],
    steps: [
      post(deployments, deployment('web')),
      patch(
        `${deployments}/web`,
        {
          spec: {
            template: {
              spec: {
                containers: [
                  { name: 'side', image: 'side:1' },
                  { name: 'main', image: 'web:2' },
                ],
              },
            },
          },
        },
        strategicPatch,
      ),
      patch(
        `${deployments}/web`,
        { spec: { template: { spec: { containers: [{ name: 'side', $patch: 'delete' }] } } } },
        strategicPatch,
      ),
      patch(
        `${deployments}/web`,
        { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: null } } },
        strategicPatch,
      ),
      patch(`${deployments}/web`, { metadata: { finalizers: ['example.com/a'] } }, strategicPatch),
      patch(`${deployments}/web`, { metadata: { finalizers: ['example.com/b'] } }, strategicPatch),
      patch(
        `${deployments}/web`,
        { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a', 'example.com/b'] } },
        strategicPatch,
      ),
      post(
        services,
        service('web', {
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 81 },
          ],
        }),
      ),
      patch(`${services}/web`, { spec: { ports: [{ port: 81, targetPort: 8081 }] } }, strategicPatch),
      post(widgets, widget('w', { size: 'small' })),
      patch(`${widgets}/w`, { spec: { size: 'large' } }, strategicPatch),
    ],
  },
  {
    name: 'status and spec have doors of their own',
    pick: ['spec.replicas', 'spec.size', 'status', 'metadata.generation', 'metadata.labels'],
    steps: [
      post(deployments, { ...deployment('web'), status: { replicas: 7 } }),
      patch(`${deployments}/web`, { spec: { replicas: 2 }, status: { replicas: 7 } }),
      patch(`${deployments}/web/status`, { spec: { replicas: 3 }, status: { replicas: 5 } }),
      patch(`${deployments}/web`, { metadata: { labels: { a: 'b' } } }),
      post(widgets, widget('w', { size: 'small' }, { status: { phase: 'early' } })),
      patch(`${widgets}/w/status`, {
        spec: { size: 'large' },
        status: { phase: 'late' },
        metadata: { labels: { a: 'b' } },
      }),
      patch(`${widgets}/w`, { spec: { size: 'large' }, status: { phase: 'no' } }),
      patch(`${widgets}/w/status`, { status: { phase: 7 } }),
      patch(
        `${widgets}/w/status`,
        [
          { op: 'test', path: '/status/phase', value: 'late' },
          { op: 'replace', path: '/status/phase', value: 'x' },
        ],
        jsonPatch,
      ),
      post(gadgets, gadget('g', { n: 1 }, { status: { phase: 'early' } })),
      patch(`${gadgets}/g`, { status: { phase: 'late' } }),
      patch(`${gadgets}/g`, { metadata: { labels: { a: 'b' } } }),
      patch(`${gadgets}/g/status`, { status: { phase: 'late' } }),
    ],
  },
  {
    name: 'finalizers hold a deletion',
    pick: ['kind', 'metadata.finalizers', 'metadata.deletionGracePeriodSeconds', 'metadata.generation', 'status'],
    steps: [
      post(widgets, { ...widget('w', { size: 'small' }), metadata: { name: 'w', finalizers: ['example.com/hold'] } }),
      remove(`${widgets}/w`),
      remove(`${widgets}/w`),
      patch(`${widgets}/w`, { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } }),
      patch(`${widgets}/w`, { metadata: { finalizers: null } }),
      get(`${widgets}/w`),
    ],
  },
  {
    name: 'deletion has preconditions',
    steps: [
      post(maps, map('one')),
      remove(`${maps}/one`, { preconditions: { uid: 'another' } }),
      remove(`${maps}/one`, { preconditions: { resourceVersion: '1' } }),
      remove(`${maps}/one`, { propagationPolicy: 'Background' }),
    ],
  },
  {
    name: 'some deletions show what went',
    pick: ['kind', 'metadata.name'],
    steps: [
      post(pods, pod('p')),
      remove(`${pods}/p`),
      post(services, service('s', { ports: [{ port: 80 }] })),
      remove(`${services}/s`),
      post(deployments, deployment('d')),
      remove(`${deployments}/d`),
      post(widgets, widget('w', { size: 'small' })),
      remove(`${widgets}/w`),
    ],
  },
  {
    name: 'a whole collection goes',
    pick: ['kind', 'items.length'],
    steps: [
      post(maps, map('one', {}, { labels: { a: 'b' } })),
      post(maps, map('two')),
      remove(`${maps}?labelSelector=a%3Db`),
      get(`${maps}?fieldSelector=metadata.name%3Done`),
      get(`${maps}?fieldSelector=metadata.name%3Dtwo`),
    ],
  },
  {
    name: 'a dry run changes nothing',
    pick: ['data', 'spec.replicas'],
    steps: [
      post(`${maps}?dryRun=All`, map('one')),
      get(`${maps}/one`),
      post(deployments, deployment('web')),
      patch(`${deployments}/web?dryRun=All`, { spec: { replicas: 9 } }),
      get(`${deployments}/web`),
      remove(`${deployments}/web?dryRun=All`),
      get(`${deployments}/web`),
    ],
  },
  {
    name: 'selectors',
    pick: ['kind', 'items.*.metadata.name'],
    steps: [
      post(maps, map('one', {}, { labels: { app: 'a', tier: 'x' } })),
      post(maps, map('two', {}, { labels: { app: 'b' } })),
      get(`${maps}?labelSelector=app%3Da`),
      get(`${maps}?labelSelector=app%21%3Da`),
      get(`${maps}?labelSelector=app+in+%28a%2Cb%29%2Ctier`),
      get(`${maps}?labelSelector=app+notin+%28a%29%2C%21tier`),
      get(`${maps}?labelSelector=app%3D%3Db%2C%21tier`),
      get(`${maps}?fieldSelector=metadata.name%3Dtwo`),
      get(`${maps}?fieldSelector=metadata.name%21%3Dtwo%2Cmetadata.namespace%3D{ns}`),
      get(`${maps}?fieldSelector=data.a%3D1`),
      post(pods, pod('p')),
      get(`${pods}?fieldSelector=status.phase%3DPending`),
      get(`${pods}?fieldSelector=spec.nodeName%3Dnone`),
      get(`${widgets}?fieldSelector=spec.size%3Dsmall`),
    ],
  },
  {
    name: 'pages',
    pick: ['items.*.metadata.name', 'metadata.remainingItemCount'],
    steps: [
      ...['a', 'b', 'c'].map((name) => post(maps, map(name))),
      get(`${maps}?limit=2&fieldSelector=metadata.name%21%3Dkube-root-ca.crt`),
      get(`${maps}?limit=2`),
      get(`${maps}?limit=9`),
    ],
  },
  {
    name: 'unknown and wrong fields of a built-in kind',
    withoutMessage: true,
    pick: ['metadata.name', 'spec.unknown'],
    steps: [
      post(`${deployments}?fieldValidation=Strict`, deployment('web', { unknown: 1 })),
      post(`${deployments}?fieldValidation=Ignore`, deployment('web', { unknown: 1 })),
      post(deployments, deployment('web', { replicas: 'three' })),
      patch(`${deployments}/web`, { spec: { replicas: '3' } }),
      post(maps, { ...map('one'), data: ['a'] }),
      post(maps, { ...map('one'), metadata: 'x' }),
    ],
  },
  {
    name: 'strict field validation names the field',
    steps: [
      post(`${deployments}?fieldValidation=Strict`, deployment('web', { unknown: 1 })),
      post(`${widgets}?fieldValidation=Strict`, widget('w', { size: 'small', unknown: 1, nested: { odd: true } })),
    ],
  },
  {
    name: 'custom objects are pruned and defaulted',
    pick: ['spec', 'status'],
    steps: [
      post(
        widgets,
        widget('w', {
          size: 'small',
          unknown: 1,
          nested: {},
          anything: { goes: [1, { x: null }] },
          share: '50%',
          note: null,
          mode: null,
        }),
      ),
      post(widgets, widget('v', { size: 'large', share: 50, keyed: [{ id: 'a', n: 1, odd: 1 }], marks: ['x'] })),
    ],
  },
  {
    name: 'custom objects are validated',
    steps: [
      post(widgets, widget('w', {})),
      post(widgets, { apiVersion: 'agreement.example.com/v1', kind: 'Widget', metadata: { name: 'w' } }),
      post(widgets, widget('w', { size: 'medium' })),
      post(widgets, widget('w', { size: 7 })),
      post(widgets, widget('w', { size: 'small', color: 'Red' })),
      post(widgets, widget('w', { size: 'small', color: 'crimson' })),
      post(widgets, widget('w', { size: 'small', note: 7 })),
      post(widgets, widget('w', { size: 'small', replicas: 11 })),
      post(widgets, widget('w', { size: 'small', replicas: -1 })),
      post(widgets, widget('w', { size: 'small', list: ['a', 'b', 'c'] })),
      post(widgets, widget('w', { size: 'small', list: 'a' })),
      post(widgets, widget('w', { size: 'small', share: true })),
      post(widgets, widget('w', { size: 'small', keyed: [{ id: 'a' }, { id: 'a' }] })),
      post(widgets, widget('w', { size: 'small', marks: ['a', 'a'] })),
      post(widgets, widget('w', { size: 'small', nested: 'x' })),
      post(widgets, widget('w', { size: 'small', color: null })),
    ],
  },
  {
    name: 'an immutable field stays',
    steps: [
      post(widgets, widget('w', { size: 'small', fixed: 'a' })),
      patch(`${widgets}/w`, { spec: { fixed: 'b' } }),
      patch(`${widgets}/w`, { spec: { fixed: 'a', size: 'large' } }),
    ],
  },
  {
    name: 'scale',
    pick: ['kind', 'apiVersion', 'spec', 'status', 'metadata.name', 'metadata.generation'],
    steps: [
      post(deployments, deployment('web')),
      get(`${deployments}/web/scale`),
      patch(`${deployments}/web/scale`, { spec: { replicas: 4 } }),
      put(`${deployments}/web/scale`, {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'web' },
        spec: { replicas: 5 },
      }),
      patch(`${deployments}/web/scale`, { spec: { replicas: -1 } }),
      patch(`${deployments}/web/scale`, { metadata: { resourceVersion: '1' }, spec: { replicas: 6 } }),
      post(widgets, widget('w', { size: 'small', replicas: 2 })),
      patch(`${widgets}/w/status`, { status: { replicas: 1, selector: 'a=b' } }),
      get(`${widgets}/w/scale`),
      patch(`${widgets}/w/scale`, { spec: { replicas: 3 } }),
      post(gadgets, gadget('g', { n: 1 })),
      get(`${gadgets}/g/scale`),
    ],
  },
  {
    name: 'tables',
    pick: ['kind', 'columnDefinitions.*.name', 'columnDefinitions.*.priority', 'rows.*.cells', 'rows.*.object.kind'],
    steps: [
      post(widgets, widget('w', { size: 'small' })),
      get(`${widgets}/w`, { headers: asTable }),
      get(`${widgets}?includeObject=None`, { headers: asTable }),
      post(roles.replace('namespaces/{ns}', 'namespaces/{ns}/rolebindings'), {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'b' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'User', name: 'nobody' }],
      }),
      get(`${core}/endpoints`, { headers: asTable }),
    ],
  },
  {
    name: 'Services are filled in and checked',
    pick: [
      'spec.type',
      'spec.ports',
      'spec.sessionAffinity',
      'spec.ipFamilyPolicy',
      'spec.internalTrafficPolicy',
      'status',
    ],
    steps: [
      post(services, service('web', { selector: { app: 'web' }, ports: [{ port: 80 }] })),
      post(services, service('none', { selector: { app: 'web' } })),
      post(services, service('bad', { ports: [{ port: 0 }] })),
      post(services, service('bad', { ports: [{ port: 70000 }] })),
      post(services, service('bad', { ports: [{ port: 80 }, { port: 81 }] })),
      post(
        services,
        service('bad', {
          ports: [
            { name: 'a', port: 80 },
            { name: 'a', port: 81 },
          ],
        }),
      ),
      post(services, service('bad', { type: 'Odd', ports: [{ port: 80 }] })),
      post(services, service('bad', { ports: [{ port: 80, protocol: 'ICMP' }] })),
      post(services, service('1bad', { ports: [{ port: 80 }] })),
      post(services, service('headless', { clusterIP: 'None' })),
      post(services, service('out', { type: 'ExternalName', externalName: 'example.com' })),
      patch(`${services}/web`, { spec: { selector: { app: 'other' } } }),
    ],
  },
  {
    name: 'Deployments are checked',
    steps: [
      post(deployments, deployment('web', { selector: { matchLabels: { app: 'other' } } })),
      post(deployments, deployment('web', { selector: undefined })),
      post(deployments, deployment('web', { replicas: -1 })),
      post(deployments, deployment('web', {}, { containers: [] })),
      post(deployments, deployment('web', {}, { containers: [{ name: 'main' }] })),
      post(deployments, deployment('web', {}, { containers: [{ image: 'web:1' }] })),
      post(deployments, deployment('web', {}, { containers: [{ name: 'Main', image: 'web:1' }] })),
      post(
        deployments,
        deployment(
          'web',
          {},
          {
            containers: [
              { name: 'a', image: 'x' },
              { name: 'a', image: 'x' },
            ],
          },
        ),
      ),
      post(deployments, deployment('web', {}, { restartPolicy: 'Never' })),
      post(deployments, deployment('web')),
      patch(`${deployments}/web`, {
        spec: { selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } } } },
      }),
    ],
  },
  {
    name: 'Pods are filled in and checked',
    withoutMessage: true,
    pick: ['spec.restartPolicy', 'spec.containers', 'status.phase', 'status.qosClass', 'spec.tolerations'],
    steps: [
      post(pods, pod('p')),
      patch(`${pods}/p`, { spec: { restartPolicy: 'Never' } }),
      patch(`${pods}/p`, { spec: { containers: [{ name: 'main', image: 'web:2' }] } }, strategicPatch),
      post(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'q' }, spec: {} }),
      patch(`${pods}/p/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }),
    ],
  },
  {
    name: 'Ingresses are checked',
    pick: ['spec', 'status'],
    steps: [
      post('/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'i' },
        spec: {
          rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 'web', port: { number: 80 } } } }] } }],
        },
      }),
      post('/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'i' },
        spec: {},
      }),
      post('/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses', {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { name: 'i' },
        spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
      }),
    ],
  },
  {
    name: 'Jobs find their pods by uid',
    pick: ['spec.completions', 'spec.parallelism', 'spec.backoffLimit', 'spec.template.metadata.labels', 'status'],
    steps: [
      post('/apis/batch/v1/namespaces/{ns}/jobs', {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'j' },
        spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } } },
      }),
      post('/apis/batch/v1/namespaces/{ns}/jobs', {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'k' },
        spec: { template: { spec: { containers: [{ name: 'main', image: 'x' }] } } },
      }),
    ],
  },
  {
    name: 'Secrets',
    pick: ['data', 'type', 'stringData'],
    steps: [
      post(`${core}/secrets`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'b' } }),
      patch(`${core}/secrets/s`, { type: 'other' }),
      post(`${core}/secrets`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 't' },
        data: { a: 'not base64!' },
      }),
    ],
  },
  {
    name: 'one Event under two names',
    pick: ['message', 'note', 'involvedObject.name', 'regarding.name', 'kind', 'apiVersion', 'items.*.metadata.name'],
    steps: [
      post('/apis/events.k8s.io/v1/namespaces/{ns}/events', {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: 'e' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'example.com/test',
        reportingInstance: 'one',
        action: 'Testing',
        reason: 'Tested',
        regarding: { kind: 'ConfigMap', name: 'one', namespace: '{ns}', apiVersion: 'v1' },
        note: 'hello',
        type: 'Normal',
      }),
      get(`${core}/events/e`),
      get('/apis/events.k8s.io/v1/namespaces/{ns}/events/e'),
      get(`${core}/events?fieldSelector=involvedObject.name%3Done`),
      get('/apis/events.k8s.io/v1/namespaces/{ns}/events?fieldSelector=regarding.name%3Dtwo'),
    ],
  },
  {
    name: 'who may what',
    pick: ['status', 'kind'],
    steps: [
      get(pods, { as: 'dana' }),
      get(`${pods}/p`, { as: 'dana' }),
      get('/api/v1/nodes', { as: 'dana' }),
      get('/api/v1/pods', { as: 'dana' }),
      post(`${pods}/p/eviction`, {}, { as: 'dana' }),
      post(maps, map('one'), { as: 'dana' }),
      get('/metrics', { as: 'dana' }),
      get('/version', { as: 'dana' }),
      post(`${roles}/roles`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'r' },
        rules: [
          { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
          { apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['get'] },
          { apiGroups: ['argoproj.io'], resources: ['rollouts'], verbs: ['promote'] },
        ],
      }),
      post(`${roles}/rolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'rb' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [{ kind: 'User', name: 'dana' }],
      }),
      post(
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        review({ verb: 'promote', group: 'argoproj.io', resource: 'rollouts', namespace: '{ns}' }),
      ),
      get(pods, { as: 'dana' }),
      get(`${maps}/mine`, { as: 'dana' }),
      get(`${maps}/other`, { as: 'dana' }),
      patch(`${roles}/rolebindings/rb`, { roleRef: { name: 'other' } }),
      get('/api/v1/namespaces/default/pods', { as: 'dana' }),
    ],
  },
  {
    name: 'access reviews',
    pick: ['status.allowed', 'status.reason', 'status.userInfo.username', 'status.userInfo.groups', 'kind'],
    steps: [
      post(
        '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        review({ verb: 'get', resource: 'pods', namespace: '{ns}' }),
      ),
      post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { ...review({}), spec: { user: 'a' } }),
      post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        ...review({}),
        spec: { resourceAttributes: { verb: 'get' } },
      }),
      post(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { nonResourceAttributes: { path: '/openapi/v2', verb: 'get' } },
        },
        { as: 'dana' },
      ),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
      }),
      get('/apis/authorization.k8s.io/v1/subjectaccessreviews'),
    ],
  },
  {
    name: 'impersonation',
    steps: [
      get(pods, { headers: { 'impersonate-user': 'erin' } }),
      get(pods, { headers: { 'impersonate-user': 'erin', 'impersonate-group': 'system:masters' } }),
      get(pods, { as: 'dana', headers: { 'impersonate-user': 'erin' } }),
    ],
  },
  {
    name: 'server-side apply',
    pick: [
      'data',
      'metadata.managedFields.*.manager',
      'metadata.managedFields.*.operation',
      'metadata.managedFields.*.fieldsV1',
    ],
    steps: [
      patch(`${maps}/one`, map('one', { a: '1', b: '1' }), applyPatch),
      patch(`${maps}/one?fieldManager=ann`, map('one', { a: '1', b: '1' }), applyPatch),
      patch(`${maps}/one?fieldManager=bob`, map('one', { a: '2' }), applyPatch),
      patch(`${maps}/one?fieldManager=bob`, map('one', { a: '1' }), applyPatch),
      patch(`${maps}/one?fieldManager=bob&force=true`, map('one', { a: '3' }), applyPatch),
      patch(`${maps}/one?fieldManager=ann`, map('one', { c: '1' }), applyPatch),
      patch(`${maps}/one?fieldManager=cat`, { data: { c: '2' } }),
      patch(`${maps}/one?fieldManager=ann`, map('one', { c: '1', a: '9' }), applyPatch),
      patch(`${maps}/one?fieldManager=bob`, map('one', {}), applyPatch),
    ],
  },
  {
    name: 'server-side apply of lists with keys',
    pick: ['spec.template.spec.containers.*.name', 'spec.template.spec.containers.*.image', 'spec.replicas'],
    steps: [
      patch(`${deployments}/web?fieldManager=ann`, deployment('web', { replicas: 2 }), applyPatch),
      patch(
        `${deployments}/web?fieldManager=bob`,
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'web' },
          spec: { template: { spec: { containers: [{ name: 'side', image: 's:1' }] } } },
        },
        applyPatch,
      ),
      patch(
        `${deployments}/web?fieldManager=ann`,
        deployment('web', {}, { containers: [{ name: 'main', image: 'web:2' }] }),
        applyPatch,
      ),
      patch(
        `${deployments}/web?fieldManager=bob`,
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } },
        applyPatch,
      ),
    ],
  },
  {
    name: 'who owns which field',
    pick: [
      'metadata.managedFields.*.manager',
      'metadata.managedFields.*.operation',
      'metadata.managedFields.*.subresource',
      'metadata.managedFields.*.fieldsV1',
    ],
    steps: [
      post(
        `${widgets}?fieldManager=ann`,
        widget('w', {
          size: 'small',
          keyed: [{ id: 'a', n: 1 }],
          marks: ['x'],
          nested: { on: true },
          anything: { a: { b: 1 }, c: [1] },
        }),
      ),
      patch(`${widgets}/w/status?fieldManager=bob`, { status: { phase: 'x' } }),
      patch(`${widgets}/w?fieldManager=bob`, {
        spec: { size: 'large', keyed: [{ id: 'a', n: 2 }, { id: 'b' }], marks: ['x', 'y'] },
      }),
      patch(`${widgets}/w?fieldManager=cat`, { spec: { nested: null, keyed: null }, metadata: { labels: { a: 'b' } } }),
      patch(`${widgets}/w/scale?fieldManager=dan`, { spec: { replicas: 4 } }),
    ],
  },
  {
    name: 'evictions ask the disruption budget',
    pick: ['status', 'kind'],
    steps: [
      post(pods, pod('p', { app: 'web' })),
      post('/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets', {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'b' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      }),
      post(pods, pod('q')),
      post(`${pods}/q/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'q' } }),
      get(`${pods}/q`),
      post(`${pods}/none/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'none' } }),
    ],
  },
  {
    name: 'a Deployment gets ready within its deadline',
    pick: ['spec.minReadySeconds', 'spec.progressDeadlineSeconds'],
    steps: [
      post(deployments, deployment('late', { minReadySeconds: 600 })),
      post(deployments, deployment('equal', { minReadySeconds: 10, progressDeadlineSeconds: 10 })),
      post(deployments, deployment('none', { progressDeadlineSeconds: 0 })),
      post(deployments, deployment('below', { minReadySeconds: -1, progressDeadlineSeconds: -1 })),
      post(deployments, deployment('fine', { minReadySeconds: 9, progressDeadlineSeconds: 10 })),
      patch(`${deployments}/fine`, { spec: { minReadySeconds: 10 } }),
    ],
  },
  {
    name: 'an object has its limit',
    pick: ['kind'],
    steps: [1_500_000, 1_600_000, 3_200_000].map((length) =>
      post(
        deployments,
        deployment('huge', {}, { containers: [{ name: 'main', image: 'a:1', args: ['x'.repeat(length)] }] }),
      ),
    ),
  },
  {
    name: 'evictions spend the disruption budget',
    pick: ['kind', 'status.phase', 'status.disruptionsAllowed'],
    steps: [
      ...['p', 'q', 'r', 's', 't'].map((name) => post(pods, pod(name, { app: 'web' }))),
      ...['p', 'q', 'r'].map((name) => patch(`${pods}/${name}/status`, podStatus('Running', 'True'))),
      patch(`${pods}/s/status`, podStatus('Running', 'False')),
      post(budgets, {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'b' },
        spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
      }),
      evict('p'),
      patch(`${budgets}/b/status`, {
        status: { observedGeneration: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 5, disruptionsAllowed: 0 },
      }),
      evict('p'),
      // Pending, and not ready: nobody misses them.
      evict('t'),
      evict('s'),
      patch(`${budgets}/b/status`, { status: { disruptionsAllowed: 1 } }),
      evict('q'),
      get(`${budgets}/b`),
      evict('r'),
    ],
  },
  {
    name: 'watching',
    pick: ['events'],
    steps: [
      post(maps, map('one', {}, { labels: { a: 'b' } })),
      get(`${maps}?watch=true&timeoutSeconds=1&labelSelector=a%3Db`),
      get(`${maps}?watch=true&timeoutSeconds=1&resourceVersion=nonsense`),
    ],
  },
  {
    name: 'a namespace goes',
    pick: ['kind', 'status.phase', 'spec.finalizers', 'metadata.labels'],
    steps: [
      post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: '{ns}-b' } }),
      post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'Bad.Name' } }),
      remove('/api/v1/namespaces/{ns}-b'),
    ],
  },
  {
    name: 'a write that changes nothing is no write',
    pick: ['moved', 'metadata.generation'],
    steps: [
      post(maps, map('one', { a: '1' }, { labels: { x: 'y' } })),
      patch(`${maps}/one`, { data: { a: '1' } }),
      patch(`${maps}/one?fieldManager=another`, { data: { a: '1' } }),
      patch(`${maps}/one`, [{ op: 'replace', path: '/data/a', value: '1' }], jsonPatch),
      patch(`${maps}/one`, { metadata: { labels: { x: null, z: null } } }),
      patch(`${maps}/one`, { metadata: { annotations: {} } }),
      patch(`${maps}/one`, { metadata: { labels: { x: 'y' } } }),
      put(`${maps}/one`, map('one', { a: '1' }, { labels: { x: 'y' } })),
      put(`${maps}/one`, map('one', { a: '1' })),
      post(widgets, widget('w', { size: 'small' })),
      patch(`${widgets}/w/status`, { status: { phase: 'a' } }),
      patch(`${widgets}/w/status`, { status: { phase: 'a' } }),
      patch(`${widgets}/w`, { status: { phase: 'b' } }),
      patch(`${widgets}/w`, { spec: { unknown: 1 } }),
      patch(`${widgets}/w`, { spec: { mode: null } }),
      patch(`${widgets}/w`, { spec: {} }),
      patch(`${widgets}/w`, { metadata: { annotations: { a: 'b' } } }),
      post(deployments, deployment('web')),
      patch(`${deployments}/web`, { spec: { replicas: null } }),
      patch(`${deployments}/web`, { spec: { template: { spec: { dnsPolicy: null } } } }),
      patch(`${deployments}/web/status`, { status: { replicas: 0 } }),
      patch(`${deployments}/web/status`, { status: { replicas: 1, readyReplicas: 0 } }),
      patch(`${deployments}/web/status`, { status: { replicas: 1, readyReplicas: 0 } }),
    ],
  },
  {
    name: 'preconditions of patches',
    pick: ['status', 'spec.replicas', 'spec.selector'],
    steps: [
      post(widgets, widget('w', { size: 'small' })),
      patch(`${widgets}/w/status`, { metadata: { resourceVersion: '1' }, status: { phase: 'a' } }),
      patch(`${widgets}/w/status`, { metadata: { uid: 'another' }, status: { phase: 'a' } }),
      patch(
        `${widgets}/w`,
        [
          { op: 'test', path: '/metadata/resourceVersion', value: '1' },
          { op: 'add', path: '/spec/color', value: 'red' },
        ],
        jsonPatch,
      ),
      patch(`${widgets}/none/status`, { status: {} }),
      put(`${widgets}/w/status`, widget('w', { size: 'small' }, { status: { phase: 'c' } })),
      post('/apis/apps/v1/namespaces/{ns}/replicasets', { ...deployment('web'), kind: 'ReplicaSet' }),
      patch(
        '/apis/apps/v1/namespaces/{ns}/replicasets/web',
        [
          { op: 'test', path: '/spec/replicas', value: 1 },
          { op: 'replace', path: '/spec/replicas', value: 3 },
        ],
        jsonPatch,
      ),
      patch(
        '/apis/apps/v1/namespaces/{ns}/replicasets/web',
        [
          { op: 'test', path: '/spec/replicas', value: 1 },
          { op: 'replace', path: '/spec/replicas', value: 0 },
        ],
        jsonPatch,
      ),
      post(services, service('web', { selector: { app: 'web' }, ports: [{ port: 80 }] })),
      patch(
        `${services}/web`,
        [
          { op: 'test', path: '/spec/selector', value: { app: 'web' } },
          { op: 'add', path: '/spec/selector/hash', value: 'abc' },
        ],
        jsonPatch,
      ),
      patch(
        `${services}/web`,
        [
          { op: 'test', path: '/spec/selector', value: { app: 'web' } },
          { op: 'remove', path: '/spec/selector/hash' },
        ],
        jsonPatch,
      ),
    ],
  },
  {
    name: 'what is written is what is read',
    pick: ['data', 'metadata.annotations', 'metadata.labels', 'spec'],
    steps: [
      post(
        maps,
        map(
          'one',
          { empty: '', text: 'ünï → \u0000\u2028 "x"\n', long: 'x'.repeat(300) },
          { annotations: { 'example.com/a': '' }, labels: {} },
        ),
      ),
      post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bare' } }),
      post(
        widgets,
        widget('w', {
          size: 'small',
          anything: {
            n: 1.5,
            big: 9007199254740991,
            zero: 0,
            no: false,
            text: '',
            list: [],
            map: {},
            deep: { null: null },
          },
        }),
      ),
      patch(`${widgets}/w`, { spec: { anything: { n: 2, list: [null, 1], map: null } } }),
      post(
        deployments,
        deployment(
          'web',
          { replicas: 0, minReadySeconds: 0, paused: false },
          {
            volumes: [{ name: 'tmp', emptyDir: {} }],
            containers: [
              {
                name: 'main',
                image: 'r.example.com:5000/web@sha256:abc',
                args: [],
                env: [{ name: 'A' }],
                resources: { limits: { cpu: '0.5', memory: '1Gi' } },
              },
            ],
          },
        ),
      ),
    ],
  },
  {
    name: 'events are made once',
    pick: ['count', 'reason', 'moved'],
    steps: [
      post(`${core}/events`, event('e')),
      post(`${core}/events`, event('e')),
      patch(`${core}/events/e`, { count: 2 }),
      post(`${core}/events`, { ...event('f'), involvedObject: { kind: 'ConfigMap', name: 'one', namespace: 'other' } }),
    ],
  },
  {
    name: 'leases are held by whoever writes first',
    pick: ['spec'],
    steps: [
      post(
        '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
        lease('l', { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' }),
      ),
      post('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases', lease('l', { holderIdentity: 'b' })),
      put('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases/l', {
        ...lease('l', { holderIdentity: 'b' }),
        metadata: { name: 'l', resourceVersion: '1' },
      }),
      post('/apis/coordination.k8s.io/v1/namespaces/{ns}/leases', lease('m', { leaseDurationSeconds: 0 })),
    ],
  },
  {
    name: 'roles and bindings are checked',
    steps: [
      post(`${roles}/rolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'b' },
        subjects: [],
      }),
      post(`${roles}/rolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'b' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Roll', name: 'x' },
        subjects: [{ kind: 'Robot', name: 'x' }],
      }),
      post(`${roles}/roles`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'r' },
        rules: [{ apiGroups: [''], resources: ['pods'] }],
      }),
      post(`${roles}/roles`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'r' },
        rules: [{ verbs: ['get'] }],
      }),
      post(`${roles}/roles`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'team:reader' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
    ],
  },
  {
    name: 'apply on a subresource, and with a version',
    pick: ['status', 'metadata.managedFields.*.manager', 'metadata.managedFields.*.subresource'],
    steps: [
      post(`${widgets}?fieldManager=ann`, widget('w', { size: 'small' })),
      patch(
        `${widgets}/w/status?fieldManager=bob`,
        { apiVersion: 'agreement.example.com/v1', kind: 'Widget', metadata: { name: 'w' }, status: { phase: 'a' } },
        applyPatch,
      ),
      patch(
        `${widgets}/w/status?fieldManager=cat`,
        { apiVersion: 'agreement.example.com/v1', kind: 'Widget', metadata: { name: 'w' }, status: { phase: 'b' } },
        applyPatch,
      ),
      patch(
        `${widgets}/w?fieldManager=cat`,
        {
          apiVersion: 'agreement.example.com/v1',
          kind: 'Widget',
          metadata: { name: 'w', resourceVersion: '1' },
          spec: { size: 'small' },
        },
        applyPatch,
      ),
      patch(
        `${widgets}/w?fieldManager=cat`,
        {
          apiVersion: 'agreement.example.com/v1',
          kind: 'Widget',
          metadata: { name: 'w', managedFields: [{ manager: 'x' }] },
          spec: { size: 'small' },
        },
        applyPatch,
      ),
      patch(
        `${widgets}/w?fieldManager=cat`,
        { apiVersion: 'agreement.example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 'odd' } },
        applyPatch,
      ),
      patch(
        `${widgets}/w?fieldManager=cat&force=true`,
        { apiVersion: 'agreement.example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { unknown: 1 } },
        applyPatch,
      ),
    ],
  },
  {
    name: 'Pods report their status',
    pick: ['status.conditions.*.type', 'status.conditions.*.status', 'status.phase', 'metadata.generation'],
    steps: [
      post(pods, pod('p')),
      patch(
        `${pods}/p/status`,
        {
          status: {
            phase: 'Running',
            conditions: [
              { type: 'Ready', status: 'False' },
              { type: 'Initialized', status: 'True' },
            ],
          },
        },
        strategicPatch,
      ),
      patch(`${pods}/p/status`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }, strategicPatch),
      patch(`${pods}/p`, { metadata: { labels: { a: 'b' } } }),
    ],
  },
  {
    name: 'endpoints',
    pick: ['endpoints', 'ports', 'addressType', 'metadata.generation'],
    steps: [
      post('/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices', {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 's', labels: { 'kubernetes.io/service-name': 'web' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
        ports: [{ port: 8080 }],
      }),
      patch('/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices/s', { endpoints: [{ addresses: ['10.0.0.2'] }] }),
      patch('/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices/s', { addressType: 'IPv6' }),
    ],
  },
  {
    name: 'queries that cannot be read',
    withoutMessage: true,
    steps: [
      get(`${maps}?labelSelector=app%3D%3D%3D`),
      get(`${maps}?labelSelector=app+like+b`),
      get(`${maps}?fieldSelector=nonsense`),
      get(`${maps}?continue=nonsense`),
      post(`${maps}?dryRun=some`, map('one')),
    ],
  },
  {
    name: 'definitions are checked',
    pick: ['spec.names', 'spec.conversion', 'spec.scope'],
    steps: [
      post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        ...definition('Thing', { schema: { openAPIV3Schema: { type: 'object' } } }),
        metadata: { name: 'wrong.agreement.example.com' },
      }),
      post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition('Thing', {})),
      post(
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All',
        definition('Thing', { schema: { openAPIV3Schema: { type: 'object' } } }),
      ),
    ],
  },
];

function event(name: string): Body {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name },
    involvedObject: { kind: 'ConfigMap', name: 'one', namespace: '{ns}' },
    reason: 'Tested',
    message: 'hello',
    type: 'Normal',
    count: 1,
  };
}
function lease(name: string, spec: Body): Body {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
}
function review(resourceAttributes: Body): Body {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: 'dana', groups: ['deployers'], resourceAttributes },
  };
}
