/** Python's `.index()` in templates (`{{choices.label.index(answerKey)}}`), which the engine lacks. */

import type { Template } from "@huggingface/jinja";
import { isObject } from "../../checkpoint/json.ts";

const NAME = "onefold_index";

/** What a template with `replaceIndexCalls` renders with, beside the document. */
export const indexFunction = {
  [NAME](list: unknown, value: unknown): number {
    const index = typeof list === "string" ? list.indexOf(String(value)) : indexIn(list, value);
    if (index >= 0) return index;
    throw new Error(
      `index(): ${JSON.stringify(value)} is not in the ${typeof list === "string" ? "text" : "list"}`,
    );
  },
};

function indexIn(list: unknown, value: unknown): number {
  if (!Array.isArray(list)) throw new Error("index() needs a list or a text");
  // The engine hands over what it holds of a list's entries.
  return list.findIndex((entry) => (isObject(entry) ? entry.value : entry) === value);
}

/** Makes every `x.index(y)` of a parsed template a call of the function above. */
export function replaceIndexCalls({ parsed }: Template): void {
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    Object.values(node).forEach(visit);
    if (!isObject(node)) return;
    const { type, callee, args } = node;
    if (type !== "CallExpression" || !isObject(callee) || !Array.isArray(args)) return;
    const { object, property, computed } = callee;
    if (callee.type !== "MemberExpression" || computed || !isObject(property)) return;
    if (property.value !== "index") return;
    node.args = [object, ...args];
    node.callee = Object.assign(property, { value: NAME }); // the name becomes the function's
  };
  visit(parsed);
}
