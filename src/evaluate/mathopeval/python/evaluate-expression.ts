/** The values of expressions, and what assigning to them does. */

import { methodOf } from "./builtins.ts";
import { formatValue } from "./format.ts";
import type { Machine } from "./machine.ts";
import { arrayMember } from "./numpy.ts";
import { binary, compare, unary } from "./operators.ts";
import { lookUp, type Scope } from "./scope.ts";
import { itemAt, setItem, sliceOf } from "./subscripts.ts";
import type { Expression, Parameter } from "./syntax.ts";
import {
  type Arguments,
  type Callable,
  isTrue,
  itemsOf,
  keyOf,
  list,
  typeName,
  type Value,
} from "./values.ts";

/** Expressions of one run. Its methods throw ProgramFailure. */
export class Evaluator {
  private readonly machine: Machine;
  private readonly builtins: ReadonlyMap<string, Value>;

  constructor(machine: Machine, builtins: ReadonlyMap<string, Value>) {
    this.machine = machine;
    this.builtins = builtins;
  }

  evaluate(node: Expression, scope: Scope): Value {
    const { machine } = this;
    machine.place = node;
    machine.step();
    switch (node.kind) {
      case "constant":
        return node.value;
      case "name":
        return lookUp(machine, node.name, scope, this.builtins);
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

  /** Gives a name, an item, or several at once their value. */
  assign(target: Expression, value: Value, scope: Scope): void {
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
      const object = this.evaluate(target.object, scope);
      setItem(machine, object, this.evaluate(target.index, scope), value);
    } else if (target.kind === "attribute") {
      machine.fail("unsupported", "setting attributes");
    } else machine.fail("syntax", "this cannot be assigned to");
  }

  /** A function with its defaults, which are worked out now; `run` is its body. */
  define(
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
    if (index.kind !== "slice") return itemAt(machine, object, this.evaluate(index, scope));
    const read = (part: Expression | undefined): Value =>
      part ? this.evaluate(part, scope) : null;
    const [step, start, stop] = [index.step, index.start, index.stop].map(read) as [
      Value,
      Value,
      Value,
    ];
    return sliceOf(machine, object, { start, stop, step });
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
