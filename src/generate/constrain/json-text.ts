/** JSON's own text: punctuation with a little white space, strings, any value. */

import { rangeSet } from "./byte-set.ts";
import { anyQuoted } from "./code-points.ts";
import type { GrammarBuilder, GrammarNode } from "./grammar.ts";
import { anyNumber } from "./numbers.ts";
import type { Regex, RegexStore } from "./regex-node.ts";

/** Most spaces of indentation behind a line end. */
const INDENTATION = 20;

/**
 * Nothing, one space, or a line end with indentation, wherever JSON lets white space be next to
 * brackets and behind commas and colons: pretty or compact, but never padding without end.
 */
function space(store: RegexStore): Regex {
  const blank = store.set(rangeSet(0x20));
  const line = store.seq(store.set(rangeSet(0x0a)), store.repeat(blank, 0, INDENTATION));
  return store.alt([blank, line, store.empty]);
}

export interface JsonText {
  readonly openObject: GrammarNode;
  readonly closeObject: GrammarNode;
  readonly emptyObject: GrammarNode;
  readonly openArray: GrammarNode;
  readonly closeArray: GrammarNode;
  readonly emptyArray: GrammarNode;
  readonly comma: GrammarNode;
  readonly colon: GrammarNode;
  readonly string: GrammarNode;
  readonly number: GrammarNode;
  /** Any object, array, or value. */
  readonly object: GrammarNode;
  readonly array: GrammarNode;
  readonly value: GrammarNode;
}

export function createJsonText(grammar: GrammarBuilder): JsonText {
  const { store } = grammar;
  const blank = space(store);
  const bytes = (text: string): Regex => store.literal(Buffer.from(text));
  const before = (text: string): GrammarNode => grammar.terminal(store.seq(blank, bytes(text)));
  const after = (text: string): GrammarNode => grammar.terminal(store.seq(bytes(text), blank));
  const around = (open: string, close: string): GrammarNode =>
    grammar.terminal(store.seq(bytes(open), blank, bytes(close)));
  const string = grammar.terminal(inQuotes(store, store.repeat(anyQuoted(store), 0)));
  const number = grammar.terminal(anyNumber(store));
  const [comma, colon] = [after(","), after(":")];
  const rules = {
    object: grammar.declare("an object"),
    array: grammar.declare("an array"),
    value: grammar.declare("a value"),
  };
  const [object, array, value] = [
    grammar.ref(rules.object),
    grammar.ref(rules.array),
    grammar.ref(rules.value),
  ];
  const text = {
    openObject: after("{"),
    closeObject: before("}"),
    emptyObject: around("{", "}"),
    openArray: after("["),
    closeArray: before("]"),
    emptyArray: around("[", "]"),
  };
  const pair = grammar.seq(string, colon, value);
  const list = (item: GrammarNode): GrammarNode =>
    grammar.seq(item, grammar.repeat(grammar.seq(comma, item), 0));
  grammar.define(
    rules.object,
    grammar.alt([text.emptyObject, grammar.seq(text.openObject, list(pair), text.closeObject)]),
  );
  grammar.define(
    rules.array,
    grammar.alt([text.emptyArray, grammar.seq(text.openArray, list(value), text.closeArray)]),
  );
  const word = grammar.terminal(store.alt([bytes("true"), bytes("false"), bytes("null")]));
  grammar.define(rules.value, grammar.alt([object, array, string, number, word]));
  return { ...text, comma, colon, string, number, object, array, value };
}

export function inQuotes(store: RegexStore, content: Regex): Regex {
  const quote = store.set(rangeSet(0x22));
  return store.seq(quote, content, quote);
}

/** One of many texts: alternatives by first byte, so that thousands stay narrow. */
export function oneOfTexts(store: RegexStore, texts: readonly string[]): Regex {
  const build = (list: readonly Uint8Array[], at: number): Regex => {
    const groups = new Map<number, Uint8Array[]>();
    let mayEnd = false;
    for (const bytes of list) {
      const byte = bytes[at];
      if (byte === undefined) mayEnd = true;
      else {
        const group = groups.get(byte);
        if (group) group.push(bytes);
        else groups.set(byte, [bytes]);
      }
    }
    const parts = [...groups].map(([byte, group]) =>
      group.length === 1
        ? store.literal(group[0]!.subarray(at))
        : store.seq(store.set(rangeSet(byte)), build(group, at + 1)),
    );
    return store.alt(mayEnd ? [...parts, store.empty] : parts);
  };
  return build(
    [...new Set(texts)].map((text) => Buffer.from(text)),
    0,
  );
}
