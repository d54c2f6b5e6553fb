/** Walks the syntax tree. Nothing of the host is within reach: names lead to the tables given. */

import { methodOf } from "./builtins.ts";
import { formatValue } from "./format.ts";
import type { Machine } from "./machine.ts";
import { arrayMember } from "./numpy.ts";
import { binary, compare, unary } from "./operators.ts";
import type { Expression, Parameter, Statement } from "./syntax.ts";
import {
  type Arguments,
  type Callable,
  isTrue,
  itemsOf,
  keyOf,
  list,
  type Namespace,
  type NumberArray,
  numberOf,
  scalarOf,
  tuple,
  typeName,
  type Value,
} from "./values.ts";

export interface Library {
  readonly builtins: ReadonlyMap<string, Value>;
  /** By dotted name. */
  readonly modules: ReadonlyMap<string, Namespace>;
}

/** Modules that reach outside; any other that is missing is merely unsupported. */
const deniedModules = new Set(
  "os sys subprocess socket shutil pathlib importlib ctypes io builtins urllib requests http pickle threading multiprocessing signal js pyodide tempfile glob".split(
    " ",
  ),
);
const deniedNames = new Set(
  "open exec eval compile input globals locals vars getattr setattr delattr breakpoint exit quit".split(
    " ",
  ),
);

interface Scope {
  readonly names: Map<string, Value>;
  readonly outer?: Scope;
}

/** How a block ended other than at its end. */
type Ending = undefined | "break" | "continue" | { readonly value: Value };

/** @throws ProgramFailure */
export function interpret(program: readonly Statement[], machine: Machine, library: Library): void {
  const run = new Interpreter(machine, library);
  const ending = run.block(program, { names: new Map() });
  if (ending !== undefined)
    machine.fail("syntax", "break, continue or return outside of its block");
}

class Interpreter {
  private readonly machine: Machine;
  private readonly library: Library;

  constructor(machine: Machine, library: Library) {
    this.machine = machine;
    this.library = library;
  }

  block(statements: readonly Statement[], scope: Scope): Ending {
    for (const statement of statements) {
      const ending = this.statement(statement, scope);
      if (ending !== undefined) return ending;
    }
    return undefined;
  }

  private statement(statement: Statement, scope: Scope): Ending {
    const { machine } = this;
    machine.place = statement;
    machine.step();
    switch (statement.kind) {
      case "expression":
        this.evaluate(statement.value, scope);
        return undefined;
      case "assign": {
        const value = this.evaluate(statement.value, scope);
        for (const target of statement.targets) this.assign(target, value, scope);
        return undefined;
      }
      case "update": {
        const { target, operator } = statement;
        const before = this.evaluate(target, scope);
        const value = binary(machine, operator, before, this.evaluate(statement.value, scope));
        this.assign(target, value, scope);
        return undefined;
      }
      case "for": {
        const items = itemsOf(machine, this.evaluate(statement.source, scope));
        for (let i = 0; i < items.length; i++) {
          machine.step();
          this.assign(statement.target, items[i]!, scope);
          const ending = this.block(statement.body, scope);
          if (ending === "break") break;
          if (typeof ending === "object") return ending;
        }
        return undefined;
      }
      case "while":
        while (isTrue(this.evaluate(statement.test, scope))) {
          machine.step();
          const ending = this.block(statement.body, scope);
          if (ending === "break") break;
          if (typeof ending === "object") return ending;
        }
        return undefined;
      case "if": {
        const isChosen = isTrue(this.evaluate(statement.test, scope));
        return this.block(isChosen ? statement.then : statement.otherwise, scope);
      }
      case "function": {
        const { name, parameters, body } = statement;
        scope.names.set(
          name,
          this.define(name, parameters, scope, (inner) => {
            const ending = this.block(body, inner);
            if (ending === "break" || ending === "continue") {
              return machine.fail("syntax", `${ending} outside of a loop`);
            }
            return ending ? ending.value : null;
          }),
        );
        return undefined;
      }
      case "return":
        return { value: statement.value ? this.evaluate(statement.value, scope) : null };
      case "import":
        this.import(statement, scope);
        return undefined;
      case "pass":
        return undefined;
      default:
        return statement.kind;
    }
  }

