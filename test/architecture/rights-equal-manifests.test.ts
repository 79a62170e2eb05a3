import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { drivenRights, neededRights } from '../../src/kubernetes/index.ts';

const Role = z.looseObject({
  kind: z.enum(['ClusterRole', 'Role']),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
  rules: z.array(
    z.looseObject({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
      resourceNames: z.array(z.string()).default(['']),
    }),
  ),
});

/** `ClusterRole stepwise-engine  apps/replicasets  patch`: one line for each verb of each resource. */
function rightsIn(file: string): string[] {
  const text = readFileSync(new URL(`../../manifests/install/${file}`, import.meta.url), 'utf8');
  return parseAllDocuments(text).flatMap((document) => {
    const role = Role.safeParse(document.toJS());
    if (!role.success) return [];
    const { kind, metadata, rules } = role.data;
    return rules.flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames.flatMap((name) =>
            verbs.map((verb) => `${kind} ${metadata.name} ${metadata.namespace} ${group}/${resource} ${name} ${verb}`),
          ),
        ),
      ),
    );
  });
}

/** As the manifest is shipped. */
const roleOf = {
  watched: 'ClusterRole stepwise-engine ',
  cluster: 'ClusterRole stepwise-cluster ',
  lease: 'Role stepwise-lease argo-rollouts',
  own: 'Role stepwise-heard-images stepwise',
};

const driveLease = 'Role stepwise-drive-lease stepwise';

it('the rights that doctor asks for are those that the manifest gives', () => {
  const asked = neededRights.flatMap(({ group, resource, verbs, names = [''], scope }) => {
    const role = scope === 'own' && resource === 'leases' ? driveLease : roleOf[scope];
    return names.flatMap((name) => verbs.map((verb) => `${role} ${group}/${resource} ${name} ${verb}`));
  });
  expect(asked.length).toBeGreaterThan(50);
  expect(asked.sort()).toEqual(rightsIn('app/rbac.yaml').sort());
});

/** Beside an Argo controller; `stepwise-cluster` and what is remembered of builds stay as they are. */
const driveRoleOf: Readonly<Record<string, string>> = {
  watched: 'ClusterRole stepwise-drive ',
  cluster: 'ClusterRole stepwise-cluster ',
  lease: 'Role stepwise-argo argo-rollouts',
};

it('the rights that doctor asks for in drive mode are those that its overlay gives', () => {
  const asked = drivenRights.flatMap(({ group, resource, verbs, names = [''], scope }) => {
    const own = resource === 'leases' ? driveLease : roleOf.own;
    const role = scope === 'own' ? own : driveRoleOf[scope];
    return names.flatMap((name) => verbs.map((verb) => `${role} ${group}/${resource} ${name} ${verb}`));
  });
  const kept = rightsIn('app/rbac.yaml').filter((line) =>
    [roleOf.cluster, roleOf.own, driveLease].some((role) => line.startsWith(role)),
  );
  expect(asked.sort()).toEqual([...rightsIn('overlays/drive/rbac.yaml'), ...kept].sort());
});

it('in drive mode nothing of other people is written but what they ask for, and what guards Deployments', () => {
  const writes = drivenRights
    .filter(({ verbs }) => verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)))
    .map(({ group, resource }) => `${group}/${resource}`);
  expect([...new Set(writes)].sort()).toEqual([
    '/configmaps',
    // What a workloadRef names, where a person starts or undoes.
    '/podtemplates',
    // The same; and those that are guarded.
    'apps/deployments',
    'apps/deployments/finalizers',
    // Runs that judge guarded Deployments.
    'argoproj.io/analysisruns',
    // Ended, or begun again, where a person says so.
    'argoproj.io/experiments',
    'argoproj.io/rollouts',
    'argoproj.io/rollouts/status',
    'authorization.k8s.io/subjectaccessreviews',
    'coordination.k8s.io/leases',
    'events.k8s.io/events',
    'stepwise.dev/deliveryrecords',
  ]);
  const ofLeases = drivenRights.filter(({ resource, scope }) => resource === 'leases' && scope !== 'own');
  expect(ofLeases.map(({ verbs }) => verbs)).toEqual([['get', 'list', 'watch']]);
});

it.each([
  ['watched-namespace', 'app', roleOf.watched],
  ['watched-namespace-drive', 'overlays/drive', driveRoleOf.watched],
])('a namespace of %s has the same rights as all namespaces have', (folder, all, role = '') => {
  const inOne = rightsIn(`${folder}/role.yaml`).map((line) => line.replace(/^Role /, 'ClusterRole '));
  expect(inOne.length).toBeGreaterThan(40);
  expect(inOne).toEqual(rightsIn(`${all}/rbac.yaml`).filter((line) => line.startsWith(role)));
});

it.each(['namespaces', 'drive-namespaces'])(
  'overlays/%s takes away every ClusterRole that a Role replaces',
  (overlay) => {
    const text = readFileSync(
      new URL(`../../manifests/install/overlays/${overlay}/kustomization.yaml`, import.meta.url),
      'utf8',
    );
    const role = overlay === 'namespaces' ? 'stepwise-engine' : 'stepwise-drive';
    for (const kind of ['ClusterRole', 'ClusterRoleBinding'])
      expect(text).toContain(`kind: ${kind}, metadata: { name: ${role} }, $patch: delete`);
  },
);

it('each rule of a role says in a comment what it is for', () => {
  const roles = ['watched-namespace/role.yaml', 'watched-namespace-drive/role.yaml'];
  for (const file of ['app/rbac.yaml', ...roles, 'overlays/drive/rbac.yaml']) {
    const lines = readFileSync(new URL(`../../manifests/install/${file}`, import.meta.url), 'utf8').split('\n');
    const rules = lines.flatMap((line, index) => (line.startsWith('  - apiGroups:') ? [index] : []));
    expect(rules.length).toBeGreaterThan(10);
    const silent = rules.filter(
      (index) => !/^ +# \w/.test(lines[index - 1] ?? '') && !/^rules:/.test(lines[index - 1] ?? ''),
    );
    expect(silent.map((index) => `${file}:${index + 1}`)).toEqual([]);
  }
});
