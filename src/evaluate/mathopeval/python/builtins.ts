/** Python's own functions and the methods of its values, as far as plotting code uses them. */

import { formatValue } from "./format.ts";
import type { Machine } from "./machine.ts";
import { binary, compare, isEqual } from "./operators.ts";
import { type ArgumentReader, native } from "./read-arguments.ts";
import {
  type Callable,
  type Dict,
  isTrue,
  itemsOf,
  keyOf,
  type List,
  list,
  numberOf,
  textOf,
  tuple,
  typeName,
  type Value,
} from "./values.ts";

const MAX_PRINTED = 10_000;

type Run = (args: ArgumentReader) => Value;

export function createBuiltins(machine: Machine): Map<string, Value> {
  const functions: Readonly<Record<string, Run>> = {
    range(args) {
      const given = args.rest().map((value) => {
        if (typeof value === "bigint") return value;
        return args.fail("error", `needs whole numbers, not ${typeName(value)}`);
      });
      const [start = 0n, stop = 0n, step = 1n] = given.length === 1 ? [0n, given[0]!] : given;
      if (given.length < 1 || given.length > 3) args.fail("error", "takes 1 to 3 numbers");
      if (step === 0n) args.fail("error", "needs a step other than 0");
      const length = (stop - start + step - (step > 0n ? 1n : -1n)) / step;
      return { kind: "range", start, step, length: Math.max(0, Number(length)) };
    },
    len(args) {
      const value = args.need("obj");
      if (typeof value === "string") return BigInt(value.length);
      if (value !== null && typeof value === "object") {
        if (value.kind === "list" || value.kind === "tuple") return BigInt(value.items.length);
        if (value.kind === "dict") return BigInt(value.entries.size);
        if (value.kind === "range") return BigInt(value.length);
        if (value.kind === "array") return BigInt(value.data.length);
      }
      return args.fail("error", `of ${typeName(value)}`);
    },
    zip(args) {
      const all = args.rest().map((value) => itemsOf(machine, value));
      const length = all.length === 0 ? 0 : Math.min(...all.map((items) => items.length));
      machine.take(length * all.length);
      return list(Array.from({ length }, (_, i) => tuple(all.map((items) => items[i]!))));
    },
    enumerate(args) {
      const items = args.items("iterable");
      const start = BigInt(args.integer("start", 0));
      machine.take(2 * items.length);
      return list(items.map((item, i) => tuple([start + BigInt(i), item])));
    },
    min: (args) => extreme(args, "<"),
    max: (args) => extreme(args, ">"),
    sum: (args) =>
      args
        .items("iterable")
        .reduce((sum, item) => binary(machine, "+", sum, item), args.next("start") ?? 0n),
    abs(args) {
      const value = args.need("x");
      if (typeof value === "bigint") return value < 0n ? -value : value;
      return Math.abs(args.toNumber(value, "x"));
    },
    round(args) {
      const value = args.need("number");
      const digits = args.next("ndigits");
      const number = args.toNumber(value, "number");
      if (digits === undefined || digits === null) return integerOf(machine, roundHalfEven(number));
      if (typeof value === "bigint") return value;
      const places = Math.max(-20, Math.min(20, args.toNumber(digits, "ndigits")));
      return places >= 0
        ? Number(number.toFixed(places))
        : roundHalfEven(number * 10 ** places) / 10 ** places;
    },
    sorted(args) {
      const items = args.items("iterable");
      const key = args.next("key") ?? null;
      const isReversed = args.flag("reverse", false);
      const keys = items.map((item) =>
        key === null ? item : callOf(args, key)({ positional: [item], named: new Map() }),
      );
      machine.take(items.length);
      machine.step(items.length * 20);
      const order = items.map((_, i) => i);
      const isLess = (i: number, j: number) => isTrue(compare(machine, "<", keys[i]!, keys[j]!));
      order.sort((i, j) => (isLess(i, j) ? -1 : isLess(j, i) ? 1 : i - j));
      if (isReversed) order.sort((i, j) => (isLess(i, j) ? 1 : isLess(j, i) ? -1 : i - j));
      return list(order.map((i) => items[i]!));
    },
    reversed: (args) => {
      const items = args.items("sequence");
      machine.take(items.length);
      return list(items.toReversed());
    },
    list: (args) => {
      const items = itemsOf(machine, args.rest()[0] ?? list([]));
      machine.take(items.length);
      return list([...items]);
    },
    tuple: (args) => {
      const items = itemsOf(machine, args.rest()[0] ?? list([]));
      machine.take(items.length);
      return tuple([...items]);
    },
    float(args) {
      const value = args.need("x");
      const number =
        typeof value === "string" && /^\s*[-+]?[\d.]+(e[-+]?\d+)?\s*$/i.test(value)
          ? Number(value)
          : numberOf(value);
      if (number === undefined || Number.isNaN(number))
        return args.fail("error", `of ${textOf(machine, value, true).slice(0, 40)}`);
      return number;
    },
    int(args) {
      const value = args.need("x");
      if (typeof value === "string" && /^\s*[-+]?\d{1,18}\s*$/.test(value))
        return BigInt(value.trim());
      return integerOf(machine, Math.trunc(args.toNumber(value, "x")));
    },
    str: (args) => textOf(machine, args.next("object") ?? ""),
    bool: (args) => isTrue(args.next("x") ?? false),
    any: (args) => args.items("iterable").some(isTrue),
    all: (args) => args.items("iterable").every(isTrue),
    dict(args) {
      const entries = new Map<string, readonly [Value, Value]>();
      const [pairs = list([]), ...others] = args.rest();
      if (others.length > 0) args.fail("error", "gets too many arguments");
      for (const pair of itemsOf(machine, pairs)) {
        const [key, value, ...more] = itemsOf(machine, pair);
        if (key === undefined || value === undefined || more.length > 0)
          args.fail("error", "needs pairs");
        machine.take(2);
        entries.set(keyOf(machine, key!), [key!, value!]);
      }
      for (const [key, value] of args.namedRest()) {
        machine.take(2);
        entries.set(keyOf(machine, key), [key, value]);
      }
      return { kind: "dict", entries };
    },
    print(args) {
      const text = args
        .rest()
        .map((value) => textOf(machine, value))
        .join(" ");
      args.ignore(["end", "sep", "flush"]);
      machine.printed = `${machine.printed}${text}\n`.slice(0, MAX_PRINTED);
      return null;
    },
  };
  return new Map(
    Object.entries(functions).map(([name, run]) => [name, native(machine, name, run)]),
  );
}

