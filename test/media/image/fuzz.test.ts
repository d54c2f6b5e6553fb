/** Image files of strangers: 10,000 changed ones, each read or refused in one sentence. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeFrames, decodeImage } from "../../../src/media/index.ts";
import { fuzz } from "../../fuzz.ts";
import { bytesOf, fixtureNames } from "./support.ts";

const files = fixtureNames.map((name) => ({ name, bytes: bytesOf(name) }));
const limits = { maxPixels: 1e6 };

interface Change {
  readonly at: number;
  readonly bytes: readonly number[];
}

const mutated = fc
  .record({
    file: fc.constantFrom(...files),
    changes: fc.array(
      fc.record({
        at: fc.oneof(fc.nat(120), fc.nat(3000)), // headers more often
        bytes: fc.oneof(
          fc.array(fc.nat(255), { minLength: 1, maxLength: 4 }),
          fc.constantFrom([0, 0, 0, 0], [255, 255, 255, 255], [127, 255, 255, 255], [0x80, 0]),
        ),
      }),
      { maxLength: 4 },
    ),
    end: fc.option(fc.nat(3000), { freq: 3 }),
  })
  .map(({ file, changes, end }) => {
    const bytes = file.bytes.slice();
    for (const change of changes as Change[]) {
      const at = change.at % bytes.length;
      bytes.set(change.bytes.slice(0, bytes.length - at), at);
    }
    return { name: file.name, bytes: end === null ? bytes : bytes.subarray(0, end % bytes.length) };
  });

it("10,000 mutated and truncated files", { timeout: 1_800_000 }, async () => {
  let read = 0;
  let refused = 0;
  await fuzz(
    10_000,
    fc.asyncProperty(mutated, async ({ name, bytes }) => {
      try {
        const moves = name.startsWith("moving");
        const frames = moves
          ? (await decodeFrames(bytes, { name, ...limits })).frames
          : [await decodeImage(bytes, { name, ...limits })];
        for (const { width, height, data } of frames) expect(data.length).toBe(3 * width * height);
        read++;
      } catch (error) {
        const { message } = error as Error;
        expect(message.startsWith(`${name}: `)).toBe(true);
        expect(message).toMatch(/^[^\n]{10,400}$/);
        refused++;
      }
    }),
  );
  expect(Math.min(read, refused)).toBeGreaterThan(100); // both happen
});
