/** Regular expressions as ECMAScript writes them (without flags other than u), as a tree. */

import { ConstraintError } from "./budget.ts";
import { type CodePoints, complement, normalise } from "./code-points.ts";

export type RegexTree =
  | { readonly kind: "set"; readonly points: CodePoints }
  | { readonly kind: "seq" | "alt"; readonly parts: readonly RegexTree[] }
  | { readonly kind: "repeat"; readonly part: RegexTree; readonly lo: number; readonly hi: number }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "ahead"; readonly part: RegexTree; readonly isNegative: boolean };

const MAX_LENGTH = 8192;
const MAX_DEPTH = 100;
const MAX_COUNT = 100_000;
/** Each costs a walk through Unicode, once. */
const MAX_PROPERTIES = 8;

const digits: CodePoints = [[0x30, 0x39]];
const wordChars = normalise([
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
]);
const spaces = normalise([
  [9, 13],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]);
const lineEnds = normalise([
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
]);
const classEscapes: Readonly<Record<string, CodePoints>> = {
  d: digits,
  D: complement(digits),
  w: wordChars,
  W: complement(wordChars),
  s: spaces,
  S: complement(spaces),
};
const controlEscapes: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** @throws ConstraintError what is wrong or not supported, and at which character */
export function parseRegex(pattern: string): RegexTree {
  if (pattern.length > MAX_LENGTH) {
    throw new ConstraintError(
      `a regex has ${pattern.length} characters, at most ${MAX_LENGTH} are allowed`,
    );
  }
  return new Parser(pattern).parse();
}

class Parser {
  private at = 0;
  private depth = 0;
  private newProperties = 0;
  private readonly pattern: string;
  private readonly chars: readonly string[];

  constructor(pattern: string) {
    this.pattern = pattern;
    this.chars = [...pattern];
  }

  parse(): RegexTree {
    const tree = this.alternatives();
    if (this.at < this.chars.length) throw this.wrong("a ) without its (");
    return tree;
  }

  private wrong(what: string): ConstraintError {
    const shown = JSON.stringify(
      this.pattern.length > 60 ? `${this.pattern.slice(0, 60)}…` : this.pattern,
    );
    return new ConstraintError(`the regex ${shown} has ${what} at character ${this.at + 1}`);
  }

  private take(text: string): boolean {
    if (!this.looksAt(text)) return false;
    this.at += text.length;
    return true;
  }