function callOf(args: ArgumentReader, value: Value): Callable["call"] {
  if (value !== null && typeof value === "object" && value.kind === "function") return value.call;
  return args.fail("error", `needs a function, not ${typeName(value)}`);
}

function extreme(args: ArgumentReader, operator: "<" | ">"): Value {
  const { machine } = args;
  const key = args.byName("key") ?? null;
  const given = args.rest();
  const items = given.length === 1 ? itemsOf(machine, given[0]!) : given;
  const scoreOf = (item: Value): Value =>
    key === null ? item : callOf(args, key)({ positional: [item], named: new Map() });
  let [best, ...others] = items;
  if (best === undefined) return args.byName("default") ?? args.fail("error", "of nothing");
  let bestScore = scoreOf(best);
  for (const item of others) {
    const score = scoreOf(item);
    if (isTrue(compare(machine, operator, score, bestScore))) [best, bestScore] = [item, score];
  }
  return best;
}

export function integerOf(machine: Machine, value: number): bigint {
  if (!Number.isFinite(value)) return machine.fail("error", `${value} is no whole number`);
  if (Math.abs(value) > 1e18) return machine.fail("limit", "integers end at 18 digits");
  return BigInt(value);
}

/** As Python's round: halves go to the even neighbour. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Methods of texts, lists and dicts. undefined: there is none of this name. */
export function methodOf(machine: Machine, object: Value, name: string): Callable | undefined {
  const methods =
    typeof object === "string"
      ? textMethods(machine, object)
      : object !== null &&
          typeof object === "object" &&
          (object.kind === "list" || object.kind === "tuple")
        ? listMethods(machine, object)
        : object !== null && typeof object === "object" && object.kind === "dict"
          ? dictMethods(machine, object)
          : new Map<string, Run>();
  const run = methods.get(name);
  return run && native(machine, name, run);
}

