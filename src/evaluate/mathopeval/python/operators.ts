/** Arithmetic and comparison of values; arrays work element by element. */

import type { Machine } from "./machine.ts";
import {
  isTrue,
  keyOf,
  list,
  type NumberArray,
  numberOf,
  tuple,
  typeName,
  type Value,
} from "./values.ts";

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "//": (a, b) => Math.floor(a / b),
  "%": (a, b) => (b === 0 ? Number.NaN : a - b * Math.floor(a / b)),
  "**": (a, b) => a ** b,
};

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

export function binary(machine: Machine, operator: string, a: Value, b: Value): Value {
  if (isArray(a) || isArray(b)) return elementwise(machine, operator, a, b);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) {
    const isInteger = typeof a !== "number" && typeof b !== "number";
    return isInteger
      ? integers(machine, operator, asInteger(a), asInteger(b))
      : floats(machine, operator, x, y);
  }
  if (operator === "+" && typeof a === "string" && typeof b === "string") {
    machine.take(a.length + b.length);
    return a + b;
  }
  if (operator === "+" && isList(a) && isList(b) && a.kind === b.kind) {
    machine.take(a.items.length + b.items.length);
    return { kind: a.kind, items: [...a.items, ...b.items] };
  }
  if (operator === "*" && (isSequence(a) || isSequence(b))) {
    return isSequence(a) ? repeat(machine, a, b) : repeat(machine, b, a);
  }
  if (operator === "%" && typeof a === "string") {
    return machine.fail("unsupported", 'formatting with "%"; use an f-string');
  }
  return machine.fail("error", `${operator} between ${typeName(a)} and ${typeName(b)}`);
}

type Sequence = string | Extract<Value, { kind: "list" | "tuple" }>;
const isList = (value: Value): value is Extract<Value, { kind: "list" | "tuple" }> =>
  value !== null && typeof value === "object" && (value.kind === "list" || value.kind === "tuple");
const isSequence = (value: Value): value is Sequence => typeof value === "string" || isList(value);
const isArray = (value: Value): value is NumberArray =>
  value !== null && typeof value === "object" && value.kind === "array";
const asInteger = (value: Value): bigint => BigInt(numberOf(value) ?? 0);

function repeat(machine: Machine, sequence: Value, count: Value): Value {
  if (!isSequence(sequence) || (typeof count !== "bigint" && typeof count !== "boolean")) {
    return machine.fail("error", `* between ${typeName(sequence)} and ${typeName(count)}`);
  }
  const times = Math.max(0, Number(count));
  const length = typeof sequence === "string" ? sequence.length : sequence.items.length;
  machine.take(length * times); // before anything is made
  if (typeof sequence === "string") return sequence.repeat(length === 0 ? 0 : times);
  const items = Array.from({ length: length * times }, (_, i) => sequence.items[i % length]!);
  return sequence.kind === "list" ? list(items) : tuple(items);
}

function integers(machine: Machine, operator: string, a: bigint, b: bigint): Value {
  const isDivision = ["/", "//", "%"].includes(operator);
  if (isDivision && b === 0n) return machine.fail("error", "division by zero");
  const floor = (): bigint => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
  switch (operator) {
    case "+":
      return machine.integer(a + b);
    case "-":
      return machine.integer(a - b);
    case "*":
      return machine.integer(a * b);
    case "/":
      return Number(a) / Number(b);
    case "//":
      return floor();
    case "%":
      return a - b * floor();
    case "**": {
      if (b < 0n) return floats(machine, "**", Number(a), Number(b));
      const size = a < 0n ? -a : a;
      if (size > 1n && b > 64n) return machine.fail("limit", "integers end at 18 digits");
      return machine.integer(
        size > 1n
          ? a ** b
          : size === 0n
            ? b === 0n
              ? 1n
              : 0n
            : a < 0n && b % 2n === 1n
              ? -1n
              : 1n,
      );
    }
    default:
      return machine.fail("unsupported", `the operator ${operator}`);
  }
}

function floats(machine: Machine, operator: string, a: number, b: number): Value {
  const compute = arithmetic[operator];
  if (!compute) return machine.fail("unsupported", `the operator ${operator}`);
  if (b === 0 && ["/", "//", "%"].includes(operator))
    return machine.fail("error", "division by zero");
  if (operator === "**" && a === 0 && b < 0)
    return machine.fail("error", "zero to a negative power");
  if (operator === "**" && a < 0 && !Number.isInteger(b)) {
    return machine.fail("unsupported", "complex numbers (a root of a negative number)");
  }
  return compute(a, b);
}

