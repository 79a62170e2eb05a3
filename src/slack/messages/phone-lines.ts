import type { Mrkdwn } from './mrkdwn.ts';

/** What a phone of 375 px shows of a section in one line, in letters of ordinary width; measured in Chromium with Slack's sizes. */
const sectionColumns = 38;
/** The same of a context block. */
export const contextColumns = 43;

/** About how many lines these become on a phone: they wrap there. Rather one too many than one too few. */
export function linesOnPhone(lines: readonly Mrkdwn[], columns = sectionColumns): number {
  let count = 0;
  for (const line of lines) count += Math.max(1, Math.ceil(widthOf(visible(line)) / columns));
  return count;
}

/** What is left to be seen of mrkdwn. */
function visible(line: Mrkdwn): string {
  return line
    .replace(/<!date\^\d+\^([^|]*)\|[^>]*>/g, (_, token: string) => (token === '{ago}' ? 'in 20 seconds' : '12:00:00'))
    .replace(/<[^|>]*\|([^>]*)>/g, '$1')
    .replace(/&(?:amp|lt|gt);/g, '&')
    .replace(/[*_`]/g, '');
}

function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += widthOfLetter(letter);
  return width;
}

function widthOfLetter(letter: string): number {
  const code = letter.codePointAt(0) ?? 0;
  if (code >= 0x2580 && code <= 0x259f) return 1.6;
  // East Asian letters and emoji.
  if (code >= 0x2e80) return 2.2;
  return /[A-ZMWmw@%]/.test(letter) ? 1.5 : 1;
}
