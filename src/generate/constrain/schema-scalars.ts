/** Strings and numbers of a JSON Schema as terminals. */

import { anyCodePoint, anyQuoted, quoted } from "./code-points.ts";
import { formats } from "./formats.ts";
import type { GrammarBuilder, GrammarNode } from "./grammar.ts";
import { inQuotes } from "./json-text.ts";
import { anyNumber, decimalRange, integerRange, multiplesOf } from "./numbers.ts";
import { compileTree } from "./regex-compile.ts";
import type { Regex } from "./regex-node.ts";
import { parseRegex } from "./regex-parse.ts";
import { type ObjectItem, readCount, readNumber, readString, refuse } from "./schema-reader.ts";

/** Content of the strings that meet all of the schemas; undefined where nothing is asked of them. */
export function stringContent(
  { store }: GrammarBuilder,
  items: readonly ObjectItem[],
): Regex | undefined {
  let lo = 0;
  let hi = Infinity;
  const conditions: Regex[] = [];
  for (const item of items) {
    lo = Math.max(lo, readCount(item, "minLength") ?? 0);
    hi = Math.min(hi, readCount(item, "maxLength") ?? Infinity);
    const pattern = readString(item, "pattern");
    const format = readString(item, "format");
    const add = (source: string, match: "whole" | "search"): void => {
      try {
        conditions.push(compileTree(store, parseRegex(source), { spelling: quoted, match }));
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        throw refuse(item.path, error.message);
      }
    };
    if (pattern !== undefined) add(pattern, "search");
    if (format === undefined) continue;
    if (Object.hasOwn(formats, format)) add(formats[format]!, "whole");
    else if (pattern === undefined) {
      throw refuse(
        item.path,
        `the format ${JSON.stringify(format.slice(0, 60))} is not supported; give a pattern, or one ` +
          `of ${Object.keys(formats).join(", ")}`,
      );
    }
  }
  if (lo > hi) return store.none;
  const isCounted = lo > 0 || hi < Infinity;
  if (conditions.length === 0) {
    return isCounted ? store.repeat(anyQuoted(store), lo, hi) : undefined;
  }
  if (isCounted) conditions.push(store.repeat(quoted(store, anyCodePoint), lo, hi));
  return store.and(conditions);
}

export function stringNode(
  grammar: GrammarBuilder,
  items: readonly ObjectItem[],
  anyString: GrammarNode,
): GrammarNode {
  const content = stringContent(grammar, items);
  if (!content) return anyString;
  const { store } = grammar;
  return store.isLive(content) ? grammar.terminal(inQuotes(store, content)) : grammar.never;
}

export function numberNode(
  grammar: GrammarBuilder,
  items: readonly ObjectItem[],
  isInteger: boolean,
): GrammarNode {
  const { store } = grammar;
  const bounds = { min: -Infinity, max: Infinity, isMinOpen: false, isMaxOpen: false };
  const atLeast = (value: number | undefined, isOpen: boolean): void => {
    if (value === undefined || value < bounds.min) return;
    bounds.isMinOpen = value === bounds.min ? bounds.isMinOpen || isOpen : isOpen;
    bounds.min = value;
  };
  const atMost = (value: number | undefined, isOpen: boolean): void => {
    if (value === undefined || value > bounds.max) return;
    bounds.isMaxOpen = value === bounds.max ? bounds.isMaxOpen || isOpen : isOpen;
    bounds.max = value;
  };
  const conditions: Regex[] = [];
  for (const item of items) {
    atLeast(readNumber(item, "minimum"), false);
    atLeast(readNumber(item, "exclusiveMinimum"), true);
    atMost(readNumber(item, "maximum"), false);
    atMost(readNumber(item, "exclusiveMaximum"), true);
    const divisor = readNumber(item, "multipleOf");
    if (divisor === undefined) continue;
    const multiples = multiplesOf(store, divisor);
    if (!multiples) {
      const known = "an integer up to 1,000,000 or a power of ten such as 0.01";
      throw refuse(item.path, `multipleOf must be ${known}`);
    }
    conditions.push(multiples);
  }
  const isBounded = bounds.min > -Infinity || bounds.max < Infinity;
  if (isInteger) conditions.push(integerRange(store, ...wholeBounds(bounds)));
  else if (isBounded) conditions.push(decimalRange(store, bounds));
  else if (conditions.length === 0) conditions.push(anyNumber(store));
  const regex = store.and(conditions);
  return store.isLive(regex) ? grammar.terminal(regex) : grammar.never;
}

function wholeBounds(bounds: {
  min: number;
  max: number;
  isMinOpen: boolean;
  isMaxOpen: boolean;
}): [bigint | undefined, bigint | undefined] {
  const lo = Math.ceil(bounds.min);
  const hi = Math.floor(bounds.max);
  const isLoOpen = bounds.isMinOpen && lo === bounds.min;
  const isHiOpen = bounds.isMaxOpen && hi === bounds.max;
  return [
    Number.isFinite(lo) ? BigInt(lo) + (isLoOpen ? 1n : 0n) : undefined,
    Number.isFinite(hi) ? BigInt(hi) - (isHiOpen ? 1n : 0n) : undefined,
  ];
}
