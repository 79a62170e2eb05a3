import { type Verb, verbNamed, verbNames } from '../../src/slack/commands/verbs.ts';

const begin = '<!-- verbs: node test/support/write-verb-list.ts -->';
const end = '<!-- /verbs -->';

/** The README's list of verbs, from the one verb table. */
function renderVerbList(): string {
  const now = verbNames.map(verbNamed).filter(({ when }) => when === 'now');
  const rows = now.map((verb) => `| \`${verb.usage}\` | ${aboutOf(verb)} |`);
  const later = verbNames.filter((name) => verbNamed(name).when !== 'now').map((name) => `\`${name}\``);
  return `${begin}\n| \`/rollout …\` | |\n|---|---|\n${rows.join('\n')}\n\nLater: ${later.join(' ')}.\n${end}`;
}

function aboutOf({ about, aliases, needsReason }: Verb): string {
  const also = aliases.length === 0 ? '' : ` (also: ${aliases.map((word) => `\`${word}\``).join(', ')})`;
  return `${about}${needsReason === true ? '; needs a reason' : ''}${also}`;
}

/** The README with the list as it should be; undefined: it has no place for it. */
export function withVerbList(readme: string): string | undefined {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from === -1 || to < from) return undefined;
  return readme.slice(0, from) + renderVerbList() + readme.slice(to + end.length);
}
