const decimalSuffixes: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;
const nano = 1_000_000_000n;

/**
 * A resource quantity in the one form that the server writes: `0.5` → `500m`, `1024Mi` → `1Gi`, `2000` → `2k`. A template that was sent with
 * another form comes back changed. Text that is no quantity stays.
 */
export function canonicalQuantity(text: string): string {
  const read = readQuantity(text);
  return read === undefined ? text : quantityText(read);
}

interface Quantity {
  readonly nanos: bigint;
  readonly isBinary: boolean;
}

/** Keeps the first one's way of writing, unless that is zero. Text that is no quantity counts nothing. */
export function addQuantities(a: string, b: string): string {
  const [one, other] = [readQuantity(a) ?? zero, readQuantity(b) ?? zero];
  const isBinary = one.nanos === 0n ? other.isBinary : one.isBinary;
  return quantityText({ nanos: one.nanos + other.nanos, isBinary });
}

/** Below zero when `a` is less than `b`. */
export function compareQuantities(a: string, b: string): number {
  const difference = (readQuantity(a) ?? zero).nanos - (readQuantity(b) ?? zero).nanos;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

const zero: Quantity = { nanos: 0n, isBinary: false };

function quantityText({ nanos, isBinary }: Quantity): string {
  const amount = nanos < 0n ? -nanos : nanos;
  return (nanos < 0n ? '-' : '') + (isBinary && amount % nano === 0n ? binaryText(amount / nano) : decimalText(amount));
}

function readQuantity(text: string): Quantity | undefined {
  const match = pattern.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = match ?? [];
  if (match === null || whole + fraction === '') return undefined;
  const isBinary = suffix.endsWith('i');
  const scale = isBinary ? 1024n ** BigInt(binarySuffixes.indexOf(suffix)) : 1n;
  const power = (exponent === undefined ? 0 : Number(exponent.slice(1))) + decimalPower(isBinary ? '' : suffix);
  const nanos = scaled(BigInt(whole + fraction) * scale * nano, power - fraction.length);
  return nanos === undefined ? undefined : { nanos: sign === '-' ? -nanos : nanos, isBinary };
}

function decimalPower(suffix: string): number {
  return 3 * (decimalSuffixes.indexOf(suffix) - 3);
}

/** Rounded up to a nano, as the server does; undefined when nobody means a number that large. */
function scaled(value: bigint, power: number): bigint | undefined {
  if (Math.abs(power) > 40) return undefined;
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (value + divisor - 1n) / divisor;
}

function binaryText(value: bigint): string {
  let left = value;
  let index = 0;
  while (left !== 0n && left % 1024n === 0n && index < binarySuffixes.length - 1) {
    left /= 1024n;
    index += 1;
  }
  return `${left}${binarySuffixes[index]}`;
}

function decimalText(nanos: bigint): string {
  if (nanos === 0n) return '0';
  let left = nanos;
  let index = 0;
  while (left % 1000n === 0n && index < decimalSuffixes.length - 1) {
    left /= 1000n;
    index += 1;
  }
  return `${left}${decimalSuffixes[index]}`;
}
