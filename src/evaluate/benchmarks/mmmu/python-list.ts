/** Lists of texts as Python writes them (`repr`): what some columns of published files hold. */

const MAX_LENGTH = 1 << 16;
const MAX_TEXTS = 64;

/** A quoted text: no line ends in it but escaped ones. */
const quoted = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/sy;
const blanks = /[ \t\n]*/y;

/**
 * The texts of a list such as `['a', "it's"]`. Nothing is evaluated, and nothing but quoted texts is
 * taken: no numbers, no names, no joined or prefixed texts.
 *
 * @throws SyntaxError that says where it stops being such a list
 */
export function parsePythonList(literal: string): string[] {
  if (literal.length > MAX_LENGTH) {
    throw new SyntaxError(`has ${literal.length} characters, more than ${MAX_LENGTH}`);
  }
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(literal);
    at += found?.[0].length ?? 0;
    return found;
  };
  const isNext = (sign: string): boolean => {
    take(blanks);
    const isFound = literal[at] === sign;
    if (isFound) at++;
    return isFound;
  };
  const fail = (expected: string): SyntaxError => {
    const found = at < literal.length ? JSON.stringify(literal.slice(at, at + 12)) : "the end";
    return new SyntaxError(`expected ${expected} at character ${at}, found ${found}`);
  };
  if (!isNext("[")) throw fail('"["');
  const texts: string[] = [];
  let isClosed = isNext("]");
  while (!isClosed) {
    take(blanks);
    const found = take(quoted);
    if (!found) throw fail("a quoted text");
    if (texts.length === MAX_TEXTS) throw new SyntaxError(`has more than ${MAX_TEXTS} texts`);
    texts.push(decodeEscapes(found[1] ?? found[2] ?? ""));
    isClosed = isNext("]");
    if (!isClosed && !isNext(",")) throw fail('"," or "]"');
  }
  take(blanks);
  if (at < literal.length) throw fail("nothing more");
  return texts;
}

const signs: Readonly<Record<string, string>> = {
  ...{ "\n": "", "\\": "\\", "'": "'", '"': '"' },
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};

/** Python's escapes; a backslash before anything else stays, as Python leaves it. */
const decodeEscapes = (text: string): string =>
  text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|(.))/gs,
    (whole, byte?: string, short?: string, long?: string, octal?: string, sign = "") => {
      const digits = byte ?? short ?? long;
      if (digits !== undefined) return character(Number.parseInt(digits, 16));
      if (octal !== undefined) return character(Number.parseInt(octal, 8));
      if (/^[xuUN]$/.test(sign)) throw new SyntaxError(`has the unfinished escape ${whole}`);
      return signs[sign] ?? whole;
    },
  );

function character(code: number): string {
  if (code <= 0x10ffff) return String.fromCodePoint(code);
  throw new SyntaxError(`has an escape beyond Unicode: ${code.toString(16)}`);
}
