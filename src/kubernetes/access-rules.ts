import { z } from 'zod';
import { ForbiddenError } from '../lib/index.ts';
import type { Cluster, KubernetesObject, ObjectName, Resource } from './cluster.ts';
import { resources } from './resources.ts';

/** Users and groups that bindings let do something with one rollout, by verb; sorted. What bindings do not say (webhooks) is not here. */
export type Subjects<Verb extends string> = Readonly<Record<Verb, readonly string[]>>;

export interface AccessRules {
  /** Undefined: we may not read the bindings. */
  subjectsOf<Verb extends string>(
    verbs: readonly Verb[],
    on: ObjectName,
    signal: AbortSignal,
  ): Promise<Subjects<Verb> | undefined>;
}

const Rule = z.looseObject({
  apiGroups: z.array(z.string()).default([]),
  resources: z.array(z.string()).default([]),
  verbs: z.array(z.string()).default([]),
  resourceNames: z.array(z.string()).default([]),
});
type Rule = z.infer<typeof Rule>;
const Role = z.looseObject({ metadata: z.looseObject({ name: z.string() }), rules: z.array(Rule).nullish() });
const Binding = z.looseObject({
  roleRef: z.looseObject({ kind: z.string(), name: z.string() }),
  subjects: z.array(z.looseObject({ kind: z.string(), name: z.string() })).nullish(),
});

interface Rbac {
  readonly roles: ReadonlyMap<string, readonly Rule[]>;
  readonly bindings: readonly z.infer<typeof Binding>[];
}

/** Bindings change by the week, and a plan is asked for again and again. */
const rememberedMs = 60_000;

/** Reads who may from RBAC's own objects: for telling people whom to ask. Whether somebody may is always Kubernetes' own answer. */
export function createAccessRules(
  cluster: Pick<Cluster, 'list'>,
  nowMs: () => number = () => performance.now(),
): AccessRules {
  const known = new Map<string, { readonly atMs: number; readonly rbac: Promise<Rbac | undefined> }>();

  function rbacOf(namespace: string, signal: AbortSignal): Promise<Rbac | undefined> {
    const remembered = known.get(namespace);
    if (remembered !== undefined && nowMs() - remembered.atMs < rememberedMs) return remembered.rbac;
    const rbac = readRbac(cluster, namespace, signal);
    known.set(namespace, { atMs: nowMs(), rbac });
    rbac.catch(() => known.delete(namespace));
    return rbac;
  }

  return {
    async subjectsOf(verbs, on, signal) {
      const rbac = await rbacOf(on.namespace, signal);
      if (rbac === undefined) return undefined;
      return Object.fromEntries(verbs.map((verb) => [verb, subjectsIn(rbac, verb, on)])) as Subjects<
        (typeof verbs)[number]
      >;
    },
  };
}

async function readRbac(
  cluster: Pick<Cluster, 'list'>,
  namespace: string,
  signal: AbortSignal,
): Promise<Rbac | undefined> {
  const list = (resource: Resource, where: string) => cluster.list(resource, { namespace: where }, signal);
  try {
    const [roles, clusterRoles, bindings, clusterBindings] = await Promise.all([
      list(resources.roles, namespace),
      list(resources.clusterRoles, ''),
      list(resources.roleBindings, namespace),
      list(resources.clusterRoleBindings, ''),
    ]);
    return {
      roles: new Map([...rulesByKey('Role', roles), ...rulesByKey('ClusterRole', clusterRoles)]),
      bindings: [...bindings, ...clusterBindings].map((binding) => Binding.parse(binding)),
    };
  } catch (error) {
    if (error instanceof ForbiddenError) return undefined;
    throw error;
  }
}

function rulesByKey(kind: string, objects: readonly KubernetesObject[]): [string, readonly Rule[]][] {
  return objects.map((object) => {
    const { metadata, rules } = Role.parse(object);
    return [`${kind}/${metadata.name}`, rules ?? []];
  });
}

/** People and their groups: service accounts and Kubernetes' own are nobody to ask. */
function subjectsIn({ roles, bindings }: Rbac, verb: string, on: ObjectName): readonly string[] {
  const found = new Set<string>();
  for (const { roleRef, subjects } of bindings) {
    const rules = roles.get(`${roleRef.kind}/${roleRef.name}`) ?? [];
    if (!rules.some((rule) => allows(rule, verb, on))) continue;
    for (const { kind, name } of subjects ?? []) {
      if ((kind === 'User' || kind === 'Group') && !name.startsWith('system:')) found.add(name);
    }
  }
  return [...found].sort();
}

function allows(rule: Rule, verb: string, on: ObjectName): boolean {
  const { group, plural } = resources.rollouts;
  const isNamed = rule.resourceNames.length === 0 || rule.resourceNames.includes(on.name);
  return isNamed && has(rule.apiGroups, group) && has(rule.resources, plural) && has(rule.verbs, verb);
}

function has(values: readonly string[], wanted: string): boolean {
  return values.includes('*') || values.includes(wanted);
}
