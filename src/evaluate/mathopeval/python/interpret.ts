/** Runs statements one after the other. */

import { Evaluator } from "./evaluate-expression.ts";
import { importNames } from "./imports.ts";
import type { Machine } from "./machine.ts";
import { binary } from "./operators.ts";
import type { Scope } from "./scope.ts";
import type { Statement } from "./syntax.ts";
import { isTrue, itemsOf, type Namespace, type Value } from "./values.ts";

export interface Library {
  readonly builtins: ReadonlyMap<string, Value>;
  /** By dotted name. */
  readonly modules: ReadonlyMap<string, Namespace>;
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
  private readonly expressions: Evaluator;

  constructor(machine: Machine, library: Library) {
    this.machine = machine;
    this.library = library;
    this.expressions = new Evaluator(machine, library.builtins);
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
        this.expressions.evaluate(statement.value, scope);
        return undefined;
      case "assign": {
        const value = this.expressions.evaluate(statement.value, scope);
        for (const target of statement.targets) this.expressions.assign(target, value, scope);
        return undefined;
      }
      case "update": {
        const { target, operator } = statement;
        const before = this.expressions.evaluate(target, scope);
        const value = binary(
          machine,
          operator,
          before,
          this.expressions.evaluate(statement.value, scope),
        );
        this.expressions.assign(target, value, scope);
        return undefined;
      }
      case "for": {
        const items = itemsOf(machine, this.expressions.evaluate(statement.source, scope));
        for (let i = 0; i < items.length; i++) {
          machine.step();
          this.expressions.assign(statement.target, items[i]!, scope);
          const ending = this.block(statement.body, scope);
          if (ending === "break") break;
          if (typeof ending === "object") return ending;
        }
        return undefined;
      }
      case "while":
        while (isTrue(this.expressions.evaluate(statement.test, scope))) {
          machine.step();
          const ending = this.block(statement.body, scope);
          if (ending === "break") break;
          if (typeof ending === "object") return ending;
        }
        return undefined;
      case "if": {
        const isChosen = isTrue(this.expressions.evaluate(statement.test, scope));
        return this.block(isChosen ? statement.then : statement.otherwise, scope);
      }
      case "function": {
        const { name, parameters, body } = statement;
        scope.names.set(
          name,
          this.expressions.define(name, parameters, scope, (inner) => {
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
        return {
          value: statement.value ? this.expressions.evaluate(statement.value, scope) : null,
        };
      case "import":
        importNames(machine, this.library.modules, statement, scope.names);
        return undefined;
      case "pass":
        return undefined;
      default:
        return statement.kind;
    }
  }
}
