import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadTokenizer, type TokenizerJson, trainBpe } from "../../../src/media/text/index.ts";
import { fixture, idsHash } from "./fixtures.ts";

interface RustTrained {
  vocab_size: number;
  min_frequency: number;
  vocab: string[];
  merges: string[];
}

const strings = fixture<string[]>("strings.json");
const specialTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

const byId = (json: TokenizerJson): string[] =>
  Object.keys(json.model.vocab).sort((a, b) => json.model.vocab[a]! - json.model.vocab[b]!);

describe("trainBpe", () => {
  it("learns the vocabulary and merges of the Rust trainer", () => {
    const corpus = strings.filter((text) => !/[<|]/.test(text));
    const [small, full, words] = fixture<RustTrained[]>("rust-trained.json.gz");
    for (const [texts, rust] of [
      [corpus, small!],
      [corpus, full!],
      [["hug hugs pug hugs bun", "aaaa aaa aa abababab"], words!],
    ] as const) {
      const json = trainBpe(texts, {
        vocabSize: rust.vocab_size,
        specialTokens: [],
        minFrequency: rust.min_frequency,
      });
      expect(json.model.merges.map((pair) => pair.join(" "))).toEqual(rust.merges);
      expect(byId(json)).toEqual(rust.vocab);
    }
  });

  it("writes a tokenizer.json that gives the ids of the Rust library", async () => {
    const json = trainBpe(strings, { vocabSize: 900, specialTokens });
    expect(json).toEqual(fixture("trained-tokenizer.json"));
    const tokenizer = await loadTokenizer({ tokenizer: JSON.parse(JSON.stringify(json)) });
    const hashes = strings.map((text) => idsHash(tokenizer.encode(text)).slice(0, 12));
    expect(hashes).toEqual(fixture("trained-ids.json"));
  });

  it("fills the vocabulary, bytes first, special tokens last", async () => {
    const json = trainBpe(strings, { vocabSize: 500, specialTokens });
    const tokenizer = await loadTokenizer({
      tokenizer: json,
      config: { eos_token: "<|im_end|>", pad_token: "<|endoftext|>" },
    });
    expect(tokenizer.vocabSize).toBe(500);
    expect(tokenizer.specialIds).toEqual([497, 498, 499]);
    expect([tokenizer.eosId, tokenizer.padId]).toEqual([499, 497]);
    expect(tokenizer.encode("<|im_start|>")).toEqual(Int32Array.of(498));
    expect(tokenizer.encode("<|im_start|>", { specials: false }).length).toBeGreaterThan(1);
    expect(new Set(byId(json).slice(0, 256)).size).toBe(256);
  });

  it("does not depend on the order of the texts", () => {
    const options = { vocabSize: 400, specialTokens };
    expect(trainBpe([...strings].reverse(), options)).toEqual(trainBpe(strings, options));
  });

  it("encodes and decodes any text with any vocabulary it learnt", async () => {
    const text = fc.string({ unit: "grapheme" });
    await fc.assert(
      fc.asyncProperty(fc.array(text), text, async (texts, sample) => {
        const json = trainBpe(texts, { vocabSize: 300, specialTokens: [], minFrequency: 1 });
        const tokenizer = await loadTokenizer({ tokenizer: json });
        for (const each of [...texts, sample]) {
          expect(tokenizer.decode(tokenizer.encode(each))).toBe(each.normalize("NFC"));
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [{ vocabSize: 258, specialTokens }, /vocabSize 258 is too small.*at least 259/],
    [{ vocabSize: 300, specialTokens: ["a", "a"] }, /distinct/],
    [{ vocabSize: 300, specialTokens: [""] }, /not empty/],
    [{ vocabSize: 300, specialTokens: ["!"] }, /special token "!" is also a learnt token/],
  ])("refuses %j", (options, message) => {
    expect(() => trainBpe(["text"], options)).toThrow(message);
  });
});
