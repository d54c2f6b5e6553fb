/** Fields of a document by Jinja, as lm-evaluation-harness has them. */

import { Template } from "@huggingface/jinja";
import type { Json, JsonObject } from "../types.ts";
import { indexFunction, replaceIndexCalls } from "./jinja-index.ts";
import { requiredColumns } from "./required-columns.ts";

/**
 * A column's name, or a template over the document. The function throws where the document lacks
 * the column, or one that the template needs.
 *
 * @param where file and key, for errors
 */
export function compileField(text: string, where: string): (doc: JsonObject) => unknown {
  let template: Template | undefined;
  let required: readonly string[] = [];
  const compiled = (): Template => {
    try {
      if (!template) {
        template = new Template(text);
        required = requiredColumns(template);
        replaceIndexCalls(template);
      }
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`);
    }
    return template;
  };
  if (text.includes("{")) compiled();
  return (doc) => {
    if (Object.hasOwn(doc, text)) return valueAt(doc, text, where);
    const whole = compiled();
    for (const column of required) valueAt(doc, column, where);
    try {
      return whole.render({ ...doc, ...indexFunction });
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`);
    }
  };
}

function valueAt(doc: JsonObject, column: string, where: string): Json {
  const value = Object.hasOwn(doc, column) ? doc[column] : undefined;
  if (value !== undefined && value !== null) return value;
  const names = Object.keys(doc).filter((key) => doc[key] !== null);
  throw new Error(`${where}: no value for "${column}"; the row has ${names.join(", ") || "none"}`);
}

/** A list as Python or JSON writes it: `['a', "b"]`, `[0, 1]`. */
export function parseList(text: string): unknown[] | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[") || !trimmed.endsWith("]")) return undefined;
  try {
    return JSON.parse(trimmed) as unknown[];
  } catch {}
  const inner = trimmed.slice(1, -1);
  const entry = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?))\s*(,|$)/y;
  const list: unknown[] = [];
  while (entry.lastIndex < inner.length) {
    const match = entry.exec(inner);
    if (!match) return undefined;
    const [, single, double, digits] = match;
    list.push(digits === undefined ? unquote(single ?? double ?? "") : Number(digits));
  }
  return list;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
const unquote = (text: string): string =>
  text.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
