/** Metadata values of GGUF files, and typed reading of them: complaints name file and key. */

import { clip } from "../json.ts";

/** Value types in the order of their ids in the file. */
export const valueTypes = [
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "f32",
  "bool",
  "string",
  "array",
  "u64",
  "i64",
  "f64",
] as const;

export type ValueType = (typeof valueTypes)[number];

export type Scalar = number | bigint | boolean | string;

export type GgufValue =
  | { readonly type: Exclude<ValueType, "array">; readonly value: Scalar }
  | GgufArray;

/** Arrays may hold hundreds of thousands of tokens, so they are decoded when asked for. */
export interface GgufArray {
  readonly type: "array";
  readonly element: Exclude<ValueType, "array">;
  readonly length: number;
  read(): Scalar[];
}

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** Typed access to metadata that comes from elsewhere. */
export class MetadataReader {
  readonly file: string;
  readonly values: GgufMetadata;

  constructor(file: string, values: GgufMetadata) {
    this.file = file;
    this.values = values;
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  /** A whole number from `min` up to 2^31. */
  count(key: string, min = 1): number {
    const value = this.scalar(key);
    const whole = typeof value === "bigint" ? Number(value) : value;
    if (typeof whole === "number" && Number.isInteger(whole) && whole >= min && whole <= 2 ** 31) {
      return whole;
    }
    throw this.error(key, `a whole number of at least ${min}`);
  }

  optionalCount(key: string, min = 1): number | undefined {
    return this.has(key) ? this.count(key, min) : undefined;
  }

  /** A finite number above 0. */
  positive(key: string): number {
    const value = this.scalar(key);
    if (typeof value === "number" && Number.isFinite(value) && value > 0) {
      // f32 0.000001 is 9.99999997e-7: the shortest decimal that rounds to it is what was meant.
      return this.values.get(key)?.type === "f32" ? shortest(value) : value;
    }
    throw this.error(key, "a number above 0");
  }

  optionalPositive(key: string): number | undefined {
    return this.has(key) ? this.positive(key) : undefined;
  }

  text(key: string): string {
    const value = this.scalar(key);
    if (typeof value === "string") return value;
    throw this.error(key, "a string");
  }

  /** The elements of an array of at most `most` entries of one kind. */
  list(key: string, kind: "string", most: number): string[];
  list(key: string, kind: "number", most: number): number[];
  list(key: string, kind: "string" | "number", most: number): unknown[] {
    const value = this.values.get(key);
    const isKind = (element: ValueType): boolean =>
      kind === "string" ? element === "string" : !/string|bool|64/.test(element);
    if (value?.type !== "array" || !isKind(value.element) || value.length > most) {
      throw this.error(key, `an array of at most ${most} ${kind}s`);
    }
    return value.read();
  }

  error(key: string, expected: string): Error {
    return new Error(
      `${this.file}: metadata key "${clip(key)}" must be ${expected}, found ${this.describe(key)}`,
    );
  }

  private describe(key: string): string {
    const value = this.values.get(key);
    if (!value) return "nothing";
    if (value.type === "array") return `an array of ${value.length} ${value.element}`;
    const text = typeof value.value === "string" ? JSON.stringify(value.value) : `${value.value}`;
    return `${value.type} ${text.slice(0, 80)}`;
  }

  private scalar(key: string): Scalar | undefined {
    const value = this.values.get(key);
    return value && value.type !== "array" ? value.value : undefined;
  }
}

function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
