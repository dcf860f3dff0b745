// Decimal text to float32, to the bit what Math.fround(Number(text)) gives, without making the text a string first.

export const POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

export class Decimal {
  /** Where the number last read ends. */
  end = 0;

  /**
   * The number that starts at `start`, as a double that rounds to the right float32; NaN where there is none. Stops behind it.
   * The first nine digits and the next six are gathered as small integers, further ones only counted.
   * https://www.rfc-editor.org/rfc/rfc8259#section-6
   */
  read(body: Uint8Array, start: number): number {
    let at = start;
    let byte = body[at] ?? 0;
    const isNegative = byte === 0x2d;
    if (isNegative) byte = body[++at] ?? 0;
    const from = at;
    let high = 0;
    let low = 0;
    let highDigits = 0;
    let lowDigits = 0;
    let skipped = 0;
    let exponent = 0;
    if (byte === 0x30) {
      byte = body[++at] ?? 0;
    } else {
      for (; byte >= 0x30 && byte <= 0x39 && highDigits < 9; byte = body[++at] ?? 0) {
        high = high * 10 + byte - 0x30;
        highDigits++;
      }
      for (; byte >= 0x30 && byte <= 0x39 && lowDigits < 6; byte = body[++at] ?? 0) {
        low = low * 10 + byte - 0x30;
        lowDigits++;
      }
      for (; byte >= 0x30 && byte <= 0x39; byte = body[++at] ?? 0) skipped++;
      if (at === from) return Number.NaN;
    }
    if (byte === 0x2e) {
      byte = body[++at] ?? 0;
      const fractionFrom = at;
      if (high === 0) while (byte === 0x30) byte = body[++at] ?? 0;
      for (; byte >= 0x30 && byte <= 0x39 && highDigits < 9; byte = body[++at] ?? 0) {
        high = high * 10 + byte - 0x30;
        highDigits++;
      }
      for (; byte >= 0x30 && byte <= 0x39 && lowDigits < 6; byte = body[++at] ?? 0) {
        low = low * 10 + byte - 0x30;
        lowDigits++;
      }
      for (; byte >= 0x30 && byte <= 0x39; byte = body[++at] ?? 0) skipped++;
      if (at === fractionFrom) return Number.NaN;
      exponent = fractionFrom - at;
    }
    if (byte === 0x65 || byte === 0x45) {
      byte = body[++at] ?? 0;
      const isMinus = byte === 0x2d;
      if (isMinus || byte === 0x2b) byte = body[++at] ?? 0;
      const exponentFrom = at;
      let power = 0;
      for (; byte >= 0x30 && byte <= 0x39; byte = body[++at] ?? 0) power = power * 10 + byte - 0x30;
      if (at === exponentFrom) return Number.NaN;
      exponent += isMinus ? -power : power;
    }
    this.end = at;
    const digits = lowDigits === 0 ? high : high * (POWERS[lowDigits] ?? 1) + low;
    // At most fifteen digits and a power of ten up to 22 are exact, so the quotient is the double nearest to the text.
    // (Clinger, How to read floating point numbers accurately, 1990.)
    let value =
      skipped === 0 && exponent <= 0 && exponent >= -22
        ? digits / (POWERS[-exponent] ?? 1)
        : approximate(digits, exponent + skipped);
    if (value < 0) value = Math.abs(Number(textOf(body, start, at)));
    return isNegative ? -value : value;
  }
}

const wide = new Float64Array(1);
const halves = new Uint32Array(wide.buffer);

/**
 * Whether a double lies within so many units of its last place of a boundary between two float32: there its 29 low bits, which
 * rounding to float32 drops, are close to half.
 */
export function isNearBoundary(value: number, units: number): boolean {
  wide[0] = value;
  const low = (halves[0] ?? 0) & 0x1fffffff;
  return Math.abs(low - 0x10000000) <= units;
}

/**
 * The four digits at `at` as one number, or -1 where they are not all digits. Bytes are looked at four at once: a digit is 0x30
 * to 0x39, so its upper half is 3 and stays 3 when 6 is added. Then neighbours are joined, first to pairs, then the pairs.
 */
export function fourDigits(view: DataView, at: number): number {
  const word = view.getInt32(at, true);
  if ((word & 0xf0f0f0f0) !== 0x30303030 || ((word + 0x06060606) & 0xf0f0f0f0) !== 0x30303030) return -1;
  const pairs = (word & 0x000f000f) * 10 + ((word >> 8) & 0x000f000f);
  return (pairs & 0xff) * 100 + (pairs >> 16);
}

/**
 * `digits·10^exponent` as a double that rounds to the right float32, or -1 when that is not sure. Digits left out and rounding
 * put it up to 50 units of its last place off; that matters only where the boundary between two float32 lies within them,
 * which is when its 29 low bits are close to half.
 */
function approximate(digits: number, exponent: number): number {
  if (exponent < -44 || exponent > 22 || digits === 0) return -1;
  let value: number;
  if (exponent >= 0) value = digits * (POWERS[exponent] ?? 1);
  else if (exponent >= -22) value = digits / (POWERS[-exponent] ?? 1);
  else value = digits / 1e22 / (POWERS[-exponent - 22] ?? 1);
  if (value < 1.2e-38 || value > 3.4e38) return -1;
  return isNearBoundary(value, 0x80) ? -1 : value;
}

function textOf(body: Uint8Array, from: number, to: number): string {
  return Buffer.from(body.buffer, body.byteOffset + from, to - from).toString('latin1');
}