  private import({ module, names }: Extract<Statement, { kind: "import" }>, scope: Scope): void {
    const { modules } = this.library;
    for (const { name, alias } of names) {
      const whole = modules.get(name === "" ? module : `${module}.${name}`);
      const root = modules.get(module);
      if (!root && !whole) {
        const kind = deniedModules.has(module.split(".")[0]!) ? "denied" : "unsupported";
        this.machine.fail(kind, `the module ${module}`);
      }
      // `import matplotlib.pyplot` binds matplotlib, which nothing here has members of.
      const isRoot = name === "" && alias === module.split(".")[0] && module.includes(".");
      const value = isRoot ? modules.get(alias) : (whole ?? root!.members.get(name));
      if (value === undefined)
        this.machine.fail("unsupported", `${module} has no ${name || alias} here`);
      scope.names.set(alias, value);
    }
  }

  private define(
    name: string,
    parameters: readonly Parameter[],
    scope: Scope,
    run: (inner: Scope) => Value,
  ): Callable {
    const { machine } = this;
    const fallbacks = parameters.map(({ fallback }) => fallback && this.evaluate(fallback, scope));
    return {
      kind: "function",
      name,
      call: ({ positional, named }) =>
        machine.call(() => {
          const names = new Map<string, Value>();
          if (positional.length > parameters.length)
            machine.fail("error", `${name} gets too many arguments`);
          parameters.forEach((parameter, i) => {
            const value = positional[i] ?? named.get(parameter.name) ?? fallbacks[i];
            const isMissing =
              i >= positional.length && !named.has(parameter.name) && fallbacks[i] === undefined;
            if (isMissing) machine.fail("error", `${name} needs ${parameter.name}`);
            names.set(parameter.name, value ?? null);
          });
          for (const key of named.keys()) {
            if (!names.has(key)) machine.fail("error", `${name} has no argument ${key}`);
          }
          return run({ names, outer: scope });
        }),
    };
  }

  private assign(target: Expression, value: Value, scope: Scope): void {
    const { machine } = this;
    machine.place = target;
    machine.step();
    if (target.kind === "name") {
      scope.names.set(target.name, value);
    } else if (target.kind === "tuple" || target.kind === "list") {
      const items = itemsOf(machine, value);
      if (items.length !== target.items.length) {
        machine.fail("error", `${items.length} values for ${target.items.length} names`);
      }
      target.items.forEach((each, i) => {
        this.assign(each, items[i]!, scope);
      });
    } else if (target.kind === "item") {
      this.assignItem(
        this.evaluate(target.object, scope),
        this.evaluate(target.index, scope),
        value,
      );
    } else if (target.kind === "attribute") {
      machine.fail("unsupported", "setting attributes");
    } else machine.fail("syntax", "this cannot be assigned to");
  }

  private assignItem(object: Value, index: Value, value: Value): void {
    const { machine } = this;
    if (object !== null && typeof object === "object") {
      if (object.kind === "dict") {
        machine.take(2);
        object.entries.set(keyOf(machine, index), [index, value]);
        return;
      }
      if (object.kind === "list") {
        object.items[this.place(index, object.items.length)] = value;
        return;
      }
      if (object.kind === "array") {
        const number = numberOf(value);
        const filled = number ?? machine.fail("unsupported", "setting parts of an array");
        object.data[this.place(index, object.data.length)] = filled;
        return;
      }
    }
    machine.fail("error", `items of ${typeName(object)} cannot be set`);
  }

  /** An index counted from the end where it is negative. */
  private place(index: Value, length: number): number {
    const number = typeof index === "number" ? undefined : numberOf(index);
    if (number === undefined) return this.machine.fail("error", `${typeName(index)} is no index`);
    const at = number < 0 ? length + number : number;
    if (at < 0 || at >= length) this.machine.fail("error", `index ${number} of ${length}`);
    return at;
  }

