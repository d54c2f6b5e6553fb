/** Arguments of a call by place or name, each taken once; what is left is refused by name. */

import type { Machine } from "./machine.ts";
import { toArray } from "./operators.ts";
import {
  type Arguments,
  type Callable,
  isTrue,
  itemsOf,
  numberOf,
  typeName,
  type Value,
} from "./values.ts";

export class ArgumentReader {
  readonly machine: Machine;
  private readonly name: string;
  private readonly positional: Value[];
  private readonly named: Map<string, Value>;

  constructor(machine: Machine, name: string, args: Arguments) {
    this.machine = machine;
    this.name = name;
    this.positional = [...args.positional];
    this.named = new Map(args.named);
  }

  /** The next positional argument, or the one of a name. */
  next(...names: string[]): Value | undefined {
    const given = this.byName(...names);
    if (this.positional.length === 0) return given;
    if (given !== undefined) this.fail("error", `gets ${names[0]} twice`);
    return this.positional.shift();
  }

  /** By name only. */
  byName(...names: string[]): Value | undefined {
    for (const name of names) {
      const value = this.named.get(name);
      if (value === undefined) continue;
      this.named.delete(name);
      return value;
    }
    return undefined;
  }

  /** All that are given by name. */
  namedRest(): [string, Value][] {
    const all = [...this.named];
    this.named.clear();
    return all;
  }

  need(name: string): Value {
    return this.next(name) ?? this.fail("error", `needs ${name}`);
  }

  number(name: string, fallback?: number): number {
    const value = this.next(name);
    return value === undefined || value === null
      ? (fallback ?? this.fail("error", `needs ${name}`))
      : this.toNumber(value, name);
  }

  toNumber(value: Value, name: string): number {
    const number = numberOf(value);
    if (number !== undefined) return this.finite(number, name);
    return this.fail("error", `needs a number as ${name}, not ${typeName(value)}`);
  }

  finite(value: number, name: string): number {
    if (Number.isFinite(value)) return value;
    return this.fail("unsupported", `gets ${name} that is not finite`);
  }

  integer(name: string, fallback?: number): number {
    const value = this.number(name, fallback);
    return Number.isInteger(value) ? value : this.fail("error", `needs a whole number as ${name}`);
  }

  text(name: string): string | undefined {
    const value = this.next(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    return numberOf(value) === undefined
      ? this.fail("error", `needs a text as ${name}, not ${typeName(value)}`)
      : String(numberOf(value));
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.next(name);
    return value === undefined ? fallback : isTrue(value);
  }

  /** Numbers of a sequence, or of one number. */
  numbers(name: string): number[] {
    return this.toNumbers(this.need(name), name);
  }

  toNumbers(value: Value, name: string): number[] {
    return Array.from(toArray(this.machine, value).data, (v) => this.finite(v, name));
  }

  items(name: string): readonly Value[] {
    return itemsOf(this.machine, this.need(name));
  }

  /** What is left by place. */
  rest(): Value[] {
    return this.positional.splice(0);
  }

  /** Drops arguments that change nothing here. */
  ignore(names: Iterable<string>): void {
    for (const name of names) this.named.delete(name);
  }

  /** @throws ProgramFailure where arguments are left */
  end(): void {
    if (this.positional.length > 0) this.fail("unsupported", "gets too many arguments");
    for (const name of this.named.keys()) this.fail("unsupported", `has no argument ${name} here`);
  }

  fail(kind: "error" | "unsupported", what: string): never {
    return this.machine.fail(kind, `${this.name} ${what}`);
  }
}

/** A function of the language from one that reads its arguments; left-over ones are refused. */
export const native = (
  machine: Machine,
  name: string,
  run: (args: ArgumentReader) => Value,
): Callable => ({
  kind: "function",
  name,
  call(args) {
    const reader = new ArgumentReader(machine, name, args);
    const value = run(reader);
    reader.end();
    return value;
  },
});
