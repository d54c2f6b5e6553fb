/** The columns that a template cannot do without. */

import type { Template } from "@huggingface/jinja";
import { isObject } from "../../checkpoint/json.ts";

type Node = Readonly<Record<string, unknown>>;

/**
 * Names of the document that are written out, looped over or passed on whatever the document holds:
 * those that only stand under a condition (`if`, `or`, `default`, `is defined`) may be missing. The
 * engine writes nothing for a missing one, and the question would be asked without it.
 */
export function requiredColumns({ parsed }: Template): string[] {
  const used = new Set<string>();
  const own = new Set(["loop", "none", "None", "true", "True", "false", "False"]);
  const nameOwn = (target: unknown): void => {
    if (!isObject(target)) return;
    if (target.type === "Identifier") own.add(String(target.value));
    else if (Array.isArray(target.value)) target.value.forEach(nameOwn);
  };
  const visit = (node: unknown): void => {
    if (!isObject(node)) return;
    if (node.type === "Identifier") used.add(String(node.value));
    if (node.type === "Set") nameOwn(node.assignee);
    if (node.type === "For") nameOwn(node.loopvar);
    unconditionalParts(node).forEach(visit);
  };
  visit(parsed);
  return [...used].filter((name) => !own.has(name));
}

/** What of a node is worked out in any case. */
function unconditionalParts(node: Node): readonly unknown[] {
  const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  switch (node.type) {
    case "Program":
      return listOf(node.body);
    case "For":
      return [node.iterable, ...listOf(node.body)];
    case "Set":
    case "KeywordArgumentExpression":
      return [node.value];
    case "MemberExpression":
      return [node.object, ...(node.computed ? [node.property] : [])];
    case "CallExpression": {
      // A function's name is no column's; a method's owner may be.
      const isMethod = isObject(node.callee) && node.callee.type === "MemberExpression";
      return [...(isMethod ? [node.callee] : []), ...listOf(node.args)];
    }
    case "FilterExpression":
      return hasDefault(node.filter) ? [] : [node.operand];
    case "BinaryExpression": {
      const isLogic = isObject(node.operator) && /^(or|and)$/.test(String(node.operator.value));
      return isLogic ? [] : [node.left, node.right];
    }
    case "UnaryExpression":
      return [node.argument];
    case "ArrayLiteral":
    case "TupleLiteral":
      return listOf(node.value);
    default:
      return [];
  }
}

function hasDefault(filter: unknown): boolean {
  const name = isObject(filter) && isObject(filter.callee) ? filter.callee : filter;
  return isObject(name) && (name.value === "default" || name.value === "d");
}
