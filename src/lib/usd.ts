/**
 * An amount in USD as an integer of 10^-30 USD, so that sums and comparisons are exact. Binary
 * floating point is not: 0.1 + 0.2 exceeds 0.3.
 */
export type Usd = bigint;

const DECIMALS = 30;
const ONE = 10n ** BigInt(DECIMALS);

/** A number as in JSON. Two digits of the exponent are more than any amount has. */
const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:e([+-]?\d{1,2}))?$/i;

/** Parses a number as JSON writes it, such as `1.25` or `5e-7`; undefined for anything else. */
export function parseUsd(text: string): Usd | undefined {
  const [, sign = '', whole, fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = BigInt(whole + fraction);
  const shift = DECIMALS + Number(exponent) - fraction.length;
  const amount = shift < 0 ? digits / 10n ** BigInt(-shift) : digits * 10n ** BigInt(shift);
  return sign === '-' ? -amount : amount;
}

/** All decimals of up to so many digits survive in a JSON number. The digits after them are noise. */
const SIGNIFICANT_DIGITS = 15;

/**
 * The amount in a value of a JSON response, which is a number, or the text of one; undefined for
 * anything else. A number counts as the decimal that the server wrote, to 15 significant digits.
 */
export function toUsd(value: unknown): Usd | undefined {
  if (typeof value === 'number') return parseUsd(value.toPrecision(SIGNIFICANT_DIGITS));
  return typeof value === 'string' ? parseUsd(value) : undefined;
}

/** The amount as a number in JSON. A rounded one, below 10^100 USD, is exactly that amount again by `toUsd`. */
export function toNumber(amount: Usd): number {
  return Number(exactUsd(amount));
}

/**
 * A limit in a JSON response without the noise of binary floating point: 0.3 for 0.30000000000001. It equals the
 * limit that was sent, which was rounded to the same digits. Any other value than an amount is unchanged.
 */
export function withoutNoise(limit: unknown): unknown {
  const amount = typeof limit === 'number' ? toUsd(limit) : undefined;
  return amount === undefined ? limit : toNumber(roundHalfEven(amount));
}

/** Sums up amounts. */
export function sumUsd(amounts: readonly Usd[]): Usd {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

/** Half of the ninth decimal, which is the last that counts. */
const NOISE = 10n ** BigInt(DECIMALS - 9) / 2n;

/** One unit of the last of so many decimals. */
export function unitOfDecimals(decimals: number): Usd {
  return 10n ** BigInt(DECIMALS - decimals);
}

/** The last digit of `amount` that counts: the ninth decimal or, of a large one, the last that JSON keeps. */
function unitOf(amount: Usd): Usd {
  const digits = sizeOf(amount).toString().length;
  return 10n ** BigInt(Math.max(DECIMALS - 9, digits - SIGNIFICANT_DIGITS));
}

/** An amount of 0 or more, rounded down to a multiple of `unit`, by default to the digits that count. */
export function roundDown(amount: Usd, unit = unitOf(amount)): Usd {
  return amount - (amount % unit);
}

/** An amount of 0 or more, rounded up to a multiple of `unit`, by default to the digits that count. */
export function roundUp(amount: Usd, unit = unitOf(amount)): Usd {
  const down = roundDown(amount, unit);
  return down === amount ? amount : down + unit;
}

/** An amount rounded half to even to a multiple of `unit`, by default to the digits that count. */
export function roundHalfEven(amount: Usd, unit = unitOf(amount)): Usd {
  const size = sizeOf(amount);
  const [floor, rest] = [size / unit, 2n * (size % unit)];
  const rounded = rest > unit || (rest === unit && floor % 2n === 1n) ? floor + 1n : floor;
  return (amount < 0n ? -rounded : rounded) * unit;
}

/** `amount` without its sign. */
export function sizeOf(amount: Usd): Usd {
  return amount < 0n ? -amount : amount;
}

/** The smaller of two amounts. */
export function minUsd(a: Usd, b: Usd): Usd {
  return a < b ? a : b;
}

/** The larger of two amounts. */
export function maxUsd(a: Usd, b: Usd): Usd {
  return a < b ? b : a;
}

/**
 * Whether `amount` is above `bound`, their difference rounded to 10^-9 USD. OpenRouter adds up in binary
 * floating point, so a smaller difference is noise, such as that between 0.30000000000001 and 0.3.
 */
export function exceeds(amount: Usd, bound: Usd): boolean {
  return amount - bound > NOISE;
}

/** The exact amount without a sign for the currency: `1.2345`, `0.0000005`, `5`. */
export function exactUsd(amount: Usd): string {
  return decimalText(amount, 0);
}

/** `amount` with its decimals. Zeros at the end are left out down to `min` decimals. */
export function decimalText(amount: Usd, min: number): string {
  const size = sizeOf(amount);
  const digits = (size % ONE).toString().padStart(DECIMALS, '0');
  const fraction = digits.replace(/0+$/, '').padEnd(min, '0');
  return `${amount < 0n ? '-' : ''}${size / ONE}${fraction && `.${fraction}`}`;
}
