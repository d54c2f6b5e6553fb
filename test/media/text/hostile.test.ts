import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadTokenizer, type TokenizerJson, trainBpe } from "../../../src/media/text/index.ts";

const sound = trainBpe(["the cat sat on the mat with the hat, 中文中文"], {
  vocabSize: 290,
  specialTokens: ["<|end|>", "<|im_start|>"],
  minFrequency: 1,
});
const copy = (): TokenizerJson => structuredClone(sound);
/** A changed copy; the change may break every rule of the type. */
// biome-ignore lint/suspicious/noExplicitAny: the point is to write what the type forbids
const changed = (change: (json: any) => void): unknown => {
  const json = copy();
  change(json);
  return json;
};

describe("a hostile tokenizer.json", () => {
  it.each([
    [null, "must be an object, but is null"],
    [[], "must be an object, but is an array of 0"],
    [changed((t) => delete t.model), "model must be an object, but is missing"],
    [changed((t) => delete t.model.vocab), "model.vocab must be an object, but is missing"],
    [changed((t) => (t.model.vocab = {})), "model.vocab has no tokens"],
    [
      changed((t) => (t.model.vocab["!"] = "0")),
      'model.vocab."!" must be an integer from 0 to 4194303, but is "0"',
    ],
    [
      changed((t) => (t.model.vocab["!"] = 2 ** 40)),
      "must be an integer from 0 to 4194303, but is 1099511627776",
    ],
    [changed((t) => (t.model.vocab["!"] = -1)), "but is -1"],
    [changed((t) => (t.model.vocab["!"] = 0.5)), "but is 0.5"],
    [changed((t) => (t.model.vocab["!"] = 1)), 'model.vocab gives id 1 to both "!" and "\\""'],
    [changed((t) => (t.model.merges = {})), "model.merges must be an array, but is an object"],
    [
      changed((t) => t.model.merges.push(["no", "way"])),
      'model.merges[24] names "no", which model.vocab does not have',
    ],
    [changed((t) => t.model.merges.push('! "')), 'model.merges[24] names "!\\"", which'],
    [
      changed((t) => t.model.merges.push("a b c")),
      'model.merges[24] must be "left right" or ["left", "right"], but is "a b c"',
    ],
    [changed((t) => t.model.merges.push([1, 2])), "model.merges[24] must be"],
    [
      changed((t) => (t.added_tokens[0].id = 1)),
      'added_tokens[0].id is 1, the id of "\\"" in model.vocab',
    ],
    [changed((t) => (t.added_tokens[0].id = 2 ** 31)), "added_tokens[0].id must be an integer"],
    [
      changed((t) => (t.added_tokens[1].id = t.added_tokens[0].id)),
      "added_tokens[1].id repeats 280",
    ],
    [
      changed((t) => (t.added_tokens[1].content = "<|end|>")),
      'added_tokens[1].content repeats "<|end|>"',
    ],
    [changed((t) => (t.added_tokens[0].content = "")), "added_tokens[0].content must not be empty"],
    [
      changed((t) => (t.added_tokens[0].content = "!")),
      'added_tokens[0].id is 280, but model.vocab gives "!" 0',
    ],
    [
      changed((t) => (t.added_tokens[0].special = "yes")),
      'added_tokens[0].special must be true or false, but is "yes"',
    ],
    [changed((t) => (t.added_tokens = 5)), "added_tokens must be an array, but is 5"],
    [changed((t) => (t.model.type = "Magic")), 'model is "Magic", which is not supported'],
    [
      changed((t) => (t.model.ignore_merges = 1)),
      "model.ignore_merges must be true or false, but is 1",
    ],
    [changed((t) => (t.model.dropout = 0.1)), "model.dropout 0.1 is not supported for BPE"],
  ])("is refused in one sentence (%#)", async (tokenizer, message) => {
    const error = await loadTokenizer({ tokenizer }).then(
      () => undefined,
      (thrown: Error) => thrown.message,
    );
    expect(error).toContain(message);
    expect(error).toMatch(/^tokenizer\.json: [^\n]+$/);
  });

  it("may lack bytes, which encoding then names", async () => {
    const tokenizer = changed((t) => {
      for (const key of Object.keys(t.model.vocab)) if (key !== "a") delete t.model.vocab[key];
      t.model.merges = [];
    });
    const loaded = await loadTokenizer({ tokenizer });
    expect(loaded.encode("aa")).toHaveLength(2);
    expect(() => loaded.encode("ab")).toThrow("no token for byte 0x62");
  });

  it("reads merges as text and as pairs alike", async () => {
    const tokenizer = changed((t) => {
      t.model.merges = ["#version: 0.2", ...t.model.merges.map((pair: string[]) => pair.join(" "))];
    });
    const [a, b] = [await loadTokenizer({ tokenizer }), await loadTokenizer({ tokenizer: sound })];
    expect(a.encode("the cat sat 中文")).toEqual(b.encode("the cat sat 中文"));
  });

  it("keeps whole words under ignore_merges", async () => {
    const tokenizer = changed((t) => {
      t.model.ignore_merges = true;
      t.model.vocab.zzz = 1000;
    });
    expect([...(await loadTokenizer({ tokenizer })).encode("zzz")]).toEqual([1000]);
  });

  it("never crashes the process: 3,000 mutations", async () => {
    const junk = fc.constantFrom<unknown>(
      null,
      true,
      -1,
      0,
      3,
      1.5,
      1e300,
      "",
      "a",
      "Ġ",
      "\ud800",
      [],
      [[]],
      ["a"],
      {},
      { type: "BPE" },
      { type: "Sequence" },
      { type: "ByteLevel" },
      { type: "Split", pattern: { Regex: "(" } },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), junk), { minLength: 1, maxLength: 3 }),
        async (edits) => {
          const json: unknown = copy();
          for (const [choice, value] of edits) mutate(json, choice, value);
          try {
            const tokenizer = await loadTokenizer({ tokenizer: json });
            const ids = tokenizer.encode("the <|end|> 中x");
            expect(typeof tokenizer.decode(ids)).toBe("string");
          } catch (error) {
            expect((error as Error).message).toMatch(/^tokenizer\.json: [^\n]+$/);
          }
        },
      ),
      { numRuns: 3000 },
    );
  }, 180_000);
});

/** Replaces or deletes one node of the document, chosen by walking down. */
function mutate(root: unknown, choice: number, value: unknown): void {
  let node = root;
  let rest = choice;
  for (;;) {
    if (typeof node !== "object" || node === null) return;
    const keys = Object.keys(node);
    if (keys.length === 0) return;
    const key = keys[rest % keys.length]!;
    rest = Math.floor(rest / keys.length);
    const target = node as Record<string, unknown>;
    const child = target[key];
    const stops = rest % 4 === 0 || typeof child !== "object" || child === null;
    if (!stops) {
      rest = Math.floor(rest / 4);
      node = child;
      continue;
    }
    if (rest % 3 === 1) delete target[key];
    else target[key] = value;
    return;
  }
}
