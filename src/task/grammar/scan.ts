/** An instruction's text as tokens: slots are read, the rest is text and punctuation. */

import { InstructionError } from "./instruction-error.ts";
import type { Modalities, Modality } from "./modality.ts";
import { nearest } from "./suggest.ts";

export interface RawAttribute {
  readonly key: string;
  /** Undefined for a flag. */
  readonly value: { readonly text: string; readonly isQuoted: boolean } | undefined;
  readonly position: number;
}

export interface SlotToken {
  readonly kind: "slot";
  readonly modality: Modality;
  /** Its number among the slots where it has no name of its own. */
  readonly name: string;
  readonly isNamed: boolean;
  readonly attributes: readonly RawAttribute[];
  readonly position: number;
}

export interface TextToken {
  /** Parentheses are text unless they turn out to be a group's. */
  readonly kind: "text" | "(" | ")" | ")*";
  readonly value: string;
  readonly position: number;
}

export interface Break {
  readonly kind: "->" | "|||";
  readonly position: number;
}

export type Token = SlotToken | TextToken | Break;

const plain = /[^\\[()|-]+|./suy;
const special = /\\([\\[()]|->|\|\|\|)|->|\|\|\||\)\*|[()]/y;
const opening = /\[(\s*)([A-Za-z][A-Za-z_]*)(\s*)/y;

/**
 * `\[`, `\(`, `\)`, `\->`, `\|||` and `\\` are text; any other backslash stands for itself.
 * @throws InstructionError at a slot that is not well formed, or of no known modality
 */
export function scan(text: string, modalities: Modalities): Token[] {
  const tokens: Token[] = [];
  let slots = 0;
  let at = 0;
  while (at < text.length) {
    const slot = text[at] === "[" ? readSlot(text, at, String(slots), modalities) : undefined;
    if (slot) {
      slots++;
      tokens.push(slot.token);
      at = slot.end;
      continue;
    }
    const found = match(special, text, at);
    const [value] = found ?? match(plain, text, at)!;
    if (value === "->" || value === "|||") tokens.push({ kind: value, position: at });
    else if (value === "(" || value === ")" || value === ")*")
      tokens.push({ kind: value, value, position: at });
    else tokens.push({ kind: "text", value: found?.[1] ?? value, position: at });
    at += value.length;
  }
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** @returns undefined where the bracket is plain text, as in `[1]` or `[not a slot]` */
function readSlot(
  text: string,
  position: number,
  place: string,
  modalities: Modalities,
): { readonly token: SlotToken; readonly end: number } | undefined {
  const head = match(opening, text, position);
  if (!head) return undefined;
  const [whole, before, type, after] = [head[0], head[1]!, head[2]!, head[3]!];
  const modality = modalities.get(type);
  const isClosed = /^[:,\]]$/.test(text.charAt(position + whole.length));
  const isCapital = type === type.toUpperCase();
  const looksLikeSlot = isClosed && (isCapital || modalities.has(type.toUpperCase()));
  if (!modality && !looksLikeSlot) return undefined;

  const refuse = (at: number, problem: string): never => {
    throw new InstructionError(text, at, problem);
  };
  if (!modality) {
    const near = nearest(type.toUpperCase(), [...modalities.keys()]);
    const hint = near ? `did you mean ${near}?` : "write '\\[' for a bracket in the text";
    const known = [...modalities.keys()].join(", ");
    return refuse(position + 1, `unknown modality '${type}' (expected one of ${known}); ${hint}`);
  }
  if (before) refuse(position + 1, `a slot has no blanks: expected '[${type}'`);
  if (after && isClosed) refuse(position + 1 + type.length, "a slot has no blanks");

  let at = position + 1 + type.length;
  /** Takes what `pattern` finds here. */
  const take = (pattern: RegExp): string | undefined => {
    const found = match(pattern, text, at)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const expected = (what: string): never => {
    const got = at < text.length ? `'${String.fromCodePoint(text.codePointAt(at)!)}'` : "the end";
    return refuse(at, `expected ${what} in the slot that starts '[${type}', got ${got}`);
  };
  const isNamed = take(/:/y) !== undefined;
  const name = isNamed ? (take(/\w+/y) ?? expected("a name after ':'")) : place;
  if (name === "__proto__") refuse(position, "no slot may be named '__proto__'");
  const attributes: RawAttribute[] = [];
  while (take(/,/y)) {
    const start = at;
    const key = take(/\w+/y) ?? expected("an attribute after ','");
    const value = take(/=/y) ? readValue(take, expected, key) : undefined;
    attributes.push({ key, value, position: start });
  }
  if (!take(/\]/y)) expected(isNamed || attributes.length > 0 ? "',' or ']'" : "':', ',' or ']'");
  return { token: { kind: "slot", modality, name, isNamed, attributes, position }, end: at };
}

function readValue(
  take: (pattern: RegExp) => string | undefined,
  expected: (what: string) => never,
  key: string,
): RawAttribute["value"] {
  const quoted = take(/"(?:\\["\\]|[^"\\])*"/y);
  if (quoted) return { text: quoted.slice(1, -1).replace(/\\(["\\])/g, "$1"), isQuoted: true };
  const bare = take(/[-+.\w]+/y);
  if (bare) return { text: bare, isQuoted: false };
  return expected(`a value after '${key}=' (a name, a number or a quoted string)`);
}
