/** numpy and math: arrays of one dimension and functions of numbers, element by element. */

import { integerOf } from "./builtins.ts";
import type { Machine } from "./machine.ts";
import { toArray } from "./operators.ts";
import { type ArgumentReader, native } from "./read-arguments.ts";
import { list, type NumberArray, numberOf, type Value } from "./values.ts";

const unaryFunctions: Readonly<Record<string, (x: number) => number>> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  exp: Math.exp,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  abs: Math.abs,
  absolute: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  sign: Math.sign,
  square: (x) => x * x,
  radians: (x) => (x * Math.PI) / 180,
  deg2rad: (x) => (x * Math.PI) / 180,
  degrees: (x) => (x * 180) / Math.PI,
  rad2deg: (x) => (x * 180) / Math.PI,
};

const binaryFunctions: Readonly<Record<string, (a: number, b: number) => number>> = {
  power: (a, b) => a ** b,
  maximum: Math.max,
  minimum: Math.min,
  arctan2: Math.atan2,
  hypot: Math.hypot,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
};

const reductions: Readonly<Record<string, (data: Float64Array) => number>> = {
  sum: (data) => data.reduce((sum, v) => sum + v, 0),
  mean: (data) => data.reduce((sum, v) => sum + v, 0) / data.length,
  max: (data) => data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  min: (data) => data.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  argmax: (data) => data.indexOf(data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)),
  argmin: (data) => data.indexOf(data.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)),
};

const array = (data: Float64Array, type: NumberArray["type"] = "float"): NumberArray => ({
  kind: "array",
  data,
  type,
});

export function createNumpy(machine: Machine): Map<string, Value> {
  const functions: Record<string, (args: ArgumentReader) => Value> = {
    array: arrayFrom,
    asarray: arrayFrom,
    linspace(args) {
      const [start, stop] = [args.number("start"), args.number("stop")];
      const count = args.integer("num", 50);
      const hasEnd = args.flag("endpoint", true);
      args.ignore(["dtype"]);
      const length = checkLength(args, count);
      const step = (stop - start) / (hasEnd ? Math.max(1, length - 1) : Math.max(1, length));
      const isLast = (i: number) => hasEnd && length > 1 && i === length - 1;
      return array(Float64Array.from({ length }, (_, i) => (isLast(i) ? stop : start + i * step)));
    },
    arange(args) {
      const given = args.rest();
      args.ignore(["dtype"]);
      const isInt = given.every((value) => typeof value === "bigint");
      const numbers = given.map((value) => args.toNumber(value, "its argument"));
      const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, numbers[0]!] : numbers;
      if (numbers.length < 1 || numbers.length > 3) args.fail("error", "takes 1 to 3 numbers");
      if (step === 0) args.fail("error", "needs a step other than 0");
      const length = checkLength(args, Math.max(0, Math.ceil((stop - start) / step)));
      return array(
        Float64Array.from({ length }, (_, i) => start + i * step),
        isInt ? "int" : "float",
      );
    },
    zeros: (args) => filled(args, 0),
    ones: (args) => filled(args, 1),
    full: (args) => {
      const length = checkLength(args, args.integer("shape"));
      return array(new Float64Array(length).fill(args.number("fill_value")));
    },
    where(args) {
      const parts = [args.need("condition"), args.need("x"), args.need("y")];
      const [test, x, y] = parts.map((value) => toArray(machine, value));
      const length = Math.max(...[test, x, y].map((part) => part!.data.length));
      const at = (part: NumberArray, i: number): number => {
        if (part.data.length !== 1 && part.data.length !== length) {
          args.fail("error", "needs arrays of one length");
        }
        return part.data[part.data.length === 1 ? 0 : i]!;
      };
      machine.take(length);
      const data = Float64Array.from({ length }, (_, i) => (at(test!, i) ? at(x!, i) : at(y!, i)));
      return array(data, x!.type === "int" && y!.type === "int" ? "int" : "float");
    },
    concatenate(args) {
      const parts = args.items("arrays").map((part) => toArray(machine, part));
      const length = parts.reduce((sum, part) => sum + part.data.length, 0);
      machine.take(length);
      const data = new Float64Array(length);
      let at = 0;
      for (const part of parts) {
        data.set(part.data, at);
        at += part.data.length;
      }
      return array(data, parts.every((part) => part.type === "int") ? "int" : "float");
    },
    cumsum(args) {
      const { data, type } = toArray(machine, args.need("a"));
      machine.take(data.length);
      let sum = 0;
      return array(
        data.map((v) => (sum += v)),
        type,
      );
    },
  };
  for (const [name, compute] of Object.entries(unaryFunctions)) {
    functions[name] = (args) => mapNumbers(machine, args.need("x"), compute);
  }
  for (const [name, compute] of Object.entries(binaryFunctions)) {
    functions[name] = (args) => {
      const [a, b] = [toArray(machine, args.need("x1")), toArray(machine, args.need("x2"))];
      const [n, m] = [a.data.length, b.data.length];
      if (n !== m && n !== 1 && m !== 1) args.fail("error", "needs arrays of one length");
      const length = Math.max(n, m);
      machine.take(length);
      const data = Float64Array.from({ length }, (_, i) =>
        compute(a.data[n === 1 ? 0 : i]!, b.data[m === 1 ? 0 : i]!),
      );
      return length === 1 ? data[0]! : array(data);
    };
  }
  for (const name of Object.keys(reductions)) {
    functions[name] = (args) => reduce(args, name, toArray(machine, args.need("a")));
  }
  const members = new Map<string, Value>([
    ["pi", Math.PI],
    ["e", Math.E],
  ]);
  for (const [name, run] of Object.entries(functions)) {
    members.set(name, native(machine, `numpy.${name}`, run));
  }
  return members;
}