  private looksAt(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.chars[this.at + i] !== text[i]) return false;
    return true;
  }

  private alternatives(): RegexTree {
    if (++this.depth > MAX_DEPTH) throw this.wrong(`more than ${MAX_DEPTH} nested groups`);
    const parts = [this.sequence()];
    while (this.take("|")) parts.push(this.sequence());
    this.depth--;
    return parts.length === 1 ? parts[0]! : { kind: "alt", parts };
  }

  private sequence(): RegexTree {
    const parts: RegexTree[] = [];
    while (this.at < this.chars.length && !this.looksAt("|") && !this.looksAt(")")) {
      parts.push(this.repeated());
    }
    return parts.length === 1 ? parts[0]! : { kind: "seq", parts };
  }

  private repeated(): RegexTree {
    const part = this.atom();
    const counts = this.counts();
    if (!counts) return part;
    if (part.kind === "start" || part.kind === "end" || part.kind === "ahead") {
      throw this.wrong("a repeated ^, $ or lookahead, which is not supported,");
    }
    this.take("?"); // lazy or greedy: the language is the same
    if (this.looksAt("*") || this.looksAt("+") || this.looksAt("?")) {
      throw this.wrong("a repetition of a repetition");
    }
    return { kind: "repeat", part, ...counts };
  }

  private counts(): { lo: number; hi: number } | undefined {
    if (this.take("*")) return { lo: 0, hi: Infinity };
    if (this.take("+")) return { lo: 1, hi: Infinity };
    if (this.take("?")) return { lo: 0, hi: 1 };
    if (!this.looksAt("{")) return undefined;
    const text = this.chars.slice(this.at, this.at + 16).join("");
    const found = /^\{(\d+)(?:(,)(\d*))?\}/.exec(text);
    if (!found) throw this.wrong("a { that is no count (write \\{ for the character)");
    const lo = Number(found[1]);
    const hi = found[2] === undefined ? lo : found[3] === "" ? Infinity : Number(found[3]);
    if (lo > MAX_COUNT || (hi > MAX_COUNT && hi !== Infinity)) {
      throw this.wrong(`a count above ${MAX_COUNT}`);
    }
    if (hi < lo) throw this.wrong("a count whose numbers are out of order");
    this.at += found[0].length;
    return { lo, hi };
  }

  private atom(): RegexTree {
    const char = this.chars[this.at]!;
    if (char === "(") return this.group();
    if (char === "[") return { kind: "set", points: this.charClass() };
    if (char === "\\") {
      const next = this.chars[this.at + 1];
      if (next === "b" || next === "B") throw this.wrong(`\\${next}, which is not supported,`);
      return { kind: "set", points: this.escape() };
    }
    if ("*+?{".includes(char)) throw this.wrong(`a ${char} with nothing to repeat`);
    this.at++;
    if (char === ".") return { kind: "set", points: complement(lineEnds) };
    if (char === "^") return { kind: "start" };
    if (char === "$") return { kind: "end" };
    const point = char.codePointAt(0)!;
    return { kind: "set", points: [[point, point]] };
  }

  private group(): RegexTree {
    for (const lookbehind of ["(?<=", "(?<!"]) {
      if (this.looksAt(lookbehind)) throw this.wrong("a lookbehind, which is not supported,");
    }
    const isNegative = this.looksAt("(?!");
    const isAhead = isNegative || this.looksAt("(?=");
    const start = this.at;
    if (isAhead) this.at += 3;
    else if (!this.take("(?:")) {
      const name = /^\(\?<[\p{L}_$][\p{L}\p{N}_$]*>/u.exec(
        this.chars.slice(this.at, this.at + 80).join(""),
      );
      if (name) this.at += [...name[0]].length;
      else if (this.looksAt("(?")) throw this.wrong("a kind of group that is not supported");
      else this.at++;
    }
    const part = this.alternatives();
    if (!this.take(")")) {
      this.at = start;
      throw this.wrong("a ( without its )");
    }
    return isAhead ? { kind: "ahead", part, isNegative } : part;
  }

  private charClass(): CodePoints {
    const start = this.at++;
    const isNegated = this.take("^");
    const ranges: (readonly [number, number])[] = [];
    while (!this.take("]")) {
      if (this.at >= this.chars.length) {
        this.at = start;
        throw this.wrong("a [ without its ]");
      }
      const from = this.classAtom();
      const next = this.chars[this.at + 1];
      if (this.looksAt("-") && next !== undefined && next !== "]") {
        this.at++;
        const to = this.classAtom();
        const [a, b] = [single(from), single(to)];
        if (a === undefined || b === undefined || a > b) {
          throw this.wrong("a range that is out of order or not between characters");
        }
        ranges.push([a, b]);
      } else ranges.push(...from);
    }
    const points = normalise(ranges);
    return isNegated ? complement(points) : points;
  }

  private classAtom(): CodePoints {
    const char = this.chars[this.at]!;
    if (char === "\\") return this.escape(true);
    this.at++;
    const point = char.codePointAt(0)!;
    return [[point, point]];
  }

  private escape(isInClass = false): CodePoints {
    const rest = this.chars.slice(this.at + 1, this.at + 60).join("");
    const found = (length: number, point: number): CodePoints => {
      if (point > 0x10ffff) throw this.wrong("a code point above U+10FFFF");
      this.at += 1 + length;
      return [[point, point]];
    };
    const hex = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,8})\})/.exec(rest);
    if (hex) return this.hexEscape(hex[0], rest);
    const property = /^([pP])\{([\w=]{1,50})\}/.exec(rest);
    if (property) {
      if (!properties.has(property[2]!) && ++this.newProperties > MAX_PROPERTIES) {
        throw this.wrong(`more than ${MAX_PROPERTIES} different properties, seen`);
      }
      const points = propertyPoints(property[2]!);
      if (!points) throw this.wrong(`an unknown property \\${property[0]}`);
      this.at += 1 + property[0].length;
      return property[1] === "P" ? complement(points) : points;
    }
    const [char] = rest;
    if (char === undefined) throw this.wrong("a \\ with nothing behind it");
    if (Object.hasOwn(classEscapes, char)) {
      this.at += 2;
      return classEscapes[char]!;
    }
    if (Object.hasOwn(controlEscapes, char)) return found(1, controlEscapes[char]!);
    if (char === "0" && !/^0\d/.test(rest)) return found(1, 0);
    if (char === "b" && isInClass) return found(1, 8);
    const control = /^c([A-Za-z])/.exec(rest);
    if (control) return found(2, control[1]!.charCodeAt(0) & 31);
    if (/^[\dk]/.test(rest)) throw this.wrong("a backreference, which is not supported,");
    if (/^[A-Za-z]/.test(rest)) throw this.wrong(`an unknown escape \\${char}`);
    return found(1, rest.codePointAt(0)!);
  }

  /** `\xHH`, `\uHHHH` (two that are a surrogate pair are one character) or `\u{H…}`. */
  private hexEscape(text: string, rest: string): CodePoints {
    const value = Number.parseInt(text.replace(/[xu{}]/g, ""), 16);
    if (value > 0x10ffff) throw this.wrong("a code point above U+10FFFF");
    const low = /^\\u([dD][c-fC-F][0-9a-fA-F]{2})/.exec(rest.slice(text.length));
    const isPair = value >= 0xd800 && value < 0xdc00 && text.length === 5 && low !== null;
    const point = isPair
      ? 0x10000 + ((value & 0x3ff) << 10) + (Number.parseInt(low[1]!, 16) & 0x3ff)
      : value;
    this.at += 1 + text.length + (isPair ? 6 : 0);
    return [[point, point]];
  }
}

