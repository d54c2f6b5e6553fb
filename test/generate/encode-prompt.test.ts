import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { encodePrompt } from "../../src/generate/encode-prompt.ts";
import { isEngineRefusal } from "../../src/generate/index.ts";
import { loadTokenizer } from "../../src/media/text/index.ts";

const load = () => loadTokenizer(join(import.meta.dirname, "../../models/onefold-mini"));

test("ids are those of the tokenizer, for long texts too", async () => {
  const tokenizer = await load();
  const word = "the quick brown fox, 42 ";
  for (const text of ["", "short", word.repeat(5000), "a".repeat(70_000), "é🦊\n".repeat(20_000)]) {
    expect(encodePrompt(tokenizer, text, 1e6)).toEqual(tokenizer.encode(text));
  }
});

test.each(["7", "a", " ", "word ", "字", "\u{1F98A}", "<|im_start|>"])(
  "megabytes of %j are refused after a small part of them",
  async (unit) => {
    const tokenizer = await load();
    const encode = vi.spyOn(tokenizer, "encode");
    const text = unit.repeat(Math.ceil(4e6 / unit.length));
    let refused: unknown;
    try {
      encodePrompt(tokenizer, text, 1000);
    } catch (error) {
      refused = error;
    }
    expect(isEngineRefusal(refused) && refused.reason).toBe("too-long");
    expect(String(refused)).toMatch(/the first \d+ of the prompt's 4\d+ characters are at least/);
    const seen = encode.mock.calls.reduce((sum, [part]) => sum + part.length, 0);
    expect(seen).toBeLessThan(1e6);
  },
);

test("a text that fits is never refused for being cut", async () => {
  const tokenizer = await load();
  const text = "internationalisation ".repeat(20_000);
  const { length } = tokenizer.encode(text);
  expect(encodePrompt(tokenizer, text, length)).toHaveLength(length);
});
