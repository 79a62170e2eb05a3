const decimalSuffixes: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;
const nano = 1_000_000_000n;

/**
 * A resource quantity in the one form that the server writes: `0.5` → `500m`, `1024Mi` → `1Gi`, `2000` → `2k`. A template that was sent with
 * another form comes back changed. Text that is no quantity stays.
 */
export function canonicalQuantity(text: string): string {
  const nanos = nanosOf(text);
  return nanos === undefined ? text : quantityOf(nanos, text.endsWith('i'));
}

/** How much a quantity is, in nanos of its unit; undefined for text that is none. */
export function nanosOf(text: string): bigint | undefined {
  const match = pattern.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = match ?? [];
  if (match === null || whole + fraction === '') return undefined;
  const isBinary = suffix.endsWith('i');
  const scale = isBinary ? 1024n ** BigInt(binarySuffixes.indexOf(suffix)) : 1n;
  const power = (exponent === undefined ? 0 : Number(exponent.slice(1))) + decimalPower(isBinary ? '' : suffix);
  const nanos = scaled(BigInt(whole + fraction) * scale * nano, power - fraction.length);
  return nanos === undefined || sign !== '-' ? nanos : -nanos;
}

/** The other way round, in the binary form where it is asked for and fits. */
export function quantityOf(nanos: bigint, isBinary: boolean): string {
  const size = nanos < 0n ? -nanos : nanos;
  const text = isBinary && size % nano === 0n ? binaryText(size / nano) : decimalText(size);
  return nanos < 0n ? `-${text}` : text;
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
