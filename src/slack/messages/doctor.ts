import type { CheckupLine } from '../../operations/index.ts';
import { header, type Message, type MessageBlock, section } from './blocks.ts';
import { code, type Mrkdwn, plain, quote } from './mrkdwn.ts';

const marks: Readonly<Record<CheckupLine['state'], string>> = { ok: '✓', warning: '⚠', failed: '✗' };
/** Slack takes 3,000 characters in a section; lines to copy must not be cut in two. */
const mostInSection = 2800;

/** One line for each check, and under what is wrong the lines that mend it. */
export function renderDoctor(checks: readonly CheckupLine[]): Message {
  const counts = countsOf(checks);
  const blocks: MessageBlock[] = [header('head', counts)];
  let lines: Mrkdwn[] = [];
  const flush = () => {
    if (lines.length > 0) blocks.push(section(`checks-${blocks.length}`, lines.join('\n')));
    lines = [];
  };
  for (const line of checks.flatMap(linesOf)) {
    if (lines.join('\n').length + line.length > mostInSection) flush();
    lines.push(line);
  }
  flush();
  return { text: counts, blocks };
}

function countsOf(checks: readonly CheckupLine[]): string {
  const count = (state: CheckupLine['state']) => checks.filter((check) => check.state === state).length;
  const [failed, warned] = [count('failed'), count('warning')];
  if (failed + warned === 0) return `✓ All ${checks.length} checks are fine`;
  const words = [
    ...(failed > 0 ? [`✗ ${failed} to mend`] : []),
    ...(warned > 0 ? [`⚠ ${warned} to know`] : []),
    `✓ ${count('ok')} fine`,
  ];
  return words.join(' · ');
}

function linesOf({ state, title, found, fixes }: CheckupLine): readonly Mrkdwn[] {
  const word = { ok: '', warning: '', failed: ' *(to mend)*' }[state];
  return [`${marks[state]} *${title}*${word}: ${quote(found, 600)}`, ...fixes.map((fix) => `→ ${code(copyable(fix))}`)];
}

function copyable(line: string): Mrkdwn {
  return plain(line, 600).replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