function textMethods(machine: Machine, text: string): Map<string, Run> {
  machine.take(text.length);
  return new Map<string, Run>([
    ["upper", () => text.toUpperCase()],
    ["lower", () => text.toLowerCase()],
    ["strip", () => text.trim()],
    [
      "title",
      () =>
        text.replace(/\p{L}+/gu, (word) => word[0]!.toUpperCase() + word.slice(1).toLowerCase()),
    ],
    ["capitalize", () => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase()],
    ["startswith", (args) => text.startsWith(args.text("prefix") ?? "")],
    ["endswith", (args) => text.endsWith(args.text("suffix") ?? "")],
    [
      "split",
      (args) => {
        const by = args.text("sep");
        return list(by === undefined ? text.trim().split(/\s+/) : text.split(by || " "));
      },
    ],
    [
      "join",
      (args) => {
        const parts = args.items("iterable").map((part) => {
          if (typeof part !== "string")
            return args.fail("error", `needs texts, not ${typeName(part)}`);
          machine.take(part.length + text.length);
          return part;
        });
        return parts.join(text);
      },
    ],
    [
      "replace",
      (args) => {
        const [from, to] = [args.text("old") ?? "", args.text("new") ?? ""];
        if (from === "") args.fail("unsupported", "of an empty text");
        machine.take((text.length * Math.max(1, to.length)) / from.length + text.length);
        return text.replaceAll(from, () => to);
      },
    ],
    [
      "format",
      (args) => {
        const values = args.rest();
        let next = 0;
        return text.replace(/\{(\d*)(?::([^{}]*))?\}/g, (_, place: string, spec = "") => {
          const value = values[place === "" ? next++ : Number(place)];
          if (value === undefined) return args.fail("error", "gets too few values");
          const written = formatValue(machine, value, spec);
          machine.take(written.length);
          return written;
        });
      },
    ],
  ]);
}

function listMethods(machine: Machine, { kind, items }: List): Map<string, Run> {
  const methods = new Map<string, Run>([
    [
      "index",
      (args) => {
        const wanted = args.need("value");
        const at = items.findIndex((item) => isEqual(machine, item, wanted));
        return at === -1 ? args.fail("error", "found no such value") : BigInt(at);
      },
    ],
    [
      "count",
      (args) => {
        const wanted = args.need("value");
        return BigInt(items.filter((item) => isEqual(machine, item, wanted)).length);
      },
    ],
  ]);
  if (kind === "tuple") return methods;
  methods.set("append", (args) => {
    machine.take(1);
    items.push(args.need("object"));
    return null;
  });
  methods.set("extend", (args) => {
    const added = [...args.items("iterable")];
    machine.take(added.length);
    for (const item of added) items.push(item);
    return null;
  });
  methods.set("pop", (args) => {
    const at = args.integer("index", -1);
    const place = at < 0 ? items.length + at : at;
    if (place < 0 || place >= items.length) args.fail("error", "beyond the list");
    machine.step(items.length / 16);
    return items.splice(place, 1)[0]!;
  });
  return methods;
}

function dictMethods(machine: Machine, { entries }: Dict): Map<string, Run> {
  const all = (pick: (entry: readonly [Value, Value]) => Value): Value => {
    machine.take(2 * entries.size);
    return list([...entries.values()].map(pick));
  };
  return new Map<string, Run>([
    ["keys", () => all(([key]) => key)],
    ["values", () => all(([, value]) => value)],
    ["items", () => all(([key, value]) => tuple([key, value]))],
    [
      "get",
      (args) => {
        const found = entries.get(keyOf(machine, args.need("key")));
        const fallback = args.next("default") ?? null;
        return found ? found[1] : fallback;
      },
    ],
  ]);
}