function arrayFrom(args: ArgumentReader): Value {
  const { data, type } = toArray(args.machine, args.need("object"));
  args.ignore(["dtype"]);
  args.machine.take(data.length);
  return array(data.slice(), type);
}

function filled(args: ArgumentReader, value: number): Value {
  const length = checkLength(args, args.integer("shape"));
  args.ignore(["dtype"]);
  return array(new Float64Array(length).fill(value));
}

/** Counted before anything is made. */
function checkLength(args: ArgumentReader, length: number): number {
  if (!(length >= 0)) args.fail("error", "needs a length of 0 or more");
  args.machine.take(length);
  return length;
}

function reduce(args: ArgumentReader, name: string, { data, type }: NumberArray): Value {
  if (data.length === 0 && name !== "sum") args.fail("error", "of an empty array");
  args.machine.step(data.length / 16);
  const value = reductions[name]!(data);
  return name.startsWith("arg") || (type === "int" && name !== "mean")
    ? integerOf(args.machine, value)
    : value;
}

function mapNumbers(machine: Machine, value: Value, compute: (x: number) => number): Value {
  const single = numberOf(value);
  if (single !== undefined) return compute(single);
  const { data } = toArray(machine, value);
  machine.take(data.length);
  return array(data.map(compute));
}

/** Methods of arrays, and their two properties. */
export function arrayMember(machine: Machine, value: NumberArray, name: string): Value | undefined {
  if (name === "size") return BigInt(value.data.length);
  if (name === "tolist") {
    return native(machine, name, () => {
      machine.take(value.data.length);
      return list(
        Array.from(value.data, (v) => (value.type === "int" ? integerOf(machine, v) : v)),
      );
    });
  }
  if (name === "copy")
    return native(machine, name, () => {
      machine.take(value.data.length);
      return array(value.data.slice(), value.type);
    });
  if (!Object.hasOwn(reductions, name)) return undefined;
  return native(machine, name, (args) => reduce(args, name, value));
}

const mathNames =
  "sin cos tan sinh cosh tanh exp log log2 log10 sqrt radians degrees hypot pi e".split(" ");

/** math: the functions of numpy on single numbers, under Python's names. */
export function createMath(
  machine: Machine,
  numpy: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const members = new Map(mathNames.map((name): [string, Value] => [name, numpy.get(name)!]));
  const add = (name: string, run: (args: ArgumentReader) => Value) =>
    members.set(name, native(machine, `math.${name}`, run));
  add("asin", (args) => Math.asin(args.number("x")));
  add("acos", (args) => Math.acos(args.number("x")));
  add("atan", (args) => Math.atan(args.number("x")));
  add("atan2", (args) => Math.atan2(args.number("y"), args.number("x")));
  add("fabs", (args) => Math.abs(args.number("x")));
  add("pow", (args) => args.number("x") ** args.number("y"));
  add("floor", (args) => integerOf(machine, Math.floor(args.number("x"))));
  add("ceil", (args) => integerOf(machine, Math.ceil(args.number("x"))));
  return members;
}
