import type { TestSandbox } from './sandbox.ts';

const apiGroup = 'rbac.authorization.k8s.io';

/** Gives a person of Slack these verbs on the Rollouts of shop, beside what they may already. */
export async function allow(sandbox: Pick<TestSandbox, 'request'>, userId: string, verbs: readonly string[]) {
  const metadata = { name: `${userId.toLowerCase()}-may-${verbs.join('-')}`, namespace: 'shop' };
  const put = (kind: string, object: object) =>
    sandbox.request('POST', `/apis/${apiGroup}/v1/namespaces/shop/${kind.toLowerCase()}s`, {
      apiVersion: `${apiGroup}/v1`,
      kind,
      metadata,
      ...object,
    });
  await put('Role', { rules: [{ apiGroups: ['argoproj.io'], resources: ['rollouts'], verbs }] });
  await put('RoleBinding', {
    roleRef: { apiGroup, kind: 'Role', name: metadata.name },
    subjects: [{ apiGroup, kind: 'User', name: `slack:${userId}` }],
  });
}
