/**
 * A number as it was written, in EDN or JSON: `5`, `-3`, `12N`, `1.5M`, `6.02e23`. What a double would round stays
 * text: a ratio, an integer beyond 2^53 in whatever notation (`9007199254740993`, `9007199254740993.0`), and a number
 * too large for any double. Rounded, two of them could become one.
 */
export function exactNumber(token: string): number | string {
  const whole = Number(token);
  if (Number.isSafeInteger(whole)) return whole;
  const plain = token.replaceAll(/^\+|[NM]$/g, '');
  const number = Number(plain);
  if (Number.isSafeInteger(number)) return number;
  if (!Number.isFinite(number)) return plain;
  if (Math.abs(number) < Number.MAX_SAFE_INTEGER) return number;
  if (/^-?\d+$/.test(plain)) return plain;
  const digits = digitsOf(plain);
  // A double that was written in its own shortest notation comes back as it was.
  return digits !== null && digits === digitsOf(String(number)) ? number : (digits ?? plain);
}

/** All digits of an integer that was written with a point or an exponent; null where it is none. */
function digitsOf(plain: string): string | null {
  const [, sign, whole, fraction = '', exponent = '0'] = NOTATION.exec(plain) ?? [];
  if (whole === undefined || Math.abs(Number(exponent)) > EXPONENT_MAX) return null;
  const significant = fraction.replace(/0+$/, '');
  const zeros = Number(exponent) - significant.length;
  return zeros < 0 ? null : `${sign}${`${whole}${significant}`.replace(/^0+(?=\d)/, '')}${'0'.repeat(zeros)}`;
}

const NOTATION = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Doubles end at 308. */
const EXPONENT_MAX = 400;
