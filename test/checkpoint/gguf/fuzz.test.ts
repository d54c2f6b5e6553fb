/** Damaged GGUF files: each opens and reads within its bounds, or is refused. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readConfigJson, readGenerationJson } from "../../../src/checkpoint/companions.ts";
import { type Checkpoint, openCheckpoint } from "../../../src/checkpoint/index.ts";
import { loadChatTemplate, loadTokenizer } from "../../../src/media/text/index.ts";
import { fuzz, fuzzRuns } from "../../fuzz.ts";
import { temporaryFolder } from "../support.ts";

const whole = readFileSync(new URL("../../fixtures/gguf/tiny.gguf", import.meta.url).pathname);
/** The tensors' data starts here: what is in front decides everything. */
const HEADER = 2144;

class Broken extends Error {}

/** Throws Broken unless the error is one short sentence about the file. */
function requireSentence(error: unknown, file: string): void {
  if (error instanceof Broken) throw error;
  const text = error instanceof Error ? error.message : "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them.
  if (!text.includes(file) || text.length > 1200 || /[\n\u0000]/.test(text)) {
    throw new Broken(`not a sentence about the file: ${String(error)}`, { cause: error });
  }
}

function readAll(checkpoint: Checkpoint, size: number): void {
  for (const name of checkpoint.names) {
    try {
      const { byteLength } = checkpoint.info(name);
      if (byteLength > size) throw new Broken(`${byteLength} bytes from ${size}`);
      const { data } = checkpoint.read(name);
      if (data.length > 0 && data.at(-1) === undefined) throw new Broken("no last element");
    } catch (error) {
      requireSentence(error, checkpoint.source);
    }
  }
}

/** Reads everything there is in a file; returns what of it was accepted. */
async function digest(file: string, bytes: Uint8Array): Promise<string[]> {
  writeFileSync(file, bytes);
  const accepted: string[] = [];
  const attempt = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
      accepted.push(what);
    } catch (error) {
      requireSentence(error, file);
    }
  };
  await attempt("weights", async () => {
    using checkpoint = await openCheckpoint(file, { mapping: false });
    readAll(checkpoint, bytes.length);
  });
  if (accepted.length === 0) return accepted; // the others read the same header
  await attempt("config", () => readConfigJson(file));
  await attempt("generation", () => readGenerationJson(file));
  await attempt("tokenizer", () => loadTokenizer(file));
  await attempt("template", () => loadChatTemplate(file));
  return accepted;
}

type Edit = {
  kind: "flip" | "insert" | "delete" | "truncate" | "number";
  at: number;
  byte: number;
};

/** Counts, lengths and types that break readers: all ones, sign bits, powers of two. */
const numbers = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 7n, 12n];

function apply(bytes: Buffer, { kind, at, byte }: Edit): Buffer {
  const i = Math.min(bytes.length - 1, at);
  if (kind === "truncate") return bytes.subarray(0, i);
  if (kind === "number" && i + 8 <= bytes.length) {
    const copy = Buffer.from(bytes);
    copy.writeBigUInt64LE(numbers[byte % numbers.length]!, i);
    return copy;
  }
  const rest = bytes.subarray(kind === "insert" ? i : i + 1);
  if (kind === "delete") return Buffer.concat([bytes.subarray(0, i), rest]);
  return Buffer.concat([bytes.subarray(0, i), Uint8Array.of(byte), rest]);
}

const edit = fc.record({
  kind: fc.constantFrom<Edit["kind"][]>("flip", "flip", "flip", "number", "insert", "truncate"),
  at: fc.nat(HEADER - 1), // every byte alike: doubles would crowd around the first
  byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 12 })),
});

it("survives 10,000 mutations of a good file", { timeout: 900_000 }, async () => {
  const file = join(temporaryFolder(), "mutant.gguf");
  const counts = new Map<string, number>();
  await fuzz(
    10_000,
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      const mutant = edits.reduce(apply, whole);
      if (mutant.length === 0) return;
      for (const what of await digest(file, mutant)) counts.set(what, (counts.get(what) ?? 0) + 1);
    }),
  );
  // Changes of a name or a value are legal: both outcomes must have been seen, of each part.
  for (const what of ["weights", "config", "generation", "tokenizer", "template"]) {
    expect(counts.get(what), what).toBeGreaterThan(fuzzRuns(100));
    expect(counts.get(what), what).toBeLessThan(fuzzRuns(9900));
  }
});

it("reads the good file itself", async () => {
  const file = join(temporaryFolder(), "good.gguf");
  expect(await digest(file, whole)).toEqual([
    "weights",
    "config",
    "generation",
    "tokenizer",
    "template",
  ]);
  expect(whole.length).toBeGreaterThan(HEADER);
});
