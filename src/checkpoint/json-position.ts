/** Where a text stops being JSON: V8's own messages often do not say. */

/** What may come next; the sticky pattern of each token is tried in turn. */
type Expect = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or end" | "nothing";

const space = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings may not hold them raw.
const text = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const scalar = /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)/y;

/**
 * Offset of the first character that no JSON text could have there (the text's length when it
 * ends too early); undefined for valid JSON. Unlike a recursive reader it takes any depth.
 */
export function findJsonError(source: string): number | undefined {
  const open: ("{" | "[")[] = [];
  let at = 0;
  let expect: Expect = "value";

  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found) at += found[0].length;
    return found !== null;
  };
  const afterValue = (): Expect => (open.length > 0 ? "comma or end" : "nothing");

  for (;;) {
    take(space);
    if (at === source.length) return expect === "nothing" ? undefined : at;
    const char = source[at];
    const inObject = open.at(-1) === "{";
    const closes =
      (char === "]" && !inObject && (expect === "value or ]" || expect === "comma or end")) ||
      (char === "}" && inObject && (expect === "key or }" || expect === "comma or end"));
    if (closes) {
      open.pop();
      at++;
      expect = afterValue();
    } else if (expect === "key" || expect === "key or }") {
      if (!take(text)) return at;
      expect = "colon";
    } else if (expect === "colon" || expect === "comma or end") {
      if (char !== (expect === "colon" ? ":" : ",")) return at;
      at++;
      expect = expect === "comma or end" && inObject ? "key" : "value";
    } else if (expect === "nothing") {
      return at;
    } else if (char === "{" || char === "[") {
      open.push(char);
      at++;
      expect = char === "{" ? "key or }" : "value or ]";
    } else {
      if (!take(char === '"' ? text : scalar)) return at;
      expect = afterValue();
    }
  }
}
