/** The tokenizer of the first Qwen generation against a plain encoder in Python. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadChatTemplate, loadTokenizer } from "../../../src/media/text/index.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/text/qwen-v1");
const source = readFileSync(join(fixtures, "qwen.tiktoken"), "utf8");
interface Goldens {
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly prompts: readonly {
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly text: string;
    readonly ids: readonly number[];
  }[];
}
const goldens = JSON.parse(readFileSync(join(fixtures, "goldens.json"), "utf8")) as Goldens;

/** A folder with these files, gone after the test. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-tiktoken-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const chat = { "qwen.tiktoken": source, "generation_config.json": '{"chat_format": "chatml"}' };

describe("qwen.tiktoken", () => {
  it("gives the ids of the reference, and the text back", async () => {
    const tokenizer = await loadTokenizer(folderWith(chat));
    for (const { text, ids } of goldens.texts) {
      expect([...tokenizer.encode(text)], text).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text.normalize("NFC"));
    }
  });

  it("builds the prompts of the checkpoints' own code", async () => {
    const folder = folderWith(chat);
    const [tokenizer, template] = [await loadTokenizer(folder), await loadChatTemplate(folder)];
    for (const { messages, text, ids } of goldens.prompts) {
      const rendered = template.render({ messages });
      expect(rendered).toBe(text);
      expect([...tokenizer.encode(rendered)]).toEqual(ids);
    }
    expect(tokenizer.idToToken(tokenizer.eosId!)).toBe("<|im_end|>");
    expect(tokenizer.vocabSize).toBe(source.trim().split("\n").length + 208);
  });

  it("has no template for a base checkpoint, which ends with the text", async () => {
    const folder = folderWith({ "qwen.tiktoken": source });
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.idToToken(tokenizer.eosId!)).toBe("<|endoftext|>");
    await expect(loadChatTemplate(folder)).rejects.toThrow("no chat template in");
  });

  it.each([
    ["", "has 0 tokens"],
    ["IQ==", "line 1 must be a token in base64, a space and its rank"],
    ["IQ== -1", "line 1 must be a token in base64"],
    ["IQ== 0\nIg== 0", "line 2 must have a rank of its own"],
    ["IQ== 0\nIQ== 1", "line 2 must be another token than those before"],
    ["IQ== 0\nIg== 5", "has 2 tokens with ranks up to 5, expected every rank from 0 on"],
    ["IQ== 99999999", "line 1 must have a rank below"],
    [`${"AAAA".repeat(1000)} 0`, "line 1 must be a token of 1 to 1024 bytes"],
  ])("%j is refused in one sentence", async (text, message) => {
    const error = await loadTokenizer(folderWith({ "qwen.tiktoken": text })).then(
      () => "",
      (thrown: Error) => thrown.message,
    );
    expect(error).toContain(message);
    expect(error).toMatch(/qwen\.tiktoken: [^\n]+$/);
  });

  it("survives 300 mutations of a good file", { timeout: 120_000 }, async () => {
    const short = source.split("\n").slice(0, 300).join("\n");
    const folder = folderWith({});
    const file = join(folder, "qwen.tiktoken");
    await fc.assert(
      fc.asyncProperty(
        fc.nat(short.length),
        fc.nat(3),
        fc.constantFrom("", "\n", "=", " 1\n", "9", "\u0000"),
        async (at, length, insert) => {
          writeFileSync(file, short.slice(0, at) + insert + short.slice(at + length));
          try {
            const tokenizer = await loadTokenizer(folder);
            expect(tokenizer.decode(tokenizer.encode("a"))).toBe("a");
          } catch (error) {
            expect((error as Error).message).toMatch(/^[^\n]+$/);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
