/** Fill-in-the-middle: nothing of a text is lost, and the form is that of the prompts. */

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { fimPrompt } from "../../../src/generate/index.ts";
import { loadTokenizer, trainBpe } from "../../../src/media/text/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import {
  createFim,
  cutForFim,
  fileSequences,
  fimTokens,
  type RecordOf,
  repositorySequences,
  toSamples,
} from "../../../src/train/index.ts";

const [PRE, MID, SUF] = ["<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"];
const marks = [PRE, MID, SUF, "<|repo_name|>", "<|file_sep|>"];
const specialTokens = ["<|endoftext|>", "<|im_end|>", ...marks];
const tokenizer = await loadTokenizer({
  tokenizer: trainBpe(["def f(x):\n    return x\n"], { vocabSize: 290, specialTokens }),
  config: { eos_token: "<|im_end|>", pad_token: "<|endoftext|>" },
});
const random = (stream: string | number) => createRandom(1, String(stream));

/** Text between marks, whichever order they come in. */
function restore(tokens: ArrayLike<number>): string {
  const text = tokenizer.decode(tokens);
  expect(text.endsWith("<|endoftext|>")).toBe(true);
  const body = text.slice(0, -"<|endoftext|>".length);
  if (!body.startsWith(PRE)) return body;
  const [head, middle] = body.slice(PRE.length).split(MID);
  const [prefix, suffix] = head.split(SUF);
  return `${prefix}${middle}${suffix}`;
}

const texts = fc.string({ unit: "binary", minLength: 2, maxLength: 60 });

it("parts join to the text, whole characters each, and so do their tokens", () => {
  fc.assert(
    fc.property(
      texts,
      fc.nat(1000),
      fc.boolean(),
      fc.boolean(),
      (text, seed, atLines, suffixFirst) => {
        const parts = cutForFim(text, random(seed), atLines);
        const { prefix, middle, suffix } = parts;
        expect(prefix + middle + suffix).toBe(text);
        for (const part of [prefix, middle, suffix]) expect(part).not.toMatch(/\p{Surrogate}/u);
        // The tokenizer composes what it is given (NFC); with the prefix's end, where in one.
        const nfc = (text: string) => text.normalize("NFC");
        const joined = suffixFirst ? nfc(prefix + middle) : nfc(prefix) + nfc(middle);
        expect(restore(fimTokens(tokenizer, parts, suffixFirst))).toBe(joined + nfc(suffix));
      },
    ),
  );
});

it("cuts lines between lines, and characters anywhere", () => {
  const text = "one\ntwo\nthree\n";
  const ends = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const { prefix, middle } = cutForFim(text, random(seed), true);
    ends.add(prefix.length).add(prefix.length + middle.length);
  }
  expect([...ends].sort((a, b) => a - b)).toEqual([0, 4, 8, 14]);
  ends.clear();
  for (let seed = 0; seed < 400; seed++) ends.add(cutForFim(text, random(seed)).prefix.length);
  expect(ends.size).toBe(text.length + 1);
});

it("a sequence is the prompt that asks for its middle, the middle and the end", () => {
  const parts = { prefix: "def f(x):\n", middle: "    return x", suffix: "\n" };
  const { prefix, suffix } = parts;
  const expected = `${tokenizer.decode(fimPrompt(tokenizer, { prefix, suffix }).tokens)}    return x<|endoftext|>`;
  expect(tokenizer.decode(fimTokens(tokenizer, parts))).toBe(expected);
  expect(expected).toBe(`${PRE}def f(x):\n${SUF}\n${MID}    return x<|endoftext|>`);
  expect(tokenizer.decode(fimTokens(tokenizer, parts, true))).toBe(
    `${PRE}${SUF}\n${MID}def f(x):\n    return x<|endoftext|>`,
  );
});

it("transforms the share that it is told, and cuts long files at lines", () => {
  const text = Array.from({ length: 12 }, (_, i) => `line ${i}\n`).join("");
  const shareOf = (rate: number) => {
    let transformed = 0;
    for (let seed = 0; seed < 300; seed++) {
      const [tokens] = fileSequences(tokenizer, text, random(seed), 1000, { rate });
      if (tokenizer.decode(tokens).startsWith(PRE)) transformed++;
      expect(restore(tokens)).toBe(text);
    }
    return transformed / 300;
  };
  expect(shareOf(0)).toBe(0);
  expect(shareOf(1)).toBe(1);
  expect(shareOf(0.5)).toBeGreaterThan(0.4);
  expect(shareOf(0.5)).toBeLessThan(0.6);
  const parts = fileSequences(tokenizer, text, random("long"), 40, { rate: 1, lines: 1 });
  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) expect(part.length).toBeLessThanOrEqual(40);
  expect(parts.map(restore).join("")).toBe(text);
  expect(parts.map(restore).every((part) => part.endsWith("\n"))).toBe(true);
  // What cannot be cut further stays whole.
  expect(fileSequences(tokenizer, "😀", random("tiny"), 2).map(restore)).toEqual(["😀"]);
});

