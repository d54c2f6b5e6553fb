/** Grammars in EBNF as tokens. */

import { ConstraintError } from "./budget.ts";

export type EbnfToken =
  | { readonly kind: "name"; readonly text: string; readonly line: number }
  | { readonly kind: "sign"; readonly text: string; readonly line: number }
  /** Of a literal its text, of a class or regex its source. */
  | {
      readonly kind: "literal" | "class" | "regex";
      readonly text: string;
      readonly line: number;
      readonly ignoresCase: boolean;
    };

const MAX_LENGTH = 200_000;

const patterns: readonly [EbnfToken["kind"] | "skip", RegExp][] = [
  ["skip", /[ \t\r]+|#[^\n]*|\/\/[^\n]*/y],
  ["literal", /"(?:[^"\\\n]|\\[^\n])*"i?|'(?:[^'\\\n]|\\[^\n])*'i?/y],
  ["class", /\[(?:[^\]\\\n]|\\[^\n])*\]/y],
  ["regex", /\/(?:[^/\\\n]|\\[^\n])+\/[a-z]*/y],
  ["name", /[?!]?[A-Za-z_][\w-]*/y],
  ["sign", /::=|\{\d+(?:,\d*)?\}|\.\.|\.|~\s*\d+(?:\s*\.\.\s*\d+)?|->|[:=|()*+?;%]/y],
];

/** @throws ConstraintError naming the line of what is no part of a grammar */
export function lexEbnf(source: string): EbnfToken[] {
  if (source.length > MAX_LENGTH) {
    throw new ConstraintError(`a grammar has over ${MAX_LENGTH} characters; write a smaller one`);
  }
  const tokens: EbnfToken[] = [];
  let line = 1;
  for (let at = 0; at < source.length; ) {
    if (source[at] === "\n") {
      line++;
      at++;
      tokens.push({ kind: "sign", text: "\n", line });
      continue;
    }
    const found = match(source, at);
    if (!found) {
      throw new ConstraintError(
        `line ${line} of the grammar has ${JSON.stringify(source.slice(at, at + 12))}, which is no ` +
          "part of a rule",
      );
    }
    const [kind, text] = found;
    at += text.length;
    if (kind === "skip") continue;
    if (kind === "name" || kind === "sign") {
      tokens.push({ kind, text: kind === "name" ? text.replace(/^[?!]/, "") : text, line });
      continue;
    }
    const flags = /[a-z]*$/.exec(kind === "class" ? "" : text)![0];
    if (flags !== "" && flags !== "i") {
      throw new ConstraintError(
        `line ${line} of the grammar has the flags ${flags}; only i is known`,
      );
    }
    const body = text.slice(0, text.length - flags.length);
    tokens.push({
      kind,
      text: kind === "literal" ? unescaped(body.slice(1, -1), line) : trim(kind, body),
      line,
      ignoresCase: flags === "i",
    });
  }
  return tokens;
}

const trim = (kind: "class" | "regex", text: string): string =>
  kind === "regex" ? text.slice(1, -1) : text;

function match(source: string, at: number): [EbnfToken["kind"] | "skip", string] | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) return [kind, found[0]];
  }
  return undefined;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v" };

function unescaped(text: string, line: number): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g,
    (whole, x?: string, u?: string, long?: string, char?: string) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const point = Number.parseInt(hex, 16);
        if (point <= 0x10ffff) return String.fromCodePoint(point);
      } else if (char !== undefined) {
        if (Object.hasOwn(escapes, char)) return escapes[char]!;
        if (!/[A-Za-z0-9]/.test(char)) return char;
      }
      throw new ConstraintError(`line ${line} of the grammar has an unknown escape ${whole}`);
    },
  );
}