  evaluate(node: Expression, scope: Scope): Value {
    const { machine } = this;
    machine.place = node;
    machine.step();
    switch (node.kind) {
      case "constant":
        return node.value;
      case "name":
        return this.lookUp(node.name, scope);
      case "list":
      case "tuple":
        machine.take(node.items.length);
        return { kind: node.kind, items: node.items.map((item) => this.evaluate(item, scope)) };
      case "dict": {
        machine.take(2 * node.entries.length);
        const entries = new Map<string, readonly [Value, Value]>();
        for (const [left, right] of node.entries) {
          const key = this.evaluate(left, scope);
          entries.set(keyOf(machine, key), [key, this.evaluate(right, scope)]);
        }
        return { kind: "dict", entries };
      }
      case "format": {
        const text = node.parts
          .map((part) =>
            typeof part === "string"
              ? part
              : formatValue(machine, this.evaluate(part.value, scope), part.spec),
          )
          .join("");
        machine.take(text.length);
        return text;
      }
      case "binary": {
        const left = this.evaluate(node.left, scope);
        const right = this.evaluate(node.right, scope);
        machine.place = node;
        return binary(machine, node.operator, left, right);
      }
      case "unary":
        return unary(machine, node.operator, this.evaluate(node.operand, scope));
      case "logic": {
        const left = this.evaluate(node.left, scope);
        return isTrue(left) === (node.operator === "or") ? left : this.evaluate(node.right, scope);
      }
      case "compare": {
        let left = this.evaluate(node.operands[0]!, scope);
        let result: Value = true;
        for (const [i, operator] of node.operators.entries()) {
          const right = this.evaluate(node.operands[i + 1]!, scope);
          machine.place = node;
          result = compare(machine, operator, left, right);
          if (node.operators.length > 1 && !isTrue(result)) return false;
          left = right;
        }
        return result;
      }
      case "conditional":
        return this.evaluate(
          isTrue(this.evaluate(node.test, scope)) ? node.then : node.otherwise,
          scope,
        );
      case "call":
        return this.call(node, scope);
      case "attribute":
        return this.attribute(this.evaluate(node.object, scope), node);
      case "item":
        return this.item(this.evaluate(node.object, scope), node.index, scope);
      case "slice":
        return machine.fail("syntax", "a slice outside of brackets");
      case "lambda":
        return this.define("lambda", node.parameters, scope, (inner) =>
          this.evaluate(node.body, inner),
        );
      case "comprehension": {
        const items: Value[] = [];
        this.loop(node, 0, { names: new Map(), outer: scope }, items);
        return list(items);
      }
    }
  }

  private lookUp(name: string, scope: Scope): Value {
    for (let at: Scope | undefined = scope; at; at = at.outer) {
      const value = at.names.get(name);
      if (value !== undefined) return value;
    }
    const value = this.library.builtins.get(name);
    if (value !== undefined) return value;
    if (name.startsWith("__") || deniedNames.has(name)) {
      return this.machine.fail("denied", `"${name}" reaches outside of the figure`);
    }
    return this.machine.fail("error", `the name ${name} is not defined`);
  }

  private call(node: Extract<Expression, { kind: "call" }>, scope: Scope): Value {
    const { machine } = this;
    const callee = this.evaluate(node.callee, scope);
    if (callee === null || typeof callee !== "object" || callee.kind !== "function") {
      return machine.fail("error", `${typeName(callee)} cannot be called`);
    }
    const args: Arguments = {
      positional: node.positional.map((value) => this.evaluate(value, scope)),
      named: new Map(node.named.map(([name, value]) => [name, this.evaluate(value, scope)])),
    };
    machine.place = node;
    return callee.call(args);
  }

  private attribute(object: Value, node: Extract<Expression, { kind: "attribute" }>): Value {
    const { machine } = this;
    const { name } = node;
    machine.place = node;
    if (name.startsWith("_"))
      machine.fail("denied", `the attribute ${name} reaches inside of Python`);
    let found: Value | undefined;
    if (object !== null && typeof object === "object" && object.kind === "namespace") {
      found = object.members.get(name);
    } else if (object !== null && typeof object === "object" && object.kind === "array") {
      found = arrayMember(machine, object, name);
    } else found = methodOf(machine, object, name);
    return found === undefined ? machine.fail("unsupported", `${typeName(object)}.${name}`) : found;
  }