it("shows a repository's files in turn, each once, the last with its middle behind", () => {
  const files = Array.from({ length: 6 }, (_, i) => ({
    path: `src/f${i}.py`,
    content: `def f${i}(x):\n    return x\n`,
  }));
  const sequences = repositorySequences(tokenizer, "demo", files, random("repo"), 90, { rate: 1 });
  expect(sequences.length).toBeGreaterThan(1);
  const seen: string[] = [];
  for (const tokens of sequences) {
    expect(tokens.length).toBeLessThanOrEqual(90);
    const [head, ...parts] = tokenizer.decode(tokens).split("<|file_sep|>");
    expect(head).toBe("<|repo_name|>demo\n");
    parts.forEach((part, i) => {
      const border = part.indexOf("\n") + 1;
      const body = part.slice(border);
      const path = part.slice(0, border - 1);
      const content = i === parts.length - 1 ? restore(tokenizer.encode(body)) : body;
      expect(body.startsWith(PRE)).toBe(i === parts.length - 1);
      expect(content).toBe(files.find((file) => file.path === path)?.content);
      seen.push(path);
    });
  }
  expect(seen).toEqual(files.map(({ path }) => path));
  const plain = repositorySequences(tokenizer, "demo", files.slice(0, 1), random("r"), 90, {
    rate: 0,
  });
  expect(plain.map((tokens) => tokenizer.decode(tokens))).toEqual([
    `<|repo_name|>demo\n<|file_sep|>src/f0.py\n${files[0].content}<|endoftext|>`,
  ]);
  const long = [{ path: "a", content: "x = 1\n".repeat(60) }];
  const alone = repositorySequences(tokenizer, "demo", long, random("r"), 90);
  expect(alone.map(restore).join("")).toBe(long[0].content);
});

it("learns all tokens of what it makes, the same way for the same row and seed", () => {
  const record: RecordOf<"text"> = {
    kind: "text",
    text: "def f(x):\n    return x\n",
    weight: 1,
    file: "a.jsonl",
    line: 3,
  };
  const make = (seed: number) =>
    toSamples([record], {
      tokenizer,
      template: new Error("none"),
      maxLength: 100,
      textTokens: createFim(tokenizer, 100, seed, { rate: 1 }),
    });
  const { sequences, learned, tokens } = make(1);
  expect(learned).toBe(tokens - 1);
  expect(restore(sequences[0].tokens)).toBe(record.text);
  expect(make(1).sequences).toEqual(sequences);
  expect(make(2).sequences).not.toEqual(sequences);
});

it("shows repositories file by file without a transformation, and tells a tokenizer without marks", async () => {
  const record: RecordOf<"repository"> = {
    kind: "repository",
    repo: "demo",
    files: [
      { path: "a.py", content: "x = 1\n" },
      { path: "b.py", content: "y = 2" },
    ],
    weight: 1,
    file: "repos.jsonl",
    line: 4,
  };
  const options = { tokenizer, template: new Error("none"), maxLength: 100 };
  const { sequences } = toSamples([record], options);
  expect(sequences.map(({ tokens }) => tokenizer.decode(tokens))).toEqual([
    "<|repo_name|>demo\n<|file_sep|>a.py\nx = 1\n<|file_sep|>b.py\ny = 2<|endoftext|>",
  ]);
  const fim = createFim(tokenizer, 100, 1, { rate: 1 });
  const [moved] = toSamples([record], { ...options, textTokens: fim }).sequences;
  expect(tokenizer.decode(moved.tokens)).toContain(`b.py\n${PRE}`);
  const plain = await loadTokenizer({
    tokenizer: trainBpe(["a"], { vocabSize: 260, specialTokens: ["<|endoftext|>"] }),
    config: {},
  });
  expect(() => toSamples([record], { ...options, tokenizer: plain })).toThrow(
    /repos\.jsonl:4: the tokenizer has no <\|repo_name\|>/,
  );
});

it("names the mark that a tokenizer lacks", async () => {
  const plain = await loadTokenizer({
    tokenizer: trainBpe(["a"], { vocabSize: 260, specialTokens: ["<|endoftext|>"] }),
    config: {},
  });
  expect(() => fimTokens(plain, { prefix: "a", middle: "b", suffix: "c" })).toThrow(
    "the tokenizer has no <|fim_prefix|>",
  );
});
