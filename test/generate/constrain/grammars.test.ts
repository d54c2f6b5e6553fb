import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { compileGrammar, compileRegex } from "../../../src/generate/index.ts";
import type { Tokenizer } from "../../../src/media/text/index.ts";
import { accepts, allowedIds, randomText, smallTokenizer } from "./walk.ts";

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await smallTokenizer();
});

const random = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));

describe("regexes", () => {
  test.each([
    ["(yes|no)( please)?", ["yes", "no please"], ["", "yess", "no  please"]],
    ["[a-cé-ü]{2,3}", ["ab", "éüc"], ["a", "abcd", "xy"]],
    ["\\d+(?:\\.\\d+)?|[^\\d\\s]*", ["12", "1.5", "", "abc"], ["1.", "a b"]],
    ["\\p{Lu}\\p{Ll}+", ["Ab", "Éé"], ["ab", "A1"]],
    ["(?=.*[0-9])(?!.*xx)[a-z0-9]{3}", ["ab1", "9zz"], ["abc", "1xx"]],
    ["a.c", ["abc", "a😀c"], ["a\nc"]],
    ["(?:(?:a)*)*a(?=1)\\da", ["a1a", "aaa1a"], ["1a", "aa", "a1"]],
    ["(?:(?:a|(?:b)*){1,40})*(?=1)\\d", ["1", "abba1"], ["ab", "2"]],
    ["(?:(?:a+)+){2,3}(?!.*b)c?", ["aa", "aaaac"], ["a", "aab"]],
    ["^(?<n>a|b)+$", ["abba"], ["c"]],
    ["\\u{1F600}|\\x41|\\uD83D\\uDE01", ["😀", "A", "😁"], ["B"]],
  ])("%s", (pattern, yes, no) => {
    const compiled = compileRegex(pattern, tokenizer);
    for (const text of yes) expect(accepts(compiled, tokenizer, text), text).toBe(true);
    for (const text of no) expect(accepts(compiled, tokenizer, text), text).toBe(false);
  });

  test("what is wrong is told with its place", () => {
    const at = (pattern: string) => () => compileRegex(pattern, tokenizer);
    expect(at("a(b")).toThrow('the regex "a(b" has a ( without its ) at character 2');
    expect(at("(a)\\1")).toThrow("a backreference, which is not supported, at character 4");
    expect(at("a{3,1}")).toThrow("a count whose numbers are out of order");
    expect(at("\\bx")).toThrow("\\b, which is not supported");
    expect(at("a(?=b)c")).toThrow("the regex matches no text");
    expect(at("(".repeat(5000))).toThrow("more than 100 nested groups");
    expect(at("a".repeat(10_000))).toThrow("at most 8192 are allowed");
  });
});

