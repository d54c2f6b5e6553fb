/** Objects and arrays of a JSON Schema. */

import { anyCodePoint, quoted } from "./code-points.ts";
import type { GrammarBuilder, GrammarNode } from "./grammar.ts";
import { inQuotes, type JsonText } from "./json-text.ts";
import type { Regex } from "./regex-node.ts";
import {
  below,
  has,
  type ObjectItem,
  readCount,
  readProperties,
  readRequired,
  readSchemas,
  refuse,
  type SchemaItem,
} from "./schema-reader.ts";

/** What containers need of the compiler. */
export interface SchemaContext {
  readonly grammar: GrammarBuilder;
  readonly text: JsonText;
  /** Values that meet all of the schemas. */
  compile(items: readonly SchemaItem[]): GrammarNode;
  /** Content of strings that meet all of the schemas, each character written in one way. */
  nameContent(items: readonly SchemaItem[]): Regex;
}

/** Properties in the order of their declaration, then others where they are allowed. */
export function objectNode(context: SchemaContext, items: readonly ObjectItem[]): GrammarNode {
  const { grammar, text } = context;
  const declared = items.map(readProperties);
  const required = new Set(items.flatMap(readRequired));
  const names = new Set([...declared.flatMap((properties) => [...properties.keys()]), ...required]);
  const rest = items.flatMap((item) => keywordSchema(item, "additionalProperties"));
  const nameRules = items.flatMap((item) => keywordSchema(item, "propertyNames"));
  const nameContent = nameRules.length > 0 ? context.nameContent(nameRules) : undefined;

  const pairs: { node: GrammarNode; isRequired: boolean }[] = [];
  for (const name of names) {
    const isRequired = required.has(name);
    const schemas = items.flatMap((item, i) => {
      const own = declared[i]!.get(name);
      return own ? [own] : keywordSchema(item, "additionalProperties");
    });
    const isNamed =
      !nameContent || matches(grammar, nameContent, JSON.stringify(name).slice(1, -1));
    const value = isNamed ? context.compile(schemas) : grammar.never;
    if (value === grammar.never && !isRequired) continue;
    const key = grammar.text(JSON.stringify(name));
    pairs.push({ node: grammar.seq(key, text.colon, value), isRequired });
  }
  const other = otherPair(context, [...names], rest, nameContent);
  return membersNode(context, pairs, other);
}

/** A property that is not declared, or never. */
function otherPair(
  context: SchemaContext,
  names: readonly string[],
  schemas: readonly SchemaItem[],
  nameContent: Regex | undefined,
): GrammarNode {
  const { grammar, text } = context;
  const value = context.compile(schemas);
  if (value === grammar.never) return value;
  const { store } = grammar;
  if (names.length === 0 && !nameContent) return grammar.seq(text.string, text.colon, value);
  const any = store.repeat(quoted(store, anyCodePoint), 0);
  const taken = names.map((name) => store.literal(Buffer.from(JSON.stringify(name).slice(1, -1))));
  const content = store.and([nameContent ?? any, store.not(store.alt(taken))]);
  if (!store.isLive(content)) return grammar.never;
  return grammar.seq(grammar.terminal(inQuotes(store, content)), text.colon, value);
}

function membersNode(
  { grammar, text }: SchemaContext,
  pairs: readonly { node: GrammarNode; isRequired: boolean }[],
  other: GrammarNode,
): GrammarNode {
  const { comma, openObject, closeObject, emptyObject } = text;
  const more = grammar.repeat(grammar.seq(comma, other), 0);
  /** What follows the i-th place: behind another member, and as the first. */
  let behind = grammar.seq(more, closeObject);
  let first = grammar.seq(other, more, closeObject);
  let mayBeEmpty = true;
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { node, isRequired } = pairs[i]!;
    const here = grammar.seq(node, behind);
    const next = grammar.seq(comma, here);
    behind = isRequired ? next : grammar.alt([next, behind]);
    first = isRequired ? here : grammar.alt([here, first]);
    mayBeEmpty &&= !isRequired;
  }
  const full = grammar.seq(openObject, first);
  return mayBeEmpty ? grammar.alt([emptyObject, full]) : full;
}

export function arrayNode(context: SchemaContext, items: readonly ObjectItem[]): GrammarNode {
  const { grammar, text } = context;
  const { comma, openArray, closeArray, emptyArray } = text;
  let min = 0;
  let max = Infinity;
  for (const item of items) {
    if (Array.isArray(item.schema.items)) {
      throw refuse(item.path, "items as a list is of an old draft; write prefixItems");
    }
    min = Math.max(min, readCount(item, "minItems") ?? 0);
    max = Math.min(max, readCount(item, "maxItems") ?? Infinity);
  }
  const prefixes = items.map((item) => readSchemas(item, "prefixItems"));
  const rest = context.compile(items.flatMap((item) => keywordSchema(item, "items")));
  const places: GrammarNode[] = [];
  const count = Math.max(0, ...prefixes.map((prefix) => prefix.length));
  for (let i = 0; i < count; i++) {
    const schemas = items.flatMap((item, n) => {
      const own = prefixes[n]![i];
      return own ? [own] : keywordSchema(item, "items");
    });
    places.push(context.compile(schemas));
  }
  if (rest === grammar.never) max = Math.min(max, places.length);
  const never = places.indexOf(grammar.never);
  if (never >= 0) max = Math.min(max, never);
  if (min > max) return grammar.never;
  const place = (i: number): GrammarNode => places[i] ?? rest;

  // From the end: what follows the item before place i.
  const known = Math.min(max, Math.max(places.length, 1));
  const [least, most] = [Math.max(min - known, 0), max - known];
  let behind = grammar.seq(grammar.repeat(grammar.seq(comma, rest), least, most), closeArray);
  for (let i = known - 1; i >= 1; i--) {
    const next = grammar.seq(comma, place(i), behind);
    behind = i >= min ? grammar.alt([next, closeArray]) : next;
  }
  const full = max > 0 ? grammar.seq(openArray, place(0), behind) : grammar.never;
  return min === 0 ? grammar.alt([emptyArray, full]) : full;
}

/** The schema of a keyword, none where the keyword is missing. */
function keywordSchema(item: ObjectItem, key: string): SchemaItem[] {
  return has(item, key) ? [{ schema: item.schema[key], path: below(item, key) }] : [];
}

function matches({ store }: GrammarBuilder, regex: Regex, text: string): boolean {
  let state = regex;
  for (const byte of Buffer.from(text)) state = store.step(state, byte);
  return state.nullable;
}
