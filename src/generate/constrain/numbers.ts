/** Numbers within bounds as regexes over their decimal digits. */

import { rangeSet } from "./byte-set.ts";
import type { Regex, RegexStore } from "./regex-node.ts";

/** Digits of an integer, and behind a decimal point, at most. */
const INTEGER_DIGITS = 21;
const FRACTION_DIGITS = 24;

export interface NumberBounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** The bound itself is excluded. */
  readonly isMinOpen?: boolean;
  readonly isMaxOpen?: boolean;
}

const digit = (store: RegexStore, from = 0, to = 9): Regex =>
  from > to ? store.none : store.set(rangeSet(0x30 + from, 0x30 + to));
const digits = (store: RegexStore, lo: number, hi: number): Regex =>
  store.repeat(digit(store), lo, hi);
const text = (store: RegexStore, chars: string): Regex => store.literal(Buffer.from(chars));

/** Any number as JSON has it, with exponents that a double can hold. */
export function anyNumber(store: RegexStore): Regex {
  const sign = store.optional(text(store, "-"));
  const fraction = store.optional(fractionOf(store));
  const oneOf = (...parts: Regex[]): Regex => store.alt(parts);
  const exponent = oneOf(
    store.seq(store.optional(text(store, "+")), digits(store, 1, 2)),
    store.seq(store.optional(text(store, "+")), digit(store, 1, 2), digits(store, 2, 2)),
    store.seq(store.optional(text(store, "+")), text(store, "30"), digit(store, 0, 7)),
    store.seq(text(store, "-"), digits(store, 1, 3)),
  );
  const e = oneOf(text(store, "e"), text(store, "E"));
  return store.seq(
    sign,
    oneOf(
      store.seq(unsigned(store), fraction),
      store.seq(digit(store, 1, 9), fraction, e, exponent),
    ),
  );
}

const unsigned = (store: RegexStore): Regex =>
  store.alt([
    digit(store, 0, 0),
    store.seq(digit(store, 1, 9), digits(store, 0, INTEGER_DIGITS - 1)),
  ]);

const fractionOf = (store: RegexStore, places = FRACTION_DIGITS): Regex =>
  store.seq(text(store, "."), digits(store, 1, places));

/** Integers between bounds, both inclusive. */
export function integerRange(
  store: RegexStore,
  min: bigint | undefined,
  max: bigint | undefined,
): Regex {
  const limit = 10n ** BigInt(INTEGER_DIGITS) - 1n;
  const lo = min === undefined || min < -limit ? -limit : min;
  const hi = max === undefined || max > limit ? limit : max;
  if (lo > hi) return store.none;
  const parts: Regex[] = [];
  if (lo < 0n) {
    const nearest = hi < 0n ? -hi : 1n;
    parts.push(store.seq(text(store, "-"), naturalRange(store, nearest, -lo)));
  }
  if (hi >= 0n) parts.push(naturalRange(store, lo < 0n ? 0n : lo, hi));
  return store.alt(parts);
}

function naturalRange(store: RegexStore, lo: bigint, hi: bigint): Regex {
  const parts: Regex[] = [];
  const longest = String(hi).length;
  for (let length = String(lo).length; length <= longest && lo <= hi; length++) {
    const least = length === 1 ? 0n : 10n ** BigInt(length - 1);
    const most = 10n ** BigInt(length) - 1n;
    const from = lo > least ? lo : least;
    const to = hi < most ? hi : most;
    if (from <= to) parts.push(sameLength(store, String(from), String(to)));
  }
  return store.alt(parts);
}

function sameLength(store: RegexStore, lo: string, hi: string): Regex {
  if (lo === "") return store.empty;
  if (/^0+$/.test(lo) && /^9+$/.test(hi)) return digits(store, lo.length, lo.length);
  const [a, b] = [Number(lo[0]), Number(hi[0])];
  const rest = lo.length - 1;
  const [loRest, hiRest] = [lo.slice(1), hi.slice(1)];
  if (a === b) return store.seq(digit(store, a, a), sameLength(store, loRest, hiRest));
  return store.alt([
    store.seq(digit(store, a, a), sameLength(store, loRest, "9".repeat(rest))),
    store.seq(digit(store, a + 1, b - 1), digits(store, rest, rest)),
    store.seq(digit(store, b, b), sameLength(store, "0".repeat(rest), hiRest)),
  ]);
}

