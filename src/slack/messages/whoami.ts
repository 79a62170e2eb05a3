import type { Person } from '../../operations/index.ts';
import { type AnswerView, say } from './answers.ts';
import type { Message } from './blocks.ts';
import { code, quote } from './mrkdwn.ts';

/** How Kubernetes knows this person, and the RoleBinding that an admin pastes. */
export function renderWhoami(view: AnswerView, person: Person, channel: string): Message {
  const namespace = view.namespacesOf?.(channel).find((name) => name !== '*') ?? '<namespace>';
  const groups = person.groups.map((group) => code(quote(group, 80))).join(', ');
  const group = person.groups.find((name) => name !== 'slack:members');
  const subject = group === undefined ? { kind: 'User', name: person.user } : ({ kind: 'Group', name: group } as const);
  const id = subject.name.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
  const lines = [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    `metadata: {name: ${id}-deployer, namespace: ${namespace}}`,
    'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: stepwise-deployer}',
    'subjects:',
    `- {apiGroup: rbac.authorization.k8s.io, kind: ${subject.kind}, name: "${subject.name}"}`,
  ];
  const yaml = lines.map((line) => quote(line, 200).replaceAll('＿', '_')).join('\n');
  return say(
    view,
    `User ${code(person.user)} · Groups ${groups === '' ? 'none' : groups}\nTo ship, an admin applies this RoleBinding (or viewer, oncall, approver instead of deployer):\n\`\`\`\n${yaml}\n\`\`\``,
  );
}
