const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** A number as PromQL writes it: `0.95`, `1e3`, `0x1f`, `1_000`, `+Inf`, and `5m` for 300. NaN where it is none. */
export function readNumber(text: string): number {
  const plain = text.toLowerCase().replaceAll('_', '');
  const sign = plain.startsWith('-') ? -1 : 1;
  const body = plain.replace(/^[+-]/, '');
  if (body === 'inf') return sign * Number.POSITIVE_INFINITY;
  if (/^(?:\d+(?:ms|[smhdwy]))+$/.test(body)) {
    let seconds = 0;
    for (const [, count, unit] of body.matchAll(/(\d+)(ms|[smhdwy])/g)) {
      seconds += Number(count) * (SECONDS[unit ?? ''] ?? 0);
    }
    return sign * seconds;
  }
  return sign * Number(/^0[0-7]+$/.test(body) ? Number.parseInt(body, 8) : body);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** A string literal without its quotes, its escapes undone as Go does; between backticks nothing is escaped. */
export function readGoString(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`')) return inner;
  return inner.replace(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{3})|(.))/gis,
    (...groups: string[]) => {
      const [, hex, short, long, octal, plain = ''] = groups;
      const code = hex ?? short ?? long;
      if (code !== undefined) return codePoint(Number.parseInt(code, 16));
      return octal === undefined ? (ESCAPES[plain] ?? plain) : codePoint(Number.parseInt(octal, 8));
    },
  );
}

function codePoint(code: number): string {
  return code <= 0x10_ffff ? String.fromCodePoint(code) : '\ufffd';
}
