import { Tokenizer as Oracle } from "@huggingface/tokenizers";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { loadTokenizer, type Tokenizer } from "../../../src/media/text/index.ts";
import { nfc } from "../../../src/media/text/nfc.ts";
import { fixture, loadQwen3, published, publishedJson } from "./fixtures.ts";

let qwen3: Tokenizer;
beforeAll(async () => {
  qwen3 = await loadQwen3();
}, 60_000);

const pieces = fixture<string[]>("strings.json");
/** Random text: any characters, and pieces of the golden strings. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 5 }).map((parts) => parts.join("")),
);

describe("the Qwen3 tokenizer", () => {
  it("names its tokens", () => {
    expect(qwen3.vocabSize).toBe(151_669);
    expect([qwen3.eosId, qwen3.padId]).toEqual([151_645, 151_643]);
    expect(qwen3.tokenToId("</think>")).toBe(151_668);
    expect(qwen3.idToToken(151_668)).toBe("</think>");
    expect(qwen3.idToToken(qwen3.tokenToId("Ġhello")!)).toBe("Ġhello");
    expect([qwen3.tokenToId("no such token"), qwen3.idToToken(151_669)]).toEqual([
      undefined,
      undefined,
    ]);
    expect(qwen3.specialIds).toEqual(Array.from({ length: 14 }, (_, i) => 151_643 + i));
  });

  it("decodes what it encodes to the NFC of the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const decoded = qwen3.decode(qwen3.encode(text));
        expect(decoded).toBe(nfc(text));
        // Node's tables are newer than the library's, so its form may compose further.
        expect(decoded.normalize("NFC")).toBe(text.normalize("NFC"));
      }),
      { numRuns: 1000 },
    );
  });

  it("streams exactly what it decodes, never half a character", () => {
    const ids = fc.array(fc.integer({ min: 0, max: 151_668 }), { maxLength: 30 });
    fc.assert(
      fc.property(ids, fc.boolean(), (list, skipSpecial) => {
        const stream = qwen3.createDecoder({ skipSpecial });
        const parts = [...list.map((id) => stream.push(id)), stream.flush()];
        expect(parts.join("")).toBe(qwen3.decode(list, { skipSpecial }));
      }),
      { numRuns: 1000 },
    );
    const stream = qwen3.createDecoder();
    const family = qwen3.encode("👨‍👩‍👧‍👦");
    const parts = Array.from(family, (id) => stream.push(id));
    expect(parts.join("")).toBe("👨‍👩‍👧‍👦");
    expect(parts.some((part) => part.includes("\uFFFD"))).toBe(false);
  });

  it("flushes an unfinished character and starts afresh", () => {
    const first = qwen3.encode("𠀀")[0]!;
    const stream = qwen3.createDecoder();
    expect(stream.push(first)).toBe("");
    expect(stream.flush()).toBe("\uFFFD");
    expect(stream.push(qwen3.encode("a")[0]!) + stream.flush()).toBe("a");
  });

  it("takes half a surrogate pair for U+FFFD", () => {
    for (const text of ["\ud800", "a\udc00b", "\udc00\ud800", "x\ud83d", "\ud83d's"]) {
      expect(qwen3.encode(text)).toEqual(qwen3.encode(Buffer.from(text).toString()));
    }
  });

  it("takes control tokens for plain text when asked", () => {
    const text = "<|im_start|>user\n</think>";
    expect([...qwen3.encode(text)]).toEqual(expect.arrayContaining([151_644, 151_668]));
    const plain = qwen3.encode(text, { specials: false });
    expect(Math.max(...plain)).toBeLessThan(151_643);
    expect(qwen3.decode(plain)).toBe(text);
  });

  it("encodes a batch as each text alone", () => {
    const texts = pieces.slice(0, 50);
    expect(qwen3.encodeBatch(texts)).toEqual(texts.map((text) => qwen3.encode(text)));
  });

  it.each([[151_669], [-1], [1.5], [Number.NaN]])("refuses to decode id %d", (id) => {
    expect(() => qwen3.decode([id])).toThrow(/no token has id/);
    expect(() => qwen3.createDecoder().push(id)).toThrow(RangeError);
  });
});

it("gives the ids of @huggingface/tokenizers on random text", () => {
  const json = publishedJson("qwen3", "tokenizer.json");
  const oracle = new Oracle(json, publishedJson("qwen3", "tokenizer_config.json"));
  // Its Unicode is Node's and its white space JavaScript's, so only what both know alike.
  const both = /^(?:[\0-\x84\x86-\u052f\u3000-\u9fa5\u{1f300}-\u{1f5ff}]|\u200d)*$/u;
  const text = anyText.filter((each) => both.test(each));
  fc.assert(
    fc.property(text, (each) => {
      expect([...qwen3.encode(each)]).toEqual(oracle.encode(each).ids);
    }),
    { numRuns: 1000 },
  );
});

describe("files of other shapes", () => {
  const wordPiece = {
    version: "1.0",
    added_tokens: [
      { id: 0, content: "[UNK]", special: true },
      { id: 1, content: "[CLS]", special: true },
    ],
    normalizer: {
      type: "BertNormalizer",
      lowercase: true,
      clean_text: true,
      handle_chinese_chars: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [
        { SpecialToken: { id: "[CLS]", type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
      ],
      pair: [],
      special_tokens: { "[CLS]": { id: "[CLS]", ids: [1], tokens: ["[CLS]"] } },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: false },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: { "[UNK]": 0, "[CLS]": 1, hel: 2, "##lo": 3, world: 4 },
    },
  };

  it("go through @huggingface/tokenizers", async () => {
    const tokenizer = await loadTokenizer({ tokenizer: wordPiece });
    const ids = tokenizer.encode("Hello world");
    expect([...ids]).toEqual([1, 2, 3, 4]);
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe("hello world");
    const stream = tokenizer.createDecoder({ skipSpecial: true });
    expect(Array.from(ids, (id) => stream.push(id)).join("") + stream.flush()).toBe("hello world");
    expect([tokenizer.vocabSize, tokenizer.specialIds]).toEqual([5, [0, 1]]);
    expect(() => tokenizer.decode([9])).toThrow("no token has id 9");
  });

  it.each([
    [
      { model: { type: "WordLevel", vocab: { a: 2 } } },
      't.json: model is "WordLevel", which is not supported',
    ],
    [
      { pre_tokenizer: { type: "UnicodeScripts" } },
      'pre_tokenizer is "UnicodeScripts", which is not supported',
    ],
    [
      {
        pre_tokenizer: {
          type: "Sequence",
          pretokenizers: [
            { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious" },
          ],
        },
      },
      'pre_tokenizer.pretokenizers[0].behavior "MergedWithPrevious" is not supported for Split',
    ],
    [
      { pre_tokenizer: { type: "Punctuation", behavior: "Isolated" } },
      'pre_tokenizer.behavior "Isolated" is not supported for Punctuation',
    ],
    [
      { normalizer: { type: "Replace", pattern: {}, content: "" } },
      "normalizer.pattern an object is not supported for Replace",
    ],
    [{ normalizer: { type: "Nmt" } }, 'normalizer is "Nmt", which is not supported'],
    [{ normalizer: { type: "__proto__" } }, 'normalizer is "__proto__", which is not supported'],
    [
      { decoder: { type: "Sequence", decoders: [{ type: "Magic" }] } },
      'decoder.decoders[0] is "Magic", which is not supported',
    ],
    [{ post_processor: { type: "Odd" } }, 'post_processor is "Odd", which is not supported'],
  ])("are refused by name: %j", async (change, message) => {
    const tokenizer = { ...wordPiece, ...change };
    await expect(loadTokenizer({ tokenizer })).rejects.toThrow(
      message.replace("t.json", "tokenizer.json"),
    );
  });
});

it("names a folder without a tokenizer", async () => {
  await expect(loadTokenizer("/nowhere")).rejects.toThrow("tokenizer.json: no such file");
  await expect(loadTokenizer(`${published("qwen3")}/tokenizer.json`)).rejects.toThrow(
    "no such file",
  );
});
