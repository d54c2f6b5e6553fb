/** Fields of a document by Jinja, as lm-evaluation-harness has them. */

import { Template } from "@huggingface/jinja";
import type { JsonObject } from "../types.ts";
import { indexFunction, replaceIndexCalls } from "./jinja-index.ts";

/**
 * A column's name, or a template over the document.
 *
 * @param where file and key, for errors
 */
export function compileField(text: string, where: string): (doc: JsonObject) => unknown {
  let template: Template | undefined;
  const compiled = (): Template => {
    try {
      if (!template) {
        template = new Template(text);
        replaceIndexCalls(template);
      }
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`);
    }
    return template;
  };
  if (text.includes("{")) compiled();
  return (doc) => {
    if (Object.hasOwn(doc, text)) return doc[text];
    try {
      return compiled().render({ ...doc, ...indexFunction });
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`);
    }
  };
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
