import { beforeAll, describe, expect, it } from "vitest";
import { loadTokenizer, type Tokenizer } from "../../../src/media/text/index.ts";
import { fixture, idsHash, loadQwen3, published, publishedJson } from "./fixtures.ts";

interface Goldens {
  qwen3: number[][];
  qwen2_5: Record<string, number[]>;
  qwen3_5_regex: Record<string, number[]>;
  decoded: Record<string, string>;
  skipped: Record<string, string>;
}

const strings = fixture<string[]>("strings.json");
const goldens = fixture<Goldens>("qwen-ids.json.gz");

/** Strings whose ids differ from the expected, with both lists: empty when all agree. */
function mismatches(tokenizer: Tokenizer, expected: (i: number) => number[]): unknown[] {
  return strings.flatMap((text, i) => {
    const ids = [...tokenizer.encode(text)];
    const same = ids.length === expected(i).length && ids.every((id, k) => id === expected(i)[k]);
    return same ? [] : [{ text, ids, expected: expected(i) }];
  });
}

describe("ids of the Rust tokenizers library", () => {
  let qwen3: Tokenizer;
  beforeAll(async () => {
    qwen3 = await loadQwen3();
  }, 60_000);

  it("has at least 1,000 strings", () => {
    expect(strings.length).toBeGreaterThan(1000);
  });

  it("agrees on every string for Qwen3", () => {
    expect(mismatches(qwen3, (i) => goldens.qwen3[i]!)).toEqual([]);
  });

  it("agrees on every string for Qwen2.5", async () => {
    const tokenizer = await loadTokenizer(published("qwen2_5"));
    expect(Object.keys(goldens.qwen2_5).length).toBeGreaterThan(0);
    expect(mismatches(tokenizer, (i) => goldens.qwen2_5[i] ?? goldens.qwen3[i]!)).toEqual([]);
  });

  it("agrees on every string for the Qwen3.5 split pattern", async () => {
    const json = publishedJson("qwen3", "tokenizer.json");
    const text = JSON.stringify(json.pre_tokenizer)
      .replace("\\\\p{L}+|", "[\\\\p{L}\\\\p{M}]+|")
      .replace("[^\\\\s\\\\p{L}\\\\p{N}]", "[^\\\\s\\\\p{L}\\\\p{M}\\\\p{N}]");
    const tokenizer = await loadTokenizer({
      tokenizer: { ...json, pre_tokenizer: JSON.parse(text) },
    });
    expect(tokenizer.constructor.name).toBe("ByteLevelTokenizer");
    expect(Object.keys(goldens.qwen3_5_regex).length).toBeGreaterThan(0);
    expect(mismatches(tokenizer, (i) => goldens.qwen3_5_regex[i] ?? goldens.qwen3[i]!)).toEqual([]);
  });

  it("decodes every string alike, with and without special tokens", () => {
    goldens.qwen3.forEach((ids, i) => {
      expect(qwen3.decode(ids)).toBe(goldens.decoded[i] ?? strings[i]);
      expect(qwen3.decode(ids, { skipSpecial: true })).toBe(goldens.skipped[i] ?? strings[i]);
    });
  });

  it("decodes lists that cut characters alike, whole and streamed", () => {
    for (const [ids, text] of fixture<[number[], string][]>("decodings.json.gz")) {
      expect(qwen3.decode(ids)).toBe(text);
      const stream = qwen3.createDecoder();
      expect(ids.map((id) => stream.push(id)).join("") + stream.flush()).toBe(text);
    }
  });

  it("agrees on long runs without a space", () => {
    const expected = fixture<Record<string, { count: number; sha256: string }>>("long-ids.json");
    for (const [name, text] of Object.entries(longTexts())) {
      const ids = qwen3.encode(text);
      expect({ name, count: ids.length, sha256: idsHash(ids) }).toEqual({
        name,
        ...expected[name],
      });
    }
  });

  it("encodes 1 MB without a space", () => {
    const text = "abcdefghijklmnopqrstuvwxyz".repeat(40_000);
    expect(qwen3.decode(qwen3.encode(text))).toBe(text);
  });

  it("follows the flags of added tokens", async () => {
    const { added_tokens, texts, ids } = fixture<{
      added_tokens: object[];
      texts: string[];
      ids: number[][];
    }>("added-tokens.json");
    const json = publishedJson("qwen3", "tokenizer.json");
    const tokenizer = await loadTokenizer({ tokenizer: { ...json, added_tokens } });
    texts.forEach((text, i) => {
      expect({ text, ids: [...tokenizer.encode(text)] }).toEqual({ text, ids: ids[i] });
    });
  });
});

/** The texts of reference/tokenizer_goldens.py, from the same generator. */
function longTexts(): Record<string, string> {
  let x = 1;
  let letters = "";
  let han = "";
  for (let i = 0; i < 100_000; i++) {
    x = Number((BigInt(x) * 1103515245n + 12345n) & 0x7fffffffn);
    letters += String.fromCharCode(97 + ((x >> 16) % 26));
    if (i < 30_000) han += String.fromCharCode(0x4e00 + ((x >> 16) % 0x5000));
  }
  return {
    letters,
    han,
    rule: "=".repeat(100_000),
    spaces: " ".repeat(100_000),
    newlines: "\n".repeat(50_000),
    words: "ab".repeat(50_000),
  };
}