/** Decimal numbers between bounds, written without an exponent. */
export function decimalRange(store: RegexStore, bounds: NumberBounds): Regex {
  const { min = -Infinity, max = Infinity, isMinOpen = false, isMaxOpen = false } = bounds;
  // So many digits that none rounds up to a bound that is excluded.
  const open = Math.max(isMinOpen ? Math.abs(min) : 0, isMaxOpen ? Math.abs(max) : 0);
  const isLimited = open > 0 && open < Infinity;
  const places = isLimited ? Math.max(1, 15 - Math.ceil(Math.log10(open + 1))) : FRACTION_DIGITS;
  const parts: Regex[] = [];
  if (min < 0) {
    // Without zero, which has no sign.
    const near = max < 0 ? { at: -max, isOpen: isMaxOpen } : { at: 0, isOpen: true };
    const far = { at: -min, isOpen: isMinOpen };
    parts.push(store.seq(text(store, "-"), unsignedRange(store, near, far, places)));
  }
  if (max >= 0) {
    const near = min < 0 ? { at: 0, isOpen: false } : { at: min, isOpen: isMinOpen };
    parts.push(unsignedRange(store, near, { at: max, isOpen: isMaxOpen }, places));
  }
  return store.alt(parts);
}

interface Bound {
  readonly at: number;
  readonly isOpen: boolean;
}

function unsignedRange(store: RegexStore, lo: Bound, hi: Bound, places: number): Regex {
  const [loInt, loFraction] = decimalOf(lo.at);
  const above = atLeast(store, loFraction, lo.isOpen, places);
  const any = store.optional(fractionOf(store, places));
  const whole = (n: bigint): Regex => text(store, String(n));
  if (hi.at === Infinity) {
    const wider = store.seq(integerRange(store, loInt + 1n, undefined), any);
    return store.alt([store.seq(whole(loInt), above), wider]);
  }
  const [hiInt, hiFraction] = decimalOf(hi.at);
  if (hiInt < loInt) return store.none;
  const below = atMost(store, hiFraction, hi.isOpen, places);
  if (hiInt === loInt) return store.seq(whole(loInt), store.and([above, below]));
  return store.alt([
    store.seq(whole(loInt), above),
    store.seq(integerRange(store, loInt + 1n, hiInt - 1n), any),
    store.seq(whole(hiInt), below),
  ]);
}

/** Integer part, and the digits of the fraction, of a number of at least 0. */
function decimalOf(value: number): [bigint, string] {
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const shift = Number(exponent);
  if (shift >= 0) {
    const padded = fraction.padEnd(shift, "0");
    return [BigInt(whole + padded.slice(0, shift)), padded.slice(shift).replace(/0+$/, "")];
  }
  const all = whole.padStart(-shift + 1, "0");
  return [BigInt(all.slice(0, shift)), (all.slice(shift) + fraction).replace(/0+$/, "")];
}

/** Fractions (with their point, or none) of at least 0.`f`, of so many digits. */
function atLeast(store: RegexStore, f: string, isOpen: boolean, places: number): Regex {
  const more = (used: number): Regex => digits(store, 0, Math.max(places - used, 0));
  const positive = (used: number): Regex => {
    const some = digits(store, 1, Math.max(places - used, 1));
    const zeros = store.repeat(digit(store, 0, 0), 0);
    return store.and([some, store.seq(zeros, digit(store, 1, 9), digits(store, 0, Infinity))]);
  };
  const from = (i: number): Regex => {
    if (i === f.length) return isOpen ? positive(i) : more(i);
    const d = Number(f[i]);
    return store.alt([
      store.seq(digit(store, d + 1, 9), more(i + 1)),
      store.seq(digit(store, d, d), from(i + 1)),
    ]);
  };
  if (f !== "") return store.seq(text(store, "."), from(0));
  if (isOpen) return store.seq(text(store, "."), positive(0));
  return store.optional(fractionOf(store, places));
}

/** Fractions of at most 0.`f`, of so many digits. */
function atMost(store: RegexStore, f: string, isOpen: boolean, places: number): Regex {
  const from = (i: number, mayStop: boolean): Regex => {
    if (i === f.length) {
      return isOpen ? store.none : store.repeat(digit(store, 0, 0), 0, Math.max(places - i, 0));
    }
    const d = Number(f[i]);
    return store.alt([
      mayStop ? store.empty : store.none,
      store.seq(digit(store, 0, d - 1), digits(store, 0, Math.max(places - i - 1, 0))),
      store.seq(digit(store, d, d), from(i + 1, true)),
    ]);
  };
  if (f === "") {
    if (isOpen) return store.none;
    const zeros = store.repeat(digit(store, 0, 0), 1, places);
    return store.optional(store.seq(text(store, "."), zeros));
  }
  return store.optional(store.seq(text(store, "."), from(0, false)));
}

/** Integers, or decimals of at most so many places, that are multiples. */
export function multiplesOf(store: RegexStore, divisor: number): Regex | undefined {
  const sign = store.optional(text(store, "-"));
  if (Number.isInteger(divisor) && divisor > 0 && divisor <= 1_000_000) {
    // Beyond 15 digits a double may be another number.
    const few = store.repeat(digit(store), 1, 15);
    return store.seq(sign, store.and([store.multiple(divisor), unsigned(store), few]));
  }
  const places = Math.round(-Math.log10(divisor));
  if (places < 1 || places > 20 || Number(`1e-${places}`) !== divisor) return undefined;
  const fraction = store.seq(text(store, "."), digits(store, 1, places));
  return store.seq(sign, unsigned(store), store.optional(fraction));
}
