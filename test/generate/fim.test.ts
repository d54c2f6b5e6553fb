/** Prompts of Qwen2.5-Coder by the published tokenizer, what is left out, and a completion. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  createDecoderSession,
  type FimInput,
  fillInMiddle,
  fimPrompt,
  readRepository,
} from "../../src/generate/index.ts";
import { loadTokenizer, type Tokenizer } from "../../src/media/text/index.ts";
import { loadModel } from "../../src/models/index.ts";
import { published } from "../media/text/fixtures.ts";
import { createTinyChat } from "./tiny-chat.ts";

let loaded: Promise<Tokenizer> | undefined;
const coder = (): Promise<Tokenizer> => {
  loaded ??= loadTokenizer(published("qwen2_5"));
  return loaded;
};

const quicksort = {
  prefix: "def quicksort(arr):\n    if len(arr) <= 1:\n        return arr\n    ",
  suffix: "\n    return quicksort(left) + middle + quicksort(right)",
};
const repo = {
  name: "library-system",
  path: "main.py",
  files: [
    { path: "library.py", content: "class Book:\n    pass" },
    { path: "student.py", content: "class Student:\n    pass\n" },
  ],
};

describe("the prompt", () => {
  it("is that of the published examples", async () => {
    const tokenizer = await coder();
    const { prefix, suffix } = quicksort;
    const same = (input: FimInput, text: string) => {
      const { tokens, leftOut, cut } = fimPrompt(tokenizer, input);
      expect(tokenizer.decode(tokens)).toBe(text);
      expect(tokens).toEqual(tokenizer.encode(text));
      expect({ leftOut, cut }).toEqual({ leftOut: [], cut: 0 });
    };
    const filling = `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>`;
    const files =
      "<|repo_name|>library-system\n<|file_sep|>library.py\nclass Book:\n    pass\n" +
      "<|file_sep|>student.py\nclass Student:\n    pass\n<|file_sep|>main.py\n";
    same(quicksort, filling);
    same({ ...quicksort, repo }, files + filling);
    same({ prefix, repo }, files + prefix);
    same({ prefix }, prefix);
    same({ prefix: "", suffix: "" }, "<|fim_prefix|><|fim_suffix|><|fim_middle|>");
  });

  it("ends at the ids that the published example stops at", async () => {
    const { stopTokens } = fimPrompt(await coder(), quicksort);
    const example = [151659, 151660, 151661, 151662, 151663, 151664, 151645, 151643];
    expect(stopTokens).toEqual(expect.arrayContaining(example));
  });

  it("takes a mark within the text for text", async () => {
    const tokenizer = await coder();
    const { tokens } = fimPrompt(tokenizer, { prefix: "a = '<|fim_middle|>'", suffix: "" });
    const middle = tokenizer.tokenToId("<|fim_middle|>")!;
    expect(tokens.filter((id) => id === middle)).toHaveLength(1);
    expect(tokens[tokens.length - 1]).toBe(middle);
    expect(tokenizer.decode(tokens)).toContain("a = '<|fim_middle|>'<|fim_suffix|>");
  });

  it("keeps within its limit and drops what is farthest from the cursor first", async () => {
    const tokenizer = await coder();
    const text = fc.stringMatching(/^[a-z ]{0,60}$/);
    fc.assert(
      fc.property(
        fc.record({ prefix: text, suffix: text, first: text, second: text }),
        fc.integer({ min: 16, max: 90 }),
        ({ prefix, suffix, first, second }, maxTokens) => {
          const files = [first, second].map((content, i) => ({ path: `${i}.py`, content }));
          const input = { prefix, suffix, repo: { ...repo, files } };
          const whole = fimPrompt(tokenizer, input);
          const { tokens, leftOut, cut } = fimPrompt(tokenizer, input, { maxTokens });
          const shown = tokenizer.decode(tokens);
          expect(tokens.length).toBeLessThanOrEqual(maxTokens);
          if (whole.tokens.length <= maxTokens) expect(tokens).toEqual(whole.tokens);
          else expect(leftOut.length).toBeGreaterThan(0);
          for (const path of ["0.py", "1.py"]) {
            expect(shown.includes(path)).toBe(!leftOut.includes(path));
          }
          if (cut > 0) {
            expect(leftOut).toEqual(["1.py", "0.py"]);
            expect(tokens.length).toBe(maxTokens);
          }
          const [, kept, rest] = /<\|fim_prefix\|>(.*)<\|fim_suffix\|>(.*)<\|fim_middle\|>$/s.exec(
            shown,
          )!;
          expect(prefix.endsWith(kept)).toBe(true);
          expect(suffix.startsWith(rest)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("gives the last file room first, and fills what it leaves with what fits", async () => {
    const tokenizer = await coder();
    const file = (path: string, words: number) => ({ path, content: "word ".repeat(words) });
    const files = [file("a.py", 5), file("b.py", 200), file("c.py", 5)];
    const input = { prefix: "x", suffix: "y", repo: { ...repo, files } };
    const { tokens, leftOut } = fimPrompt(tokenizer, input, { maxTokens: 60 });
    expect(leftOut).toEqual(["b.py"]);
    expect(tokenizer.decode(tokens)).toMatch(/a\.py.*c\.py.*main\.py/s);
  });

  it("refuses a model that was not trained for it, and a limit below the frame", async () => {
    using tiny = await createTinyChat();
    expect(() => fimPrompt(tiny.tokenizer, quicksort)).toThrow("has no <|fim_prefix|>");
    expect(() => fimPrompt(tiny.tokenizer, { prefix: "a", repo })).toThrow("has no <|repo_name|>");
    const tokenizer = await coder();
    expect(() => fimPrompt(tokenizer, quicksort, { maxTokens: 3 })).toThrow(RangeError);
  });
});

const SPECIALS = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"];

it("completes until one of the format's tokens, and cuts what the context cannot hold", async () => {
  const chains = [["<|fim_middle|>", "x", "+", "y", "<|file_sep|>"]];
  using tiny = await createTinyChat({ specials: SPECIALS, chains, maxPositions: 40 });
  using model = await loadModel(tiny.folder);
  using session = await createDecoderSession(model);
  const input = { prefix: "a".repeat(100), suffix: "b".repeat(100) };
  const items = fillInMiddle(session, tiny.tokenizer, input, { maxTokens: 10 });
  let text = "";
  let next = await items.next();
  for (; !next.done; next = await items.next()) text += next.value.text;
  expect(text).toBe("x+y");
  expect(next.value).toMatchObject({ finishReason: "stop", promptTokens: 30, cut: 173 });
});

describe("a repository's files", () => {
  const folderOf = (files: Readonly<Record<string, string | Buffer>>): string => {
    const folder = mkdtempSync(join(tmpdir(), "onefold-fim-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return folder;
  };

  it("come nearest last, the target and what is no source left out", async () => {
    const folder = folderOf({
      "src/a/main.ts": "main",
      "src/a/near.ts": "near",
      "src/far.ts": "far",
      "test/other.ts": "other",
      "src/a/notes.md": "notes",
      "src/a/picture.ts": Buffer.from([1, 0, 2]),
      "src/large.ts": "x".repeat(101),
      ".git/config": "hidden",
      "node_modules/lib/index.ts": "installed",
    });
    symlinkSync("/etc/passwd", join(folder, "src/a/link.ts"));
    const options = { target: "src/a/main.ts", maxBytes: 100 };
    const files = await readRepository(folder, options);
    expect(files.map(({ path }) => path)).toEqual([
      "src/a/notes.md",
      "test/other.ts",
      "src/far.ts",
      "src/a/near.ts",
    ]);
    expect(files[3]!.content).toBe("near");
    const [nearest, ...none] = await readRepository(folder, { ...options, maxFiles: 1 });
    expect([nearest!.path, none]).toEqual(["src/a/near.ts", []]);
  });
});
