/**
 * Reads from Kubernetes' Go types how the built-in kinds look in protobuf: the numbers of their fields, and which zero values mean
 * absent (a field that is no pointer and has `omitempty`).
 *   node test/support/generate-protobuf-messages.ts <folder of k8s.io/api> <folder of k8s.io/apimachinery>
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const target = new URL('../../src/sandbox/kubernetes-api/schemas/protobuf.generated.json', import.meta.url);
const meta = 'meta/v1';
const packages = [
  ...['core/v1', 'apps/v1', 'authentication/v1', 'authorization/v1', 'autoscaling/v1', 'autoscaling/v2', 'batch/v1'],
  ...['coordination/v1', 'discovery/v1', 'events/v1', 'networking/v1', 'policy/v1', 'rbac/v1'],
];
/** What clients send: the kinds that the sandbox serves, and what goes with a request. */
const kinds =
  /^(Namespace|Node|Pod|PodTemplate|Service|Endpoints|EndpointSlice|ConfigMap|Secret|ServiceAccount|PersistentVolume|PersistentVolumeClaim|ReplicationController|LimitRange|ResourceQuota|ControllerRevision|Event|ReplicaSet|Deployment|StatefulSet|DaemonSet|Ingress|IngressClass|NetworkPolicy|Lease|Job|CronJob|PodDisruptionBudget|Eviction|Role|ClusterRole|RoleBinding|ClusterRoleBinding|HorizontalPodAutoscaler|Scale|SubjectAccessReview|SelfSubjectAccessReview|LocalSubjectAccessReview|SelfSubjectRulesReview|SelfSubjectReview|TokenReview|TokenRequest|DeleteOptions|Binding)$/;

/** By what the Go type is called; everything else is a message, or a name for one of these. */
const scalars: Readonly<Record<string, string>> = {
  string: 'text',
  bool: 'bool',
  int: 'number',
  int32: 'number',
  int64: 'number',
  float64: 'double',
  '[]byte': 'bytes',
  'metav1.Time': 'time',
  'metav1.MicroTime': 'time',
  'intstr.IntOrString': 'int-or-string',
  'resource.Quantity': 'quantity',
  'metav1.FieldsV1': 'json',
  'runtime.RawExtension': 'json',
  'types.UID': 'text',
  'types.NodeName': 'text',
};

interface Field {
  readonly number: number;
  /** '' for a struct whose fields stand among those around it. */
  readonly name: string;
  readonly goType: string;
  readonly isOmittedWhenZero: boolean;
}

interface Source {
  readonly structs: ReadonlyMap<string, readonly Field[]>;
  /** `type ResourceName string` */
  readonly aliases: ReadonlyMap<string, string>;
}

const line = /^\t(?:(\w+) +)?([[\]*\w.]+) +`json:"([^",]*)(,[^"]*)?"(?: \w+:"[^"]*")* protobuf:"\w+,(\d+)/;

function readSource(path: string): Source {
  const structs = new Map<string, Field[]>();
  const aliases = new Map<string, string>();
  let fields: Field[] | undefined;
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    const struct = /^type (\w+) struct \{/.exec(text);
    const alias = /^type (\w+) ([[\]*\w.]+)$/.exec(text);
    if (struct !== null) {
      fields = [];
      structs.set(struct[1] ?? '', fields);
    } else if (alias !== null) aliases.set(alias[1] ?? '', alias[2] ?? '');
    const field = line.exec(text);
    if (field === null || fields === undefined) continue;
    const [, , goType = '', name = '', options = '', number] = field;
    fields.push({ number: Number(number), name, goType, isOmittedWhenZero: options.includes('omitempty') });
  }
  return { structs, aliases };
}

function main(api: string, machinery: string): void {
  const sources = new Map(packages.map((one) => [one, readSource(join(api, one, 'types.go'))]));
  sources.set(meta, readSource(join(machinery, 'pkg/apis/meta/v1/types.go')));
  const messages: Record<string, Record<string, readonly [string, string]>> = {};

  function typeOf(goType: string, from: string): string {
    const bare = goType.replace(/^\*/, '');
    const known = scalars[from === meta && scalars[bare] === undefined ? `metav1.${bare}` : bare];
    if (known !== undefined) return known;
    if (bare.startsWith('[]')) return `[]${typeOf(bare.slice(2), from)}`;
    const map = /^map\[[^\]]+\](.+)$/.exec(bare);
    if (map !== null) return `{}${typeOf(map[1] ?? '', from)}`;
    const [, prefix, local = bare] = /^(\w+)\.(\w+)$/.exec(bare) ?? [];
    const home = homeOf(prefix, local, from);
    const alias = sources.get(home)?.aliases.get(local);
    if (alias !== undefined) return typeOf(alias, home);
    add(home, local);
    return `${home}.${local}`;
  }

  function homeOf(prefix: string | undefined, local: string, from: string): string {
    if (prefix === 'metav1') return meta;
    if (prefix === 'v1' || prefix === 'corev1') return 'core/v1';
    if (prefix === undefined && knows(from, local)) return from;
    throw new Error(`${from}: what is ${prefix}.${local}?`);
  }

  function knows(home: string, local: string): boolean {
    const source = sources.get(home);
    return source?.structs.has(local) === true || source?.aliases.has(local) === true;
  }

  function add(home: string, name: string): void {
    const key = `${home}.${name}`;
    if (messages[key] !== undefined) return;
    const message: Record<string, readonly [string, string]> = {};
    messages[key] = message;
    for (const { number, name: field, goType, isOmittedWhenZero } of sources.get(home)?.structs.get(name) ?? []) {
      const type = typeOf(goType, home);
      const isDropped = isOmittedWhenZero && !goType.startsWith('*');
      message[number] = [field, isDropped ? `${type}?` : type];
    }
  }

  for (const [home, { structs }] of sources) {
    if (home === meta) add(meta, 'DeleteOptions');
    else for (const name of structs.keys()) if (kinds.test(name)) add(home, name);
  }
  const rows = Object.entries(messages)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, message]) => `${JSON.stringify(name)}: ${JSON.stringify(message)}`);
  writeFileSync(target, `{\n${rows.join(',\n')}\n}\n`);
}

main(process.argv[2] ?? '', process.argv[3] ?? '');
