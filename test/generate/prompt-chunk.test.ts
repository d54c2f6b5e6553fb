import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { promptChunk } from "../../src/generate/prompt-chunk.ts";

describe("promptChunk", () => {
  it("runs 512 tokens at once up to a few thousand", () => {
    expect(promptChunk(16, 512, 0)).toBe(512);
    expect(promptChunk(16, 512, 3584)).toBe(512);
    expect(promptChunk(16, 512, 32_256)).toBe(64);
  });

  it("keeps the scores below 128 MiB and always moves on", () => {
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 128 }),
      fc.integer({ min: 1, max: 4096 }),
      fc.integer({ min: 0, max: 1 << 20 }),
    );
    fc.assert(
      fc.property(sizes, ([heads, chunk, past]) => {
        const count = promptChunk(heads, chunk, past);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(chunk);
        if (count > 1) expect(4 * heads * count * (past + count)).toBeLessThanOrEqual(2 ** 27);
      }),
    );
  });
});
