/** The subset's syntax trees. Every node knows its place. */

import type { Place } from "./failure.ts";

export type Expression = Place &
  (
    | { readonly kind: "constant"; readonly value: null | boolean | bigint | number | string }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "list" | "tuple"; readonly items: readonly Expression[] }
    | { readonly kind: "dict"; readonly entries: readonly (readonly [Expression, Expression])[] }
    | { readonly kind: "format"; readonly parts: readonly (string | FormatField)[] }
    | {
        readonly kind: "binary";
        readonly operator: string;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: "unary"; readonly operator: string; readonly operand: Expression }
    | {
        readonly kind: "compare";
        readonly operands: readonly Expression[];
        readonly operators: readonly string[];
      }
    | {
        readonly kind: "logic";
        readonly operator: "and" | "or";
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: "conditional";
        readonly test: Expression;
        readonly then: Expression;
        readonly otherwise: Expression;
      }
    | {
        readonly kind: "call";
        readonly callee: Expression;
        readonly positional: readonly Expression[];
        readonly named: readonly (readonly [string, Expression])[];
      }
    | { readonly kind: "attribute"; readonly object: Expression; readonly name: string }
    | { readonly kind: "item"; readonly object: Expression; readonly index: Expression }
    | {
        readonly kind: "slice";
        readonly start?: Expression;
        readonly stop?: Expression;
        readonly step?: Expression;
      }
    | {
        readonly kind: "lambda";
        readonly parameters: readonly Parameter[];
        readonly body: Expression;
      }
    | {
        readonly kind: "comprehension";
        readonly item: Expression;
        readonly loops: readonly {
          readonly target: Expression;
          readonly source: Expression;
          readonly conditions: readonly Expression[];
        }[];
      }
  );

/** `{value:spec}` of an f-string. */
export interface FormatField {
  readonly value: Expression;
  readonly spec: string;
}

export interface Parameter {
  readonly name: string;
  readonly fallback?: Expression;
}

export type Statement = Place &
  (
    | { readonly kind: "expression"; readonly value: Expression }
    | {
        readonly kind: "assign";
        readonly targets: readonly Expression[];
        readonly value: Expression;
      }
    | {
        readonly kind: "update";
        readonly target: Expression;
        readonly operator: string;
        readonly value: Expression;
      }
    | {
        readonly kind: "for";
        readonly target: Expression;
        readonly source: Expression;
        readonly body: readonly Statement[];
      }
    | { readonly kind: "while"; readonly test: Expression; readonly body: readonly Statement[] }
    | {
        readonly kind: "if";
        readonly test: Expression;
        readonly then: readonly Statement[];
        readonly otherwise: readonly Statement[];
      }
    | {
        readonly kind: "function";
        readonly name: string;
        readonly parameters: readonly Parameter[];
        readonly body: readonly Statement[];
      }
    | { readonly kind: "return"; readonly value?: Expression }
    | { readonly kind: "import"; readonly module: string; readonly names: readonly ImportedName[] }
    | { readonly kind: "pass" | "break" | "continue" }
  );

/** `name` of the module as `alias`; name "" is the module itself. */
export interface ImportedName {
  readonly name: string;
  readonly alias: string;
}
