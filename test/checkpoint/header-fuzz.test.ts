/** Damaged and hostile files: each opens and reads within its bounds, or is refused. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/index.ts";
import { fuzz, fuzzRuns } from "../fuzz.ts";
import { rawFile, temporaryFolder } from "./support.ts";

const good = rawFile(
  JSON.stringify({
    __metadata__: { format: "pt" },
    "model.embed.weight": { dtype: "F32", shape: [2, 4], data_offsets: [0, 32] },
    "model.norm.weight": { dtype: "BF16", shape: [4], data_offsets: [32, 40] },
    "model.ids": { dtype: "I64", shape: [2], data_offsets: [40, 56] },
    mask: { dtype: "BOOL", shape: [3], data_offsets: [56, 59] },
  }).padEnd(320),
  Uint8Array.from({ length: 59 }, (_, i) => i * 37),
);

/** Opens the bytes as a file and reads everything; returns whether it was accepted. */
async function digest(file: string, bytes: Uint8Array): Promise<boolean> {
  writeFileSync(file, bytes);
  try {
    using checkpoint = await openCheckpoint(file);
    let total = 0;
    for (const name of checkpoint.names) {
      try {
        const array = checkpoint.read(name);
        total += array.data.byteLength;
        // Reading the last element proves that the memory is there.
        const last = array.data.at(-1);
        if (array.data.length > 0 && last === undefined) throw new Broken("no last element");
        checkpoint.readAs(name, "f64");
      } catch (error) {
        requireSentence(error, file);
      }
    }
    if (total > bytes.byteLength) throw new Broken(`${total} bytes from ${bytes.byteLength}`);
    return true;
  } catch (error) {
    requireSentence(error, file);
    return false;
  }
}

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

type Edit = { kind: "flip" | "insert" | "delete" | "truncate"; at: number; byte: number };

function apply(bytes: Buffer, { kind, at, byte }: Edit): Buffer {
  const i = Math.floor((at / PLACES) * bytes.length);
  if (kind === "truncate") return bytes.subarray(0, i);
  const rest = bytes.subarray(kind === "insert" ? i : i + 1);
  if (kind === "delete") return Buffer.concat([bytes.subarray(0, i), rest]);
  return Buffer.concat([bytes.subarray(0, i), Uint8Array.of(byte), rest]);
}

/** Places are integers: they are uniform, where doubles would crowd around 0. */
const PLACES = 10_000;

const edit = fc.record({
  kind: fc.constantFrom<Edit["kind"][]>("flip", "flip", "flip", "insert", "delete", "truncate"),
  at: fc.nat(PLACES - 1),
  // Digits and punctuation of JSON make changes that still parse.
  byte: fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(...Buffer.from('0159,:[]{}"-.eE')),
  ),
});

it("survives 10,000 mutations of a good file", { timeout: 900_000 }, async () => {
  const file = join(temporaryFolder(), "mutant.safetensors");
  let accepted = 0;
  await fuzz(
    10_000,
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      if (await digest(file, edits.reduce(apply, good))) accepted++;
    }),
  );
  // Mutations of the data or of a name are legal: both outcomes must have been seen.
  expect(accepted).toBeGreaterThan(fuzzRuns(100));
  expect(accepted).toBeLessThan(fuzzRuns(9900));
});

const number = fc.oneof(
  fc.constantFrom(0, 1, 2, 4, 8, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, -0),
  fc.integer(),
);
const entry = fc.record(
  {
    dtype: fc.oneof(
      fc.constantFrom("F32", "BF16", "U8", "F8_E4M3", "F4", "C64", "I64", "f32", ""),
      fc.jsonValue(),
    ),
    shape: fc.oneof(fc.array(number, { maxLength: 70 }), fc.jsonValue()),
    data_offsets: fc.oneof(fc.tuple(number, number), fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const name = fc.oneof(
  fc.constantFrom("__proto__", "__metadata__", "constructor", "", "../x", "\0", "\n", "0"),
  fc.string(),
);

it("survives 10,000 hostile headers", { timeout: 900_000 }, async () => {
  const file = join(temporaryFolder(), "hostile.safetensors");
  await fuzz(
    10_000,
    fc.asyncProperty(
      fc.array(fc.tuple(name, fc.oneof(entry, fc.jsonValue())), { maxLength: 4 }),
      fc.uint8Array({ maxLength: 16 }),
      fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { freq: 8, nil: undefined }),
      async (entries, data, claimed) => {
        const members = entries.map(([key, value]) => {
          return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
        });
        await digest(file, rawFile(`{${members.join(",")}}`, data, claimed));
      },
    ),
  );
});

it("refuses deep nesting and long names in a short sentence", async () => {
  const file = join(temporaryFolder(), "deep.safetensors");
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  expect(await digest(file, rawFile(`{"a":${deep}}`))).toBe(false);
  expect(await digest(file, rawFile(`{"a":{"dtype":"U8","shape":${deep}}}`))).toBe(false);
  expect(await digest(file, rawFile(`{"${"a".repeat(1 << 20)}":1}`))).toBe(false);
  expect(await digest(file, rawFile(`{"${"\\u0000".repeat(1 << 10)}":1}`))).toBe(false);
});
