import { redact } from '../../lib/index.ts';

/** Text that Slack shows as written: escaped, and nothing in it can format, mention or break the line. */
export type Mrkdwn = string;

// Control characters, line and paragraph separators, and what turns the reading direction or is invisible: a name must not hide another.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+/g;

/** Words of others on one line, without secrets, at most `maxLength` UTF-16 units. For plain_text. */
export function plain(words: string, maxLength = 200): string {
  return truncate(redact(words).replace(invisible, ' ').replace(/\s+/g, ' ').trim(), maxLength);
}

/** Words of others as inert mrkdwn: `<!channel>`, `<@U1>`, `*_~` and backticks lose their meaning. */
export function quote(words: string, maxLength = 200): Mrkdwn {
  return escapeText(defuse(plain(words, maxLength)));
}

/** Slack's own three escapes. Our words, no formatting lost. */
export function escapeText(text: string): Mrkdwn {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Look-alikes: Slack has no escape for its formatting marks. An underscore inside a word formats nothing and stays copyable. */
function defuse(text: string): string {
  return text
    .replaceAll('*', '\u2217')
    .replaceAll('~', '\u223c')
    .replaceAll('`', '\u02cb')
    .replace(/(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])/gu, '\uff3f');
}

/** Cuts with an ellipsis; never through a surrogate pair. */
export function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  if (maxLength <= 1) return text.slice(0, 0);
  const cut = text.slice(0, maxLength - 1);
  const last = cut.charCodeAt(cut.length - 1);
  return `${last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut}…`;
}

/** Copyable words. The content must hold no backtick: names, and lines made by print. */
export function code(text: Mrkdwn): Mrkdwn {
  return `\`${text}\``;
}

/** A time that every reader sees in their own zone. `token` as Slack's date formatting: `{ago}`, `{time_secs}` … */
export function date(atMs: number, token: string): Mrkdwn {
  const seconds = Math.max(1, Math.round(atMs / 1000));
  // Beyond this Slack refuses the token, and with it the message.
  if (!(seconds < 1e11)) return 'at an unknown time';
  return `<!date^${seconds}^${token}|${utcTime(atMs)} UTC>`;
}

/** `09:41:07` */
export function utcTime(atMs: number): string {
  const at = new Date(atMs);
  return Number.isNaN(at.getTime()) ? '--:--:--' : at.toISOString().slice(11, 19);
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
