import { code, date, type Mrkdwn, quote } from './mrkdwn.ts';

const mostChanges = 5;

type Facts = Readonly<Record<string, string>>;

/** What to change in Git, and where; then what an override would come to. */
export function gitRefusalWords(facts: Facts): Mrkdwn {
  const tool = facts.tool === 'flux' ? 'Flux' : 'Argo CD';
  const source = `${tool} ${quote(facts.source ?? '', 120)}`;
  const manifest = quote(facts.file ?? 'the manifest', 200);
  const where = isWebAddress(facts.link) ? `<${facts.link}|${manifest}>` : manifest;
  const changes = (facts.changes ?? '').split('\n');
  const lines = changes.slice(0, mostChanges).map((line) => changeLine(line.split('\t')));
  if (changes.length > mostChanges) lines.push(`• and ${changes.length - mostChanges} more`);
  const then = `Change it in ${where}: ${tool} then starts it, and its card appears here.`;
  const safe =
    facts.isAborted === 'true'
      ? 'It is aborted: all requests are on stable and stay there, whatever Git asks for.'
      : '';
  return [`Git owns this: ${source} sets it.`, ...lines, then, safe, overrideWords(facts, tool)]
    .filter((line) => line !== '')
    .join('\n');
}

function isWebAddress(text: string | undefined): text is string {
  return text !== undefined && text.length <= 500 && /^https?:\/\/[^\s<>|"]+$/.test(text);
}

function changeLine([field = '', from = '', to = '']: readonly string[]): Mrkdwn {
  if (from === '' && to === '') return `• ${code(quote(field, 200))}: more than its images is different there`;
  return `• ${code(quote(field, 200))}: ${code(quote(from, 200))} → ${code(quote(to, 200))}`;
}

/** Only for those who may: nobody else can do anything with it. */
function overrideWords(facts: Facts, tool: string): Mrkdwn {
  if (facts.mayOverride !== 'true') return '';
  if (facts.putBackBy !== undefined) {
    const when = date(Date.parse(facts.putBackAt ?? ''), '{time_secs}');
    return `You may override Git, but ${quote(facts.putBackBy, 60)} put the last override back ${when}.`;
  }
  switch (facts.putsBack) {
    case 'yes':
      return `You may override Git, but ${tool} puts its own back at its next interval: suspend it first.`;
    case 'no':
      return `You may override Git: it stays until Git changes.`;
    default:
      return `You may override Git. Whether ${tool} then puts its own back can not be seen from here; if it does, I say so once and leave it.`;
  }
}