function single(points: CodePoints): number | undefined {
  const [range] = points;
  return points.length === 1 && range![0] === range![1] ? range![0] : undefined;
}

const properties = new Map<string, CodePoints>();

/** Code points with a Unicode property, as this platform's tables have it. */
function propertyPoints(name: string): CodePoints | undefined {
  const known = properties.get(name);
  if (known) return known;
  let runs: RegExp;
  try {
    runs = new RegExp(`\\p{${name}}+`, "gu");
  } catch {
    return undefined;
  }
  const ranges: [number, number][] = [];
  const add = (from: number, to: number): void => {
    const last = ranges.at(-1);
    if (last && last[1] === from - 1) last[1] = to;
    else ranges.push([from, to]);
  };
  for (const [first, last, isUniform] of planes) {
    if (isUniform) {
      if (String.fromCodePoint(first).search(runs) === 0) add(first, last);
      continue;
    }
    const width = first < 0x10000 ? 1 : 2;
    for (let start = first; start < last; start += BLOCK) {
      for (const { 0: run, index } of blockText(start).matchAll(runs)) {
        add(start + index / width, start + (index + run.length) / width - 1);
      }
    }
  }
  // Properties and scripts are a few hundred; what names them is bounded by the platform.
  properties.set(name, ranges);
  return ranges;
}

/** Planes of Unicode; those without characters, and for private use, are alike throughout. */
const planes: readonly (readonly [number, number, boolean])[] = [
  [0, 0xd7ff, false],
  [0xe000, 0xffff, false],
  [0x10000, 0x3ffff, false],
  [0x40000, 0xdffff, true],
  [0xe0000, 0xeffff, false],
  [0xf0000, 0x10ffff, true],
];
const BLOCK = 0x400;

const blockText = (start: number): string =>
  String.fromCodePoint(...Array.from({ length: BLOCK }, (_, i) => start + i));
