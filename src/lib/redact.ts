/**
 * What no message, log or record of ours may carry, whatever brought it (an image name, a pod's message, a query error). Each
 * pattern keeps the kind of the secret in the words, so that a person can find where it leaked.
 */
const patterns: readonly { readonly kind: string; readonly find: RegExp }[] = [
  // To its end, or to the end of the text where it was cut: never a bounded search, which would start anew at each BEGIN.
  { kind: 'private key', find: /-----BEGIN [A-Z0-9 ]{0,40}-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g },
  { kind: 'Slack webhook', find: /https?:\/\/hooks\.slack(?:-gov)?\.com\/[^\s|>"')]+/gi },
  { kind: 'Slack token', find: /\bxox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{6,}/g },
  { kind: 'Slack token', find: /\bxapp-[A-Za-z0-9-]{6,}/g },
  { kind: 'JWT', find: /\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?/g },
  { kind: 'AWS key', find: /\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{12,}\b/g },
  { kind: 'Google key', find: /\bAIza[A-Za-z0-9_-]{30,}/g },
  { kind: 'GitHub token', find: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g },
  { kind: 'token', find: /\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi },
  { kind: 'password', find: /(?<=:\/\/[^\s:/@]{1,100}:)[^\s@/]{1,200}(?=@)/g },
];

/** `password=…`, `"api_key": "…"`, `client-secret: …`: the name stays, the value goes. */
const assignment =
  /((?:[a-z0-9_.-]{0,40}(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)[a-z0-9_-]{0,20})["']?\s{0,3}[=:]\s{0,3})("[^"]{1,4000}"|'[^']{1,4000}'|[^\s,;&"'<>]{1,4000})/gi;

/** Takes secrets out of a text. Safe to repeat. */
export function redact(text: string): string {
  let clean = text;
  for (const { kind, find } of patterns) clean = clean.replace(find, `[${kind} removed]`);
  return clean.replace(assignment, (whole, name: string, value: string) =>
    value.startsWith('[') ? whole : `${name}[removed]`,
  );
}
