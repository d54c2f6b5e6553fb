/** `x[i]` and `x[a:b:c]`: reading and setting items of lists, tuples, texts, dicts and arrays. */

import type { Machine } from "./machine.ts";
import {
  itemsOf,
  keyOf,
  list,
  type NumberArray,
  numberOf,
  scalarOf,
  tuple,
  typeName,
  type Value,
} from "./values.ts";

/** @throws ProgramFailure */
export function itemAt(machine: Machine, object: Value, index: Value): Value {
  if (object !== null && typeof object === "object") {
    if (object.kind === "dict") {
      const found = object.entries.get(keyOf(machine, index));
      return found ? found[1] : machine.fail("error", "the dict has no such key");
    }
    if (object.kind === "array") return arrayItem(machine, object, index);
  }
  const at = placeOf(machine, index, lengthOf(machine, object));
  if (typeof object === "string") return object[at]!;
  return itemsOf(machine, object)[at]!;
}

function arrayItem(machine: Machine, array: NumberArray, index: Value): Value {
  if (index === null || typeof index !== "object" || index.kind !== "array") {
    return scalarOf(array.data[placeOf(machine, index, array.data.length)]!, array.type);
  }
  if (index.type !== "bool" || index.data.length !== array.data.length) {
    machine.fail("unsupported", "an array as index, other than truth values of its length");
  }
  machine.take(index.data.length);
  return pick(
    array,
    Array.from(index.data.keys()).filter((i) => index.data[i] !== 0),
  );
}

export interface SliceEnds {
  /** None where they are left out. */
  readonly start: Value;
  readonly stop: Value;
  readonly step: Value;
}

/** @throws ProgramFailure */
export function sliceOf(machine: Machine, object: Value, ends: SliceEnds): Value {
  const isArray = object !== null && typeof object === "object" && object.kind === "array";
  const picked = slicePlaces(
    machine,
    ends,
    isArray ? object.data.length : lengthOf(machine, object),
  );
  if (isArray) return pick(object, picked);
  const items = itemsOf(machine, object);
  const chosen = picked.map((i) => items[i]!);
  if (typeof object === "string") return chosen.join("");
  return (object as { kind: string }).kind === "tuple" ? tuple(chosen) : list(chosen);
}

/** Python's rules: ends are clipped, and a negative step counts down. */
function slicePlaces(machine: Machine, ends: SliceEnds, length: number): number[] {
  const read = (value: Value): number | undefined => {
    if (value === null) return undefined;
    const number = typeof value === "number" ? undefined : numberOf(value);
    return number ?? machine.fail("error", `${typeName(value)} is no index`);
  };
  const step = read(ends.step) ?? 1;
  if (step === 0) machine.fail("error", "a slice's step is 0");
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const clip = (at: number | undefined, fallback: number): number =>
    at === undefined ? fallback : Math.min(high, Math.max(low, at < 0 ? at + length : at));
  const start = clip(read(ends.start), step > 0 ? low : high);
  const stop = clip(read(ends.stop), step > 0 ? high : low);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  machine.take(count);
  return Array.from({ length: count }, (_, i) => start + i * step);
}

/** @throws ProgramFailure */
export function setItem(machine: Machine, object: Value, index: Value, value: Value): void {
  if (object !== null && typeof object === "object") {
    if (object.kind === "dict") {
      machine.take(2);
      object.entries.set(keyOf(machine, index), [index, value]);
      return;
    }
    if (object.kind === "list") {
      object.items[placeOf(machine, index, object.items.length)] = value;
      return;
    }
    if (object.kind === "array") {
      const number = numberOf(value);
      const filled = number ?? machine.fail("unsupported", "setting parts of an array");
      object.data[placeOf(machine, index, object.data.length)] = filled;
      return;
    }
  }
  machine.fail("error", `items of ${typeName(object)} cannot be set`);
}

/** An index counted from the end where it is negative. */
function placeOf(machine: Machine, index: Value, length: number): number {
  const number = typeof index === "number" ? undefined : numberOf(index);
  if (number === undefined) return machine.fail("error", `${typeName(index)} is no index`);
  const at = number < 0 ? length + number : number;
  if (at < 0 || at >= length) machine.fail("error", `index ${number} of ${length}`);
  return at;
}

function lengthOf(machine: Machine, object: Value): number {
  if (typeof object === "string") return object.length;
  if (object !== null && typeof object === "object") {
    if (object.kind === "list" || object.kind === "tuple") return object.items.length;
    if (object.kind === "range") return object.length;
  }
  return machine.fail("error", `${typeName(object)} has no items`);
}

const pick = ({ data, type }: NumberArray, places: readonly number[]): NumberArray => ({
  kind: "array",
  data: Float64Array.from(places, (i) => data[i]!),
  type,
});
