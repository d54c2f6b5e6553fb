/** Values of `@huggingface/jinja` made here, strings among them with the methods of `str`. */

import { Environment } from "@huggingface/jinja";
import * as text from "./strings.ts";
import { isList, isString, typeName, type Value } from "./values.ts";

type ValueClass = new (value: unknown) => Value;
/** The classes of values are not exported, but the values are within reach. */
const classOf = (plain: unknown): ValueClass =>
  new Environment().set("value", plain).constructor as unknown as ValueClass;

export const StringValue = classOf("");
export const IntegerValue = classOf(0);
export const BooleanValue = classOf(true);
export const UndefinedValue = classOf(undefined);
export const ArrayValue = classOf([]);
export const ObjectValue = classOf({});
export const FunctionValue = classOf(() => null);

export const stringOf = (value: string): Value => new PythonString(value);
export const listOf = (values: readonly string[]): Value => new ArrayValue(values.map(stringOf));
export const boolOf = (value: boolean): Value => new BooleanValue(value);
export const intOf = (value: number): Value => new IntegerValue(value);

type Method = (self: string, args: readonly Value[]) => Value;

/** Positional or keyword argument of a method call. */
function argument(args: readonly Value[], index: number, key: string): Value | undefined {
  const last = args.at(-1);
  const keywords = last?.type === "KeywordArgumentsValue" ? last : undefined;
  const positional = keywords === undefined ? args : args.slice(0, -1);
  const found =
    positional[index] ?? (keywords?.value as ReadonlyMap<string, Value> | undefined)?.get(key);
  return found === undefined || found.type === "NullValue" ? undefined : found;
}

export function stringArgument(
  args: readonly Value[],
  index: number,
  key: string,
): string | undefined {
  const value = argument(args, index, key);
  if (value === undefined) return undefined;
  if (!isString(value)) throw new Error(`expected str for ${key}, got ${typeName(value)}`);
  return value.value;
}

function needString(args: readonly Value[], index: number, key: string): string {
  const value = stringArgument(args, index, key);
  if (value === undefined) throw new Error(`expected str for ${key}`);
  return value;
}

function limitArgument(args: readonly Value[], index: number, key: string): number {
  const value = argument(args, index, key);
  if (value === undefined) return -1;
  if (value.type !== "IntegerValue") throw new Error(`expected int for ${key}`);
  return value.value as number;
}

function affixTest(test: (self: string, affix: string) => boolean): Method {
  return (self, args) => {
    const affix = argument(args, 0, "prefix");
    if (affix === undefined) throw new Error("startswith and endswith need text");
    const affixes = isList(affix) ? affix.value : [affix];
    return boolOf(
      affixes.some((each) => {
        if (!isString(each)) throw new Error(`expected str, got ${typeName(each)}`);
        return test(self, each.value);
      }),
    );
  };
}

const stripMethod =
  (side: "left" | "right" | "both"): Method =>
  (self, args) =>
    stringOf(text.strip(self, stringArgument(args, 0, "chars"), side));

const methods: Readonly<Record<string, Method>> = {
  strip: stripMethod("both"),
  lstrip: stripMethod("left"),
  rstrip: stripMethod("right"),
  split: (self, args) =>
    listOf(text.split(self, stringArgument(args, 0, "sep"), limitArgument(args, 1, "maxsplit"))),
  rsplit: (self, args) =>
    listOf(text.rsplit(self, needString(args, 0, "sep"), limitArgument(args, 1, "maxsplit"))),
  splitlines: (self) => listOf(text.splitLines(self)),
  replace: (self, args) =>
    stringOf(
      text.replace(
        self,
        needString(args, 0, "old"),
        needString(args, 1, "new"),
        limitArgument(args, 2, "count"),
      ),
    ),
  upper: (self) => stringOf(self.toUpperCase()),
  lower: (self) => stringOf(self.toLowerCase()),
  title: (self) => stringOf(text.title(self)),
  capitalize: (self) => stringOf(text.capitalize(self)),
  startswith: affixTest((self, affix) => self.startsWith(affix)),
  endswith: affixTest((self, affix) => self.endsWith(affix)),
  removeprefix: (self, args) => {
    const prefix = needString(args, 0, "prefix");
    return stringOf(self.startsWith(prefix) ? self.slice(prefix.length) : self);
  },
  removesuffix: (self, args) => {
    const suffix = needString(args, 0, "suffix");
    const has = suffix !== "" && self.endsWith(suffix);
    return stringOf(has ? self.slice(0, -suffix.length) : self);
  },
  count: (self, args) => intOf(text.count(self, needString(args, 0, "sub"))),
  find: (self, args) => intOf(text.find(self, needString(args, 0, "sub"))),
  isdigit: (self) => boolOf(/^\p{Nd}+$/u.test(self)),
  join: (self, args) => {
    const list = argument(args, 0, "iterable");
    if (list === undefined || !isList(list)) throw new Error("join: expected a list");
    return stringOf(
      list.value
        .map((item) => {
          if (!isString(item)) throw new Error(`join: expected str, got ${typeName(item)}`);
          return item.value;
        })
        .join(self),
    );
  },
};

/** A string value whose methods are those of Python's `str`. */
export class PythonString extends StringValue {
  private methods: Map<string, Value> | undefined;

  get builtins(): Map<string, Value> {
    this.methods ??= new Map(
      Object.entries(methods).map(([name, method]) => [
        name,
        new FunctionValue((args: readonly Value[]) => method(this.value as string, args)),
      ]),
    );
    return this.methods;
  }
}
