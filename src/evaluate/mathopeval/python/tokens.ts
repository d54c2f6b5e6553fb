/** Text of a program to tokens, as Python's lexical analysis has them (indents as tokens). */

import { type Place, ProgramFailure } from "./failure.ts";

export type TokenKind =
  | "name"
  | "number"
  | "string"
  | "f-string"
  | "operator"
  | "newline"
  | "indent"
  | "dedent"
  | "end";

export interface Token extends Place {
  readonly kind: TokenKind;
  /** As written; of strings the content, of f-strings the content before braces are read. */
  readonly text: string;
}

const MAX_SOURCE = 100_000;
const MAX_INDENTS = 64;

const operators =
  /\*\*=|\/\/=|>>=|<<=|\*\*|\/\/|==|!=|<=|>=|->|:=|<<|>>|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|[-+*/%@&|^~<>()[\]{},:.;=]/y;
const numbers = /(?:0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y;
const names = /[\p{L}_][\p{L}\p{N}_]*/uy;
const prefixes = /([rRbBuUfF]{0,2})("""|'''|"|')/y;
const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "0": "\0",
  "\n": "",
};

/**
 * @param start place of the first character, for expressions inside of f-strings
 * @throws ProgramFailure for what is no Python
 */
export function tokenize(source: string, start: Place = { line: 1, column: 1 }): Token[] {
  if (source.length > MAX_SOURCE) {
    throw new ProgramFailure("limit", `the program has more than ${MAX_SOURCE} letters`, start);
  }
  const text = source.replace(/\r\n?/g, "\n");
  const tokens: Token[] = [];
  const indents = [0];
  let [at, line, lineStart, depth] = [0, start.line, 1 - start.column, 0];
  const place = (): Place => ({ line, column: at - lineStart + 1 });
  const fail = (what: string): never => {
    throw new ProgramFailure("syntax", what, place());
  };
  const push = (kind: TokenKind, content: string, where = place()): void => {
    tokens.push({ kind, text: content, ...where });
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const breakLine = (): void => {
    line++;
    lineStart = at;
  };
  let isLineStart = true;
  while (at < text.length) {
    if (isLineStart && depth === 0) {
      let width = 0;
      while (text[at] === " " || text[at] === "\t")
        width += text[at++] === "\t" ? 8 - (width % 8) : 1;
      isLineStart = false;
      if (text[at] === "\n" || text[at] === "#" || at === text.length) {
        // An empty line has no indent.
      } else if (width > indents.at(-1)!) {
        if (tokens.length === 0) fail("the first line is indented");
        if (indents.length >= MAX_INDENTS) fail("too many levels of indentation");
        indents.push(width);
        push("indent", "");
      } else {
        while (width < indents.at(-1)!) {
          indents.pop();
          push("dedent", "");
        }
        if (width !== indents.at(-1)) fail("this indentation matches no line before");
      }
      continue;
    }
    const c = text[at]!;
    if (c === "\n") {
      if (depth === 0 && tokens.length > 0 && tokens.at(-1)!.kind !== "newline") {
        const { kind } = tokens.at(-1)!;
        if (kind !== "indent" && kind !== "dedent") push("newline", "\n");
      }
      at++;
      breakLine();
      isLineStart = depth === 0;
    } else if (c === "#") {
      while (at < text.length && text[at] !== "\n") at++;
    } else if (/\s/.test(c) || c === "\uFEFF") {
      at++;
    } else if (c === "\\" && text[at + 1] === "\n") {
      at += 2;
      breakLine();
    } else if (match(prefixes)) {
      readString();
    } else {
      const number = match(numbers);
      const found = number ?? match(names) ?? match(operators);
      if (!found) return fail(`"${c}" begins nothing in Python`);
      const [word] = found;
      if (number && /^[\p{L}\p{N}_]/u.test(text.slice(at + word.length, at + word.length + 1))) {
        fail(`"${word}${text[at + word.length]}" is no number`);
      }
      if ("([{".includes(word)) depth++;
      if (")]}".includes(word)) depth = Math.max(0, depth - 1);
      push(number ? "number" : /^[\p{L}_]/u.test(word) ? "name" : "operator", word);
      at += word.length;
    }
  }
  if (tokens.length > 0 && tokens.at(-1)!.kind !== "newline") push("newline", "\n");
  for (let i = indents.length; i > 1; i--) push("dedent", "");
  push("end", "");
  return tokens;

  function readString(): void {
    const where = place();
    const [all, prefix = "", quote = ""] = match(prefixes)!;
    const flags = prefix.toLowerCase();
    if (flags.includes("b")) {
      throw new ProgramFailure("unsupported", "bytes (b-strings) are not supported", where);
    }
    at += all.length;
    const isRaw = flags.includes("r");
    const parts: string[] = [];
    while (!text.startsWith(quote, at)) {
      if (at >= text.length || (quote.length === 1 && text[at] === "\n")) {
        throw new ProgramFailure("syntax", "this string does not end", where);
      }
      if (text[at] === "\\" && at + 1 < text.length) {
        const next = text[at + 1]!;
        const code = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4}))/y;
        const coded = isRaw ? null : match(code);
        if (coded) parts.push(String.fromCharCode(Number.parseInt(coded[1] ?? coded[2]!, 16)));
        else parts.push((isRaw ? undefined : escapes[next]) ?? `\\${next}`);
        at += coded ? coded[0].length : 2;
        if (next === "\n") breakLine();
        continue;
      }
      parts.push(text[at]!);
      if (text[at++] === "\n") breakLine();
    }
    at += quote.length;
    push(flags.includes("f") ? "f-string" : "string", parts.join(""), where);
  }
}
