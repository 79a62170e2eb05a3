/**
 * What Slack and phones do to typed words, undone: links and mentions, curly quotes, long dashes, invisible spaces, formatting marks.
 * Safe to repeat on its own answer, apart from entities, which Slack writes exactly once.
 */
export function normalise(typed: string): string {
  let text = decodeEntities(dropSlackTokens(typed));
  // NFKC can make a new mark (a full-width star), and dropping a mark can join letters that compose: until nothing changes.
  for (let round = 0; round < 8; round += 1) {
    const next = normaliseOnce(text);
    if (next === text) break;
    text = next;
  }
  return text;
}

/** Writes a text as Slack would send it: what `normalise` decodes again. */
export function encodeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function normaliseOnce(text: string): string {
  return (
    text
      .normalize('NFKC')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
      .replace(/[\u0000-\u001f\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff]/g, ' ')
      .replace(/[`*]/g, '')
      // _abort checkout_ and ~abort~: marks around words, never those inside a tag.
      .replace(/(^|\s)([_~]{1,2})(?=[^\s_~])([^_~]*[^\s_~])\2(?=\s|$)/g, '$1$3')
      .replace(/[\u201c\u201d\u201e\u201f\u00ab\u00bb]/g, '"')
      .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
      // iOS turns -- into one em dash; an en dash or minus before a single letter was one hyphen (-n).
      .replace(/(^|\s)[\u2010-\u2013\u2212\ufe58\ufe63](?=[A-Za-z](?:\s|$))/g, '$1-')
      .replace(/(^|\s)[-\u2010-\u2015\u2212\ufe58\ufe63]+(?=[A-Za-z]{2})/g, '$1--')
      .replace(/(^|\s)[\u2010-\u2015\u2212\ufe58\ufe63]+(?=\S)/g, '$1--')
      .replace(/\s+/g, ' ')
      .trim()
  );
}

/** `<@U1|dana>` goes, `<http://a|a>` is `a`, `<#C1|deploys>` is `#deploys`, `<!here>` goes. */
function dropSlackTokens(text: string): string {
  return text.replace(/<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>/g, (_, sigil: string, body: string, label?: string) => {
    if (sigil === '@' || sigil === '!') return ' ';
    if (sigil === '#') return `#${label ?? body}`;
    return label !== undefined && label !== '' ? label : body.replace(/^(?:https?:\/\/|mailto:)/, '');
  });
}

function decodeEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
