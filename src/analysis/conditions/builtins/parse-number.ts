/** Go's ParseInt in base 10; undefined where it is not an int64. */
export function parseInteger(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,30}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

const DIGITS = '[0-9](?:_?[0-9])*';
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`);

const HEXADECIMAL = /^([+-]?)0[xX]([0-9a-fA-F_]*)(?:\.([0-9a-fA-F_]*))?[pP]([+-]?[0-9]{1,5})$/;

/** Go's ParseFloat: decimal, hexadecimal with an exponent, `NaN`, `Inf`, `infinity` in any case; too large is refused. */
export function parseFloat64(text: string): number | undefined {
  if (/^[+-]?nan$/i.test(text)) return /^[+-]/.test(text) ? undefined : Number.NaN;
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinity !== null) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) return readHexadecimal(hexadecimal);
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}

function readHexadecimal([, sign, whole = '', fraction = '', exponent]: readonly string[]): number | undefined {
  const digits = (whole + fraction).replaceAll('_', '');
  if (digits === '') return undefined;
  const places = fraction.replaceAll('_', '').length;
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(exponent) - 4 * places);
  if (!Number.isFinite(value)) return undefined;
  return sign === '-' ? -value : value;
}