/** Small random regexes that JavaScript reads the same. */
const { regex } = fc.letrec<{ regex: string }>((tie) => ({
  regex: fc.oneof(
    { maxDepth: 4, depthIdentifier: "regex" },
    fc.constantFrom("a", "b", "[ab]", "[^a]", ".", "é", "\\d", "1"),
    fc.tuple(tie("regex"), tie("regex")).map(([x, y]) => `${x}${y}`),
    fc.tuple(tie("regex"), tie("regex")).map(([x, y]) => `(?:${x}|${y})`),
    fc
      .tuple(tie("regex"), fc.constantFrom("*", "+", "?", "{0,2}", "{2}", "{1,40}"))
      .map(([x, count]) => `(?:${x})${count}`),
    fc.tuple(tie("regex"), tie("regex")).map(([x, y]) => `(?=${x})${y}`),
    fc.tuple(tie("regex"), tie("regex")).map(([x, y]) => `(?!${x})${y}`),
  ),
}));
/** No lookahead inside a repetition, which is refused. */
const plainRegex = regex.filter((source) => !/\(\?[=!].*\)[*+?{]/.test(source));

test("regexes take the texts that JavaScript's take", { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(
      plainRegex,
      fc.array(fc.string({ unit: fc.constantFrom("a", "b", "1", "é", "\n"), maxLength: 6 }), {
        minLength: 8,
        maxLength: 8,
      }),
      random,
      (source, texts, stream) => {
        const oracle = new RegExp(`^(?:${source})$`, "u");
        let compiled: ReturnType<typeof compileRegex>;
        try {
          compiled = compileRegex(source, tokenizer);
        } catch (error) {
          expect(String(error)).toContain("matches no text");
          for (const text of texts) expect(oracle.test(text)).toBe(false);
          return;
        }
        for (const text of texts) {
          expect(accepts(compiled, tokenizer, text), `${source} on ${text}`).toBe(
            oracle.test(text),
          );
        }
        const found = randomText(compiled, tokenizer, () => stream.next().value ?? 0, 12);
        if (found !== undefined) expect(oracle.test(found), found).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

describe("grammars", () => {
  const check = (source: string, yes: readonly string[], no: readonly string[]): void => {
    const compiled = compileGrammar(source, tokenizer);
    for (const text of yes) expect(accepts(compiled, tokenizer, text), text).toBe(true);
    for (const text of no) expect(accepts(compiled, tokenizer, text), text).toBe(false);
  };

  test("GBNF: arithmetic", () => {
    check(
      `root  ::= expr   # the whole
       expr  ::= term ([-+] term)*
       term  ::= num | "(" expr ")"
         | "-" term
       num   ::= [0-9]+ ("." [0-9]{1,2})?`,
      ["1", "1+2-(3.5+-4)", "((((1))))"],
      ["", "1+", "(1", "1.234", "1)"],
    );
  });

  test("GBNF: JSON, whose strings are one terminal", () => {
    check(
      `root ::= object
       value ::= object | array | string | number | "true" | "false" | "null"
       object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
       array ::= "[" ws ( value ("," ws value)* )? "]" ws
       string ::= "\\"" ( [^"\\\\\\x00-\\x1F] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4}) )* "\\"" ws
       number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ws
       ws ::= [ \\n]{0,4}`,
      ['{"a": [1, {"b": "é\\n"}], "c": null}', "{}"],
      ["[]", '{"a"}', '{"a": 01}'],
    );
  });

  test("Lark: terminals, ranges, counts, either case", () => {
    check(
      `?start: greeting NAME ("," NAME)~0..2 "!"
       greeting: "hello"i " " -> said
              | "bye "
       NAME: /[A-Z]/ LOWER+
       LOWER: "a".."z"`,
      ["Hello Ada!", "HELLO Ada,Bob,Cy!", "bye Al!"],
      ["hello ada!", "BYE Al!", "bye Ada,Bob,Cy,Di!"],
    );
  });

  test("what is wrong is told with its line or rule", () => {
    const at = (source: string) => () => compileGrammar(source, tokenizer);
    expect(at('root ::= a "x"')).toThrow("line 1 of the grammar names the rule a");
    expect(at('a ::= "x"')).toThrow("the grammar has no rule named root or start");
    expect(at('root ::= root "x" | "y"')).toThrow("the rule root is left-recursive");
    expect(at('root ::= a\na ::= b? a2\nb ::= "x"\na2 ::= a "y" | "z"')).toThrow("left-recursive");
    expect(at('root ::= "x" root')).toThrow("the rule root can never end");
    expect(at('start: "a"\n%ignore " "')).toThrow("line 2 of the grammar has a directive");
    expect(at('root ::= ("a"')).toThrow("has a ( without its )");
    expect(at("root ::= $")).toThrow('has "$", which is no part of a rule');
    expect(at('root ::= "a"\nroot ::= "b"')).toThrow("defines the rule root a second time");
    expect(at("root ::= /(?<=a)b/")).toThrow("a lookbehind, which is not supported");
    expect(at(`root ::= ${"(".repeat(300)}`)).toThrow("nests over 200 groups");
  });
});

/** Characters of all kinds in counts and classes that the vocabulary's slices tell apart. */
const classes = fc.constantFrom(
  ".",
  "[^x]",
  "[a-z ]",
  "\\p{L}",
  '[^é"]',
  "[ -~]",
  "[A-Z0-9→]",
  "[^ .]",
);
const counted = fc
  .tuple(classes, fc.constantFrom("*", "+", "{2,4}", "{1,60}", "{3}"))
  .map(([chars, count]) => chars + count);
const spans = fc.array(fc.oneof(counted, fc.constantFrom('"', " ", "é", "a|")), {
  minLength: 1,
  maxLength: 4,
});

test("masks are those of trying each token byte by byte", { timeout: 240_000 }, () => {
  const source = `root ::= item (", " item)*
    item ::= "\\"" [^"\\n]{0,40} "\\"" | [0-9]+ | "[" root? "]"`;
  const list = compileGrammar(source, tokenizer);
  const words = compileGrammar(
    'root ::= word (" " word)*\nword ::= [^ \\n.]+ "."? | "(" word ")"',
    tokenizer,
  );
  const nested = compileGrammar('root ::= [^x] root "x" | "y"', tokenizer);
  const singles = new Map<number, number>();
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    const bytes = tokenizer.bytesOf?.(id);
    if (bytes?.length === 1 && !tokenizer.specialIds.includes(id)) singles.set(bytes[0]!, id);
  }
  const compiled = fc.oneof(
    fc.constantFrom(list, words, nested),
    spans.map((parts) => compileRegex(`(?:${parts.join("")})`, tokenizer)),
  );
  fc.assert(
    fc.property(random, fc.nat(30), compiled, (stream, steps, source) => {
      const constraint = source.start();
      for (let i = 0; i < steps; i++) {
        const ids = allowedIds(constraint).filter((id) => id !== tokenizer.eosId);
        if (ids.length === 0) break;
        constraint.accept(ids[Math.floor((stream.next().value ?? 0) * ids.length)]!);
      }
      const expected: number[] = [];
      for (let id = 0; id < tokenizer.vocabSize; id++) {
        if (id === tokenizer.eosId) {
          if (constraint.mayEnd) expected.push(id);
          continue;
        }
        if (tokenizer.specialIds.includes(id)) continue;
        const trial = constraint.fork();
        try {
          for (const byte of tokenizer.bytesOf!(id)!) trial.accept(singles.get(byte)!);
          expected.push(id);
        } catch {
          // One of its bytes cannot come.
        }
      }
      expect(allowedIds(constraint)).toEqual(expected);
    }),
    { numRuns: 120 },
  );
});

test("what was compiled before is not compiled again, and the oldest is forgotten", () => {
  const compile = (i: number) => compileRegex(`a{${i}}`, tokenizer);
  const first = compile(1);
  expect(compile(1)).toBe(first);
  expect(compileRegex("a{1}", tokenizer, { endTokens: [1] })).not.toBe(first);
  for (let i = 2; i < 10; i++) compile(i);
  expect(compile(1)).toBe(first);
  for (let i = 100; i < 140; i++) compile(i);
  expect(compile(1)).not.toBe(first);
});
