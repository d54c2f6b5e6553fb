/** Values of the interpreted language. None of them is an object of the host. */

import type { Machine } from "./machine.ts";

/** Integers are bigint and floats are number, as the two differ in Python when written out. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | List
  | Dict
  | Range
  | NumberArray
  | Callable
  | Namespace;

export interface List {
  readonly kind: "list" | "tuple";
  readonly items: Value[];
}

export interface Dict {
  readonly kind: "dict";
  /** Keys are numbers, texts and truth values; 1 and 1.0 are the same key. */
  readonly entries: Map<string, readonly [key: Value, value: Value]>;
}

export interface Range {
  readonly kind: "range";
  readonly start: bigint;
  readonly step: bigint;
  readonly length: number;
}

/** An array of numpy of one dimension; truth values are 0 and 1. */
export interface NumberArray {
  readonly kind: "array";
  readonly data: Float64Array;
  readonly type: "int" | "float" | "bool";
}

export interface Callable {
  readonly kind: "function";
  readonly name: string;
  readonly call: (args: Arguments) => Value;
}

export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** A module, or something drawn with methods of its own. */
export interface Namespace {
  readonly kind: "namespace";
  /** For people: "matplotlib.pyplot". */
  readonly name: string;
  readonly members: ReadonlyMap<string, Value>;
}

export const list = (items: Value[]): List => ({ kind: "list", items });
export const tuple = (items: Value[]): List => ({ kind: "tuple", items });

/** The name of a value's type, as Python gives it. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float";
    case "string":
      return "str";
    default:
      return value.kind === "namespace" ? value.name : value.kind;
  }
}

export function isTrue(value: Value): boolean {
  if (value === null || typeof value !== "object") {
    return !(value === null || value === false || value === "" || value === 0n || value === 0);
  }
  if (value.kind === "list" || value.kind === "tuple") return value.items.length > 0;
  if (value.kind === "dict") return value.entries.size > 0;
  if (value.kind === "range") return value.length > 0;
  return value.kind === "array" ? value.data.some((v) => v !== 0) : true;
}

/** The number that a value is, if it is one. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "boolean" ? Number(value) : undefined;
}

/** @throws ProgramFailure where the value is no sequence */
export function itemsOf(machine: Machine, value: Value): readonly Value[] {
  if (typeof value === "string") {
    machine.take(value.length);
    return [...value];
  }
  if (value !== null && typeof value === "object") {
    if (value.kind === "list" || value.kind === "tuple") {
      machine.step(Math.ceil(value.items.length / 16));
      return value.items;
    }
    if (value.kind === "dict") {
      machine.take(value.entries.size);
      return [...value.entries.values()].map(([key]) => key);
    }
    if (value.kind === "range") {
      machine.take(value.length);
      return Array.from({ length: value.length }, (_, i) => value.start + BigInt(i) * value.step);
    }
    if (value.kind === "array") {
      machine.take(value.data.length);
      return Array.from(value.data, (v) => scalarOf(v, value.type));
    }
  }
  return machine.fail("error", `${typeName(value)} is no sequence`);
}

export function scalarOf(value: number, type: NumberArray["type"]): Value {
  if (type === "bool") return value !== 0;
  return type === "int" && Number.isSafeInteger(value) ? BigInt(value) : value;
}

export const keyOf = (machine: Machine, key: Value): string => {
  const number = numberOf(key);
  if (number !== undefined) return `n${number}`;
  if (typeof key === "string") return `s${key}`;
  if (key === null) return "none";
  return machine.fail("unsupported", `${typeName(key)} as a key of a dict`);
};

/** As `print` and `str` write it. */
export function textOf(machine: Machine, value: Value, isQuoted = false, depth = 0): string {
  machine.step();
  if (depth > 16) machine.fail("limit", "lists nested too deeply to be written");
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return floatText(value);
  if (typeof value === "string") return isQuoted ? `'${value}'` : value;
  const all = (values: readonly Value[]): string => {
    const text = values.map((each) => textOf(machine, each, true, depth + 1)).join(", ");
    machine.take(text.length);
    return text;
  };
  switch (value.kind) {
    case "list":
      return `[${all(value.items)}]`;
    case "tuple":
      return value.items.length === 1 ? `(${all(value.items)},)` : `(${all(value.items)})`;
    case "array":
      return `[${all(itemsOf(machine, value)).replaceAll(", ", " ")}]`;
    case "range":
      return `range(${value.start}, ${value.start + BigInt(value.length) * value.step})`;
    default:
      return machine.fail("unsupported", `writing ${typeName(value)} as text`);
  }
}

/** Python's repr of a float: the shortest digits, exponents outside of 1e-4 to 1e16. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}
