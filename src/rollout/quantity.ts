// Kubernetes resource quantities in the form that Go writes them: `0.5` is `500m`, `1024Mi` is `1Gi`.

const SUFFIXES = new Map<string, { readonly base: 2 | 10; readonly exponent: number }>([
  ['n', { base: 10, exponent: -9 }],
  ['u', { base: 10, exponent: -6 }],
  ['m', { base: 10, exponent: -3 }],
  ['', { base: 10, exponent: 0 }],
  ['k', { base: 10, exponent: 3 }],
  ['M', { base: 10, exponent: 6 }],
  ['G', { base: 10, exponent: 9 }],
  ['T', { base: 10, exponent: 12 }],
  ['P', { base: 10, exponent: 15 }],
  ['E', { base: 10, exponent: 18 }],
  ['Ki', { base: 2, exponent: 10 }],
  ['Mi', { base: 2, exponent: 20 }],
  ['Gi', { base: 2, exponent: 30 }],
  ['Ti', { base: 2, exponent: 40 }],
  ['Pi', { base: 2, exponent: 50 }],
  ['Ei', { base: 2, exponent: 60 }],
]);
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d+)|([a-zA-Z]*))$/;
const NANO = 1_000_000_000n;

/** The canonical text of a quantity; what is no quantity comes back as it was. */
export function canonicalQuantity(quantity: string | number): string {
  const text = String(quantity).trim();
  const match = QUANTITY.exec(text);
  if (match === null || text === '0') return text;
  const [, sign = '', whole = '', fraction = '', exponentMark, exponentText = '0', suffix = ''] = match;
  const unit =
    exponentMark === undefined ? SUFFIXES.get(suffix) : { base: 10 as const, exponent: Number(exponentText) };
  if (unit === undefined || whole + fraction === '') return text;
  // Leading and trailing zeros are not digits to Go, except when nothing else is left.
  const num = whole.replace(/^0+/, '') || '0';
  const denom = fraction.replace(/0+$/, '');
  if (isWrittenCanonically(unit, num, denom)) return text;

  const nanos = toNanos(unit, `${num}${denom}`, denom.length);
  if (nanos === 0n) return '0';
  const minus = sign === '-' ? '-' : '';
  if (unit.base === 2 && nanos % NANO === 0n && nanos / NANO >= 1024n) return minus + writeBinary(nanos / NANO);
  return minus + writeDecimal(nanos, exponentMark === undefined);
}

/** Go keeps the text of what it takes for canonical already, such as `1e3` or `1001Ki`. */
function isWrittenCanonically(unit: { base: 2 | 10; exponent: number }, num: string, denom: string): boolean {
  if (unit.base === 2) return denom === '' && num.length <= 15 && BigInt(num) % 8n !== 0n;
  const shifted = num + denom;
  const scale = unit.exponent - denom.length;
  return scale % 3 === 0 && scale >= -9 && shifted.length <= 18 && !shifted.endsWith('000') && !shifted.startsWith('0');
}

/** Rounded up to a billionth: whoever asks for some gets some. */
function toNanos(unit: { base: 2 | 10; exponent: number }, digits: string, fractionDigits: number): bigint {
  const multiplier = unit.base === 2 ? 1n << BigInt(unit.exponent) : 10n ** BigInt(Math.max(0, unit.exponent));
  const divisor = 10n ** BigInt(fractionDigits + (unit.base === 10 ? Math.max(0, -unit.exponent) : 0));
  const product = BigInt(digits) * multiplier * NANO;
  return product / divisor + (product % divisor === 0n ? 0n : 1n);
}

function writeBinary(value: bigint): string {
  let rest = value;
  let power = 0;
  while (rest % 1024n === 0n && power < 6) {
    rest /= 1024n;
    power += 1;
  }
  return `${rest}${['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'][power]}`;
}

function writeDecimal(nanos: bigint, hasSuffix: boolean): string {
  let rest = nanos;
  let exponent = -9;
  while (rest % 1000n === 0n && exponent < 18) {
    rest /= 1000n;
    exponent += 3;
  }
  if (exponent === 0) return `${rest}`;
  if (!hasSuffix) return `${rest}e${exponent}`;
  return `${rest}${['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'][(exponent + 9) / 3]}`;
}
