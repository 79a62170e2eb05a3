/**
 * Writes manifests/install/crds-argo from the types that the npm package @kubernetes-models/argo-rollouts carries. Run it after the package
 * was upgraded: `node test/support/generate-argo-crds.ts`. Pod templates, job specs and plugin configuration stay open
 * (x-kubernetes-preserve-unknown-fields), so that no field of a newer Kubernetes is pruned.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';

const types = new URL('../../node_modules/@kubernetes-models/argo-rollouts/argoproj.io/v1alpha1/', import.meta.url);
const target = new URL('../../manifests/install/crds-argo/', import.meta.url);
const family = 'IComGithubArgoprojArgoRolloutsPkgApisRolloutsV1alpha1';

type Schema = { [key: string]: unknown };

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const textMap: Schema = { type: 'object', additionalProperties: text };
/** Types of other packages. */
const foreign: { [name: string]: Schema } = {
  IIoK8sApimachineryPkgApisMetaV1Time: { type: 'string', format: 'date-time' },
  IIoK8sApimachineryPkgUtilIntstrIntOrString: {
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
  },
  IIoK8sApimachineryPkgApisMetaV1ObjectMeta: open,
  IIoK8sApiCoreV1PodTemplateSpec: open,
  IIoK8sApiBatchV1JobSpec: open,
  IIoK8sApimachineryPkgApisMetaV1LabelSelector: {
    type: 'object',
    properties: {
      matchExpressions: {
        type: 'array',
        items: {
          type: 'object',
          required: ['key', 'operator'],
          properties: { key: text, operator: text, values: texts },
        },
      },
      matchLabels: textMap,
    },
    'x-kubernetes-map-type': 'atomic',
  },
};

/** What the types do not say: defaults and the one immutable field of the CRDs that Argo installs. */
const extras: { [path: string]: Schema } = {
  'DatadogMetric.apiVersion': { default: 'v1' },
  'DatadogMetric.interval': { default: '5m' },
  // Any JSON, not only an object.
  'WebMetric.jsonBody': { type: undefined },
  'PluginStep.config': { type: undefined },
};

function schemaOf(type: string): Schema {
  const list = /^Array<(.+)>$/s.exec(type);
  if (list?.[1] !== undefined) return { type: 'array', items: schemaOf(list[1]) };
  const map = /^\{\s*\[key: string\]: ([^;]+);\s*\}$/s.exec(type);
  if (map?.[1] !== undefined) return { type: 'object', additionalProperties: schemaOf(map[1]) };
  if (type === 'string') return text;
  // Argo's API has whole numbers only.
  if (type === 'number') return { type: 'integer', format: 'int64' };
  if (type === 'boolean') return { type: 'boolean' };
  if (type === '{}') return open;
  if (/^"[^"]*"( \| "[^"]*")*$/.test(type)) {
    return { type: 'string', enum: type.split(' | ').map((word) => word.slice(1, -1)) };
  }
  const known = foreign[type];
  if (known !== undefined) return known;
  if (type.startsWith(family)) return read(type.slice(family.length));
  throw new Error(`no schema for the type ${type}`);
}

