/** What a template finds besides the conversation: constants and bounded functions. */

import { Environment } from "@huggingface/jinja";
import { ArrayValue, FunctionValue, intOf, ObjectValue } from "./python-string.ts";
import { pythonRepr, type Value } from "./values.ts";

/** Longest list a template may build. */
export const ITEMS_LIMIT = 1 << 20;

/** The environment's method takes the package's own type of values, which these are. */
export const setVariable = (scope: Environment, name: string, value: Value): void => {
  scope.setVariable(name, value as unknown as Parameters<Environment["setVariable"]>[1]);
};

/** Values every template finds, with Python's functions bounded. */
export function createEnvironment(variables: Readonly<Record<string, unknown>>): Environment {
  const environment = new Environment();
  const names: Readonly<Record<string, unknown>> = { true: true, false: false, none: null };
  for (const [name, value] of Object.entries(names)) {
    environment.set(name, value);
    environment.set(name[0]!.toUpperCase() + name.slice(1), value);
  }
  environment.set("raise_exception", (message: unknown) => {
    throw new Error(String(message));
  });
  environment.set("strftime_now", (format: unknown) => strftime(new Date(), String(format)));
  setVariable(
    environment,
    "range",
    new FunctionValue((args: readonly Value[]) => new ArrayValue(range(args).map(intOf))),
  );
  setVariable(
    environment,
    "dict",
    new FunctionValue(
      (args: readonly Value[]) =>
        new ObjectValue(new Map(args.at(-1)?.value as ReadonlyMap<string, Value> | undefined)),
    ),
  );
  for (const [name, value] of Object.entries(variables)) {
    environment.variables.delete(name);
    environment.set(name, value);
  }
  return environment;
}

function range(args: readonly Value[]): number[] {
  const numbers = args.map((arg) => {
    if (arg.type === "IntegerValue") return arg.value as number;
    throw new Error(`range: expected int, got ${pythonRepr(arg)}`);
  });
  const [start, stop, step] =
    numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1];
  if (step === 0) throw new Error("range: step must not be 0");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= ITEMS_LIMIT)) throw new Error(`range: more than ${ITEMS_LIMIT} items`);
  return Array.from({ length }, (_, i) => start + i * step);
}

const MONTHS =
  "January February March April May June July August September October November December";
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday";

/** Python's `strftime` in the C locale, for the directives that templates use. */
export function strftime(date: Date, format: string): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const month = MONTHS.split(" ")[date.getMonth()]!;
  const day = DAYS.split(" ")[date.getDay()]!;
  const startOfYear = new Date(date.getFullYear(), 0, 1).getTime();
  const parts: Readonly<Record<string, string>> = {
    Y: String(date.getFullYear()),
    y: two(date.getFullYear() % 100),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    e: String(date.getDate()).padStart(2, " "),
    j: String(Math.round((startOfDay(date) - startOfYear) / 86_400_000) + 1).padStart(3, "0"),
    H: two(date.getHours()),
    I: two(date.getHours() % 12 || 12),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    p: date.getHours() < 12 ? "AM" : "PM",
    B: month,
    b: month.slice(0, 3),
    A: day,
    a: day.slice(0, 3),
    F: `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    "%": "%",
  };
  return format.replace(/%(.)/g, (directive, letter: string) => {
    const part = parts[letter];
    if (part === undefined) throw new Error(`strftime_now: ${directive} is not supported`);
    return part;
  });
}

const startOfDay = (date: Date): number =>
  new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
