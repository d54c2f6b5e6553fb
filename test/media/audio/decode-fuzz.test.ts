/** Damaged recordings of every format: decoded within limits or refused in a sentence, in silence. */

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { decodeAudio } from "../../../src/media/index.ts";
import { fuzz, fuzzRuns } from "../../fuzz.ts";
import { recording } from "./support.ts";

type Edit = { kind: "flip" | "insert" | "delete" | "truncate"; at: number; byte: number };

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom("flip", "flip", "flip", "insert", "delete", "truncate"),
  // Headers are where it hurts: half of the edits fall into the first 100 bytes.
  at: fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 0, max: 100 }).map((byte) => -byte),
  ),
  byte: fc.integer({ min: 1, max: 255 }),
});

function apply(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  let result = bytes;
  for (const { kind, at, byte } of edits) {
    const place = Math.min(result.length, at > 0 ? Math.floor(at * result.length) : -at);
    const [head, tail] = [result.subarray(0, place), result.subarray(place)];
    if (kind === "truncate") result = head;
    else if (kind === "delete") result = Uint8Array.from([...head, ...tail.subarray(byte)]);
    else if (kind === "insert") result = Uint8Array.from([...head, byte, ...tail]);
    else {
      result = Uint8Array.from(result);
      if (place < result.length) result[place]! ^= byte;
    }
  }
  return result;
}

const LIMITS = { name: "a recording", maxSeconds: 60 };

async function digest(bytes: Uint8Array): Promise<boolean> {
  try {
    const { sampleRate, samples } = await decodeAudio(bytes, LIMITS);
    if (samples.length === 0 || samples.length > 60 * sampleRate) throw new Broken("length");
    if (!samples.every(Number.isFinite)) throw new Broken("not finite");
    return true;
  } catch (error) {
    const text = error instanceof Error ? error.message : "";
    if (error instanceof Broken) throw error;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looking for them.
    if (!text.startsWith("a recording: ") || text.length > 400 || /[\n\u0000]/.test(text)) {
      throw new Broken(`not a sentence: ${String(error)}`, { cause: error });
    }
    return false;
  }
}

class Broken extends Error {}

it.each([
  ["wav", 4000],
  ["flac", 1000],
  ["mp3", 1000],
  ["ogg", 1000],
  ["opus", 1000],
  ["aac", 1000],
  ["m4a", 1000],
])("damaged %s files (%i in all)", async (format, inputs) => {
  const good = new Uint8Array(readFileSync(recording(`seven.${format}`)));
  const write = vi.spyOn(process.stderr, "write");
  const log = vi.spyOn(console, "log");
  const outcomes = new Set<boolean>();
  await fuzz(
    inputs,
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      outcomes.add(await digest(apply(good, edits)));
    }),
  );
  // Both happen: the edits are neither all fatal nor all harmless.
  if (fuzzRuns(inputs) > 50) expect(outcomes.size).toBe(2);
  expect(log).not.toHaveBeenCalled();
  expect(write).not.toHaveBeenCalled();
  expect(await digest(good)).toBe(true);
});
