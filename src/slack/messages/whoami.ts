import type { Person } from '../../operations/index.ts';
import { type AnswerView, say } from './answers.ts';
import type { Message } from './blocks.ts';
import { code, type Mrkdwn, quote } from './mrkdwn.ts';

const maxNamespaces = 5;

/**
 * How Kubernetes knows this person; and where they may ship, or the RoleBinding that an admin pastes. `bound`: the channel's own
 * namespaces.
 */
export function renderWhoami(
  view: AnswerView,
  person: Person,
  { bound, may }: { readonly bound: readonly string[]; readonly may: readonly string[] },
): Message {
  const groups = person.groups.map((group) => code(quote(group, 80))).join(', ');
  const who = `User ${code(person.user)} · Groups ${groups === '' ? 'none' : groups}`;
  const missing = bound.find((namespace) => !may.includes(namespace));
  const lines = [who];
  if (may.length > 0) lines.push(mayWords(view, may));
  if (missing !== undefined || may.length === 0) lines.push(roleBinding(person, missing ?? '<namespace>'));
  return say(view, lines.join('\n'));
}

function mayWords(view: AnswerView, may: readonly string[]): Mrkdwn {
  const names = may.slice(0, maxNamespaces).map((namespace) => code(quote(namespace, 63)));
  const more = may.length > maxNamespaces ? ` and ${may.length - maxNamespaces} more` : '';
  return `You may ship in ${names.join(', ')}${more}: ${code(`${view.command} where`)} lists what.`;
}

function roleBinding(person: Person, namespace: string): Mrkdwn {
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
  const where = namespace === '<namespace>' ? '' : ` in ${code(quote(namespace, 63))}`;
  return `To ship${where}, an admin applies this RoleBinding (or viewer, oncall, approver instead of deployer):\n\`\`\`\n${yaml}\n\`\`\``;
}