function elementwise(machine: Machine, operator: string, a: Value, b: Value): Value {
  const compute = arithmetic[operator] ?? comparisons[operator] ?? logical[operator];
  if (!compute) return machine.fail("unsupported", `the operator ${operator} on arrays`);
  const [x, y] = [toArray(machine, a), toArray(machine, b)];
  const [n, m] = [x.data.length, y.data.length];
  const isScalar = [
    !isArray(a) && numberOf(a) !== undefined,
    !isArray(b) && numberOf(b) !== undefined,
  ];
  if (n !== m && !isScalar[0] && !isScalar[1] && n !== 1 && m !== 1) {
    return machine.fail("error", `arrays of ${n} and ${m} numbers do not fit one another`);
  }
  const length = n === 0 || m === 0 ? 0 : Math.max(n, m);
  machine.take(length);
  const data = new Float64Array(length);
  for (let i = 0; i < length; i++)
    data[i] = Number(compute(x.data[n === 1 ? 0 : i]!, y.data[m === 1 ? 0 : i]!));
  const isBool = !arithmetic[operator];
  const isInt = x.type !== "float" && y.type !== "float" && operator !== "/";
  return { kind: "array", data, type: isBool ? "bool" : isInt ? "int" : "float" };
}

const logical: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "&": (a, b) => a !== 0 && b !== 0,
  "|": (a, b) => a !== 0 || b !== 0,
};

/** A number, or a flat sequence of numbers, as an array. @throws ProgramFailure for anything else */
export function toArray(machine: Machine, value: Value): NumberArray {
  if (isArray(value)) return value;
  const single = numberOf(value);
  const kind = (v: Value): NumberArray["type"] =>
    typeof v === "number" ? "float" : typeof v === "boolean" ? "bool" : "int";
  if (single !== undefined)
    return { kind: "array", data: Float64Array.of(single), type: kind(value) };
  if (value !== null && typeof value === "object") {
    if (value.kind === "range") {
      machine.take(value.length);
      const [start, step] = [Number(value.start), Number(value.step)];
      return {
        kind: "array",
        data: Float64Array.from({ length: value.length }, (_, i) => start + i * step),
        type: "int",
      };
    }
    if (isList(value)) {
      machine.take(value.items.length);
      const types = value.items.map(kind);
      const data = Float64Array.from(value.items, (item) => {
        const number = numberOf(item);
        if (number !== undefined) return number;
        return machine.fail(
          "unsupported",
          `an array of ${typeName(item)}; arrays have one dimension of numbers`,
        );
      });
      const type =
        types.includes("float") || types.length === 0
          ? "float"
          : types.includes("int")
            ? "int"
            : "bool";
      return { kind: "array", data, type };
    }
  }
  return machine.fail("error", `${typeName(value)} where numbers are needed`);
}

export function compare(machine: Machine, operator: string, a: Value, b: Value): Value {
  machine.step();
  if (operator === "in" || operator === "not in") {
    return contains(machine, b, a) === (operator === "in");
  }
  if (operator === "is" || operator === "is not") return (a === b) === (operator === "is");
  if (isArray(a) || isArray(b)) return elementwise(machine, operator, a, b);
  if (operator === "==" || operator === "!=") return isEqual(machine, a, b) === (operator === "==");
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return comparisons[operator]!(x, y);
  if (typeof a === "string" && typeof b === "string") {
    return comparisons[operator]!(a < b ? -1 : a > b ? 1 : 0, 0);
  }
  return machine.fail("error", `${operator} between ${typeName(a)} and ${typeName(b)}`);
}

function contains(machine: Machine, holder: Value, item: Value): boolean {
  if (typeof holder === "string" && typeof item === "string") return holder.includes(item);
  if (holder !== null && typeof holder === "object") {
    if (holder.kind === "dict") return holder.entries.has(keyOf(machine, item));
    if (isList(holder)) return holder.items.some((each) => isEqual(machine, each, item));
  }
  return machine.fail("unsupported", `"in" with ${typeName(holder)}`);
}

export function isEqual(machine: Machine, a: Value, b: Value, depth = 0): boolean {
  machine.step();
  if (depth > 16) machine.fail("limit", "lists nested too deeply to be compared");
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined || y !== undefined) return x === y;
  if (a !== null && b !== null && isList(a) && isList(b)) {
    if (a.kind !== b.kind || a.items.length !== b.items.length) return false;
    return a.items.every((each, i) => isEqual(machine, each, b.items[i]!, depth + 1));
  }
  return a === b;
}

export function unary(machine: Machine, operator: string, value: Value): Value {
  if (operator === "not") return !isTrue(value);
  if (operator === "-") {
    if (typeof value === "bigint") return -value;
    if (typeof value === "number") return -value;
    return binary(
      machine,
      "*",
      value,
      isArray(value)
        ? -1n
        : typeof value === "boolean"
          ? -1n
          : machine.fail("error", `- before ${typeName(value)}`),
    );
  }
  if (operator === "+" && (isArray(value) || numberOf(value) !== undefined)) return value;
  return machine.fail("unsupported", `the operator ${operator} before ${typeName(value)}`);
}