  private item(object: Value, index: Expression, scope: Scope): Value {
    const { machine } = this;
    if (object !== null && typeof object === "object" && object.kind === "dict") {
      const key = this.evaluate(index, scope);
      const found = object.entries.get(keyOf(machine, key));
      return found ? found[1] : machine.fail("error", "the dict has no such key");
    }
    const isArray = object !== null && typeof object === "object" && object.kind === "array";
    if (index.kind === "slice") {
      const picked = this.slicePlaces(
        index,
        isArray ? object.data.length : this.lengthOf(object),
        scope,
      );
      if (isArray) return pick(object, picked);
      const items = itemsOf(machine, object);
      const chosen = picked.map((i) => items[i]!);
      if (typeof object === "string") return chosen.join("");
      return (object as { kind: string }).kind === "tuple" ? tuple(chosen) : list(chosen);
    }
    const place = this.evaluate(index, scope);
    if (isArray) {
      if (place !== null && typeof place === "object" && place.kind === "array") {
        if (place.type !== "bool" || place.data.length !== object.data.length) {
          machine.fail("unsupported", "an array as index, other than truth values of its length");
        }
        machine.take(place.data.length);
        return pick(
          object,
          Array.from(place.data.keys()).filter((i) => place.data[i] !== 0),
        );
      }
      return scalarOf(object.data[this.place(place, object.data.length)]!, object.type);
    }
    const length = this.lengthOf(object);
    const at = this.place(place, length);
    if (typeof object === "string") return object[at]!;
    return itemsOf(machine, object)[at]!;
  }

  private lengthOf(object: Value): number {
    if (typeof object === "string") return object.length;
    if (object !== null && typeof object === "object") {
      if (object.kind === "list" || object.kind === "tuple") return object.items.length;
      if (object.kind === "range") return object.length;
    }
    return this.machine.fail("error", `${typeName(object)} has no items`);
  }

  /** Python's rules: ends are clipped, and a negative step counts down. */
  private slicePlaces(
    node: Extract<Expression, { kind: "slice" }>,
    length: number,
    scope: Scope,
  ): number[] {
    const read = (part: Expression | undefined): number | undefined => {
      const value = part ? this.evaluate(part, scope) : null;
      if (value === null) return undefined;
      const number = typeof value === "number" ? undefined : numberOf(value);
      return number ?? this.machine.fail("error", `${typeName(value)} is no index`);
    };
    const step = read(node.step) ?? 1;
    if (step === 0) this.machine.fail("error", "a slice's step is 0");
    const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
    const clip = (at: number | undefined, fallback: number): number =>
      at === undefined ? fallback : Math.min(high, Math.max(low, at < 0 ? at + length : at));
    const start = clip(read(node.start), step > 0 ? low : high);
    const stop = clip(read(node.stop), step > 0 ? high : low);
    const count = Math.max(0, Math.ceil((stop - start) / step));
    this.machine.take(count);
    return Array.from({ length: count }, (_, i) => start + i * step);
  }

  private loop(
    node: Extract<Expression, { kind: "comprehension" }>,
    level: number,
    scope: Scope,
    out: Value[],
  ): void {
    const loop = node.loops[level];
    if (!loop) {
      this.machine.take(1);
      out.push(this.evaluate(node.item, scope));
      return;
    }
    for (const item of itemsOf(this.machine, this.evaluate(loop.source, scope))) {
      this.machine.step();
      this.assign(loop.target, item, scope);
      if (loop.conditions.every((test) => isTrue(this.evaluate(test, scope)))) {
        this.loop(node, level + 1, scope, out);
      }
    }
  }
}

const pick = ({ data, type }: NumberArray, places: readonly number[]): NumberArray => ({
  kind: "array",
  data: Float64Array.from(places, (i) => data[i]!),
  type,
});