/** The schema of one interface, from its declaration file. */
function read(name: string): Schema {
  const file = new URL(`${name}.d.ts`, types);
  const source = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const alias = new RegExp(`export type I${name} = (.+);`).exec(source);
  if (alias?.[1] !== undefined) return schemaOf(alias[1]);
  const body = new RegExp(`export interface I${name}(?: extends (?<base>\\w+))? \\{\\n(?<fields>.*?)\\n\\}`, 's').exec(
    source,
  );
  if (body?.groups === undefined) throw new Error(`no interface I${name} in ${file.pathname}`);
  const { base, fields = '' } = body.groups;
  const inherited = base?.startsWith(family) ? read(base.slice(family.length)) : {};
  const properties: { [field: string]: Schema } = { ...(inherited.properties as { [field: string]: Schema }) };
  const required: string[] = [...((inherited.required as string[]) ?? [])];
  const field = /(?:\/\*\*(?<comment>.*?)\*\/\s*)?"(?<name>\w+)"(?<optional>\?)?: (?<type>.+?);(?=\n {4}["/]|$)/gs;
  for (const match of fields.matchAll(field)) {
    const { comment, name: key = '', optional, type = '' } = match.groups ?? {};
    const words = (comment ?? '').replaceAll(/\s*\n\s*\*\s?/g, ' ').trim();
    const description = words.split(/(?<=\.)\s/)[0];
    properties[key] = { ...(description ? { description } : {}), ...schemaOf(type), ...extras[`${name}.${key}`] };
    if (optional === undefined) required.push(key);
  }
  return { type: 'object', ...(required.length > 0 ? { required } : {}), properties };
}

interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly short: string;
  readonly isCluster?: boolean;
  readonly subresources?: Schema;
  readonly columns: readonly Schema[];
}

const age = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created',
};
const phase = (kind: string) => ({
  name: 'Status',
  type: 'string',
  jsonPath: '.status.phase',
  description: `${kind} status`,
});
const count = (name: string, jsonPath: string, description: string) => ({
  name,
  type: 'integer',
  jsonPath,
  description,
});

const kinds: readonly Kind[] = [
  {
    kind: 'Rollout',
    plural: 'rollouts',
    short: 'ro',
    subresources: {
      // An HPA scales by status.HPAReplicas, not by status.replicas.
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.HPAReplicas',
        labelSelectorPath: '.status.selector',
      },
      status: {},
    },
    columns: [
      count('Desired', '.spec.replicas', 'Number of desired pods'),
      count('Current', '.status.replicas', 'Total number of non-terminated pods targeted by this rollout'),
      count('Up-to-date', '.status.updatedReplicas', 'Pods of this rollout that have the desired template'),
      count('Available', '.status.availableReplicas', 'Pods of this rollout that are available'),
      age,
    ],
  },
  { kind: 'AnalysisTemplate', plural: 'analysistemplates', short: 'at', columns: [age] },
  {
    kind: 'ClusterAnalysisTemplate',
    plural: 'clusteranalysistemplates',
    short: 'cat',
    isCluster: true,
    columns: [age],
  },
  // No status subresource: status is written by a patch of the object itself, as Argo does.
  { kind: 'AnalysisRun', plural: 'analysisruns', short: 'ar', columns: [phase('AnalysisRun'), age] },
  { kind: 'Experiment', plural: 'experiments', short: 'exp', columns: [phase('Experiment'), age] },
];

function definitionOf({ kind, plural, short, isCluster, subresources, columns }: Kind): Schema {
  const schema = read(kind);
  const { apiVersion: _a, kind: _k, metadata: _m, ...properties } = schema.properties as { [field: string]: Schema };
  if (kind === 'Rollout') makeSelectorImmutable(properties.spec);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.argoproj.io` },
    spec: {
      group: 'argoproj.io',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames: [short] },
      scope: isCluster ? 'Cluster' : 'Namespaced',
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: ['spec'],
              properties: {
                apiVersion: text,
                kind: text,
                metadata: { type: 'object' },
                ...properties,
              },
            },
          },
          ...(subresources === undefined ? {} : { subresources }),
        },
      ],
    },
  };
}

function makeSelectorImmutable(spec: Schema | undefined): void {
  const fields = spec?.properties as { [field: string]: Schema } | undefined;
  if (fields === undefined) throw new Error('Rollout has no spec');
  fields.selector = {
    ...fields.selector,
    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'field is immutable' }],
  };
}

mkdirSync(target, { recursive: true });
for (const kind of kinds) {
  const head = `# Generated by test/support/generate-argo-crds.ts. Install only where Argo's own CRDs are missing.\n`;
  const body = stringify(definitionOf(kind), { aliasDuplicateObjects: false, lineWidth: 140 });
  writeFileSync(new URL(`${kind.plural}.yaml`, target), head + body);
}
const list = kinds.map((kind) => `  - ${kind.plural}.yaml\n`).join('');
writeFileSync(
  new URL('kustomization.yaml', target),
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${list}`,
);
