/** JSON objects in what a model wrote: among thoughts, in code fences, cut off, or not there. */

import { isObject } from "../../checkpoint/json.ts";

/** More is no answer to a question of ours. */
const MOST_CHARACTERS = 50_000;
const MOST_STARTS = 100;

/** Objects that parse, outermost ones alone, in their order. Never throws. */
export function jsonObjects(text: string): Record<string, unknown>[] {
  const searched = text.slice(-MOST_CHARACTERS);
  const found: Record<string, unknown>[] = [];
  let at = searched.indexOf("{");
  for (let starts = 0; at >= 0 && starts < MOST_STARTS; starts++) {
    const end = endOf(searched, at);
    const value = end > 0 ? parse(searched.slice(at, end)) : undefined;
    if (value) found.push(value);
    at = searched.indexOf("{", value ? end : at + 1);
  }
  return found;
}

/** Where the brace that opens at `start` is closed, or -1. */
function endOf(text: string, start: number): number {
  let [depth, isQuoted] = [0, false];
  for (let i = start; i < text.length; i++) {
    const c = text[i];
    if (isQuoted && c === "\\") i++;
    else if (c === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (c === "{") depth++;
    else if (c === "}" && --depth === 0) return i + 1;
  }
  return -1;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
