import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { neededRights } from '../../src/kubernetes/index.ts';

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

/** `ClusterRole apps/replicasets patch`: one line for each verb of each resource. */
function inManifest(): string[] {
  const text = readFileSync(new URL('../../manifests/install/app/rbac.yaml', import.meta.url), 'utf8');
  return parseAllDocuments(text).flatMap((document) => {
    const role = Role.safeParse(document.toJS());
    if (!role.success) return [];
    return role.data.rules.flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames.flatMap((name) =>
            verbs.map(
              (verb) => `${role.data.kind} ${role.data.metadata.namespace} ${group}/${resource} ${name} ${verb}`,
            ),
          ),
        ),
      ),
    );
  });
}

/** As the manifest is shipped. */
const roleOf = { watched: 'ClusterRole ', cluster: 'ClusterRole ', lease: 'Role argo-rollouts', own: 'Role stepwise' };

it('the rights that doctor asks for are those that the manifest gives', () => {
  const asked = neededRights.flatMap(({ group, resource, verbs, names = [''], scope }) =>
    names.flatMap((name) => verbs.map((verb) => `${roleOf[scope]} ${group}/${resource} ${name} ${verb}`)),
  );
  expect(asked.length).toBeGreaterThan(50);
  expect(asked.sort()).toEqual(inManifest().sort());
});
