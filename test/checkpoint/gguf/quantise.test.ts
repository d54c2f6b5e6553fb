/** Blocks written as ggml writes them: bytes of gguf-py (reference/gguf_blocks.py). */

import fc from "fast-check";
import { expect, it } from "vitest";
import { ggmlType } from "../../../src/checkpoint/gguf/block-types.ts";
import { blockDecoders } from "../../../src/checkpoint/gguf/dequantise.ts";
import { blockEncoders } from "../../../src/checkpoint/gguf/quantise.ts";
import { openCheckpoint } from "../../../src/checkpoint/index.ts";

const fixture = await openCheckpoint(
  new URL("../../fixtures/gguf/blocks.safetensors", import.meta.url).pathname,
);

function encode(name: string, x: Float32Array): Uint8Array {
  const { size, bytes } = ggmlType(name);
  const out = new Uint8Array((x.length / size) * bytes);
  blockEncoders.get(name)!(x, out, 0);
  return out;
}

/** Types whose scales ggml finds without a search: one right answer. */
it.each(["Q8_0", "Q4_0"])("encodes %s byte for byte", (name) => {
  const input = fixture.read("input").data as Float32Array;
  const expected = fixture.read(`quantised.${name}`).data as Uint8Array;
  expect(Buffer.from(encode(name, input))).toEqual(Buffer.from(expected));
});

/** Half a step of the largest value's scale, and what rounding the scale to f16 adds. */
const bounds: readonly (readonly [string, number])[] = [
  ["Q8_0", 0.5 / 127 + 2 ** -11],
  ["Q4_0", 1 / 8 + 2 ** -11], // 8 of the 16 levels on one side, 7 on the other
  // A range of twice the largest in 15 steps, an end that the search gives up, 6 bits of the scale.
  ["Q4_K", (2 / 15) * 1.5 + 2 / 63],
];

it.each(bounds)("keeps %s within its error of the block's largest value", (name, bound) => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });
  const { size } = ggmlType(name);
  const block = fc.array(value, { minLength: size, maxLength: size });
  fc.assert(
    fc.property(block, (values) => {
      const x = Float32Array.from(values);
      const y = new Float32Array(size);
      blockDecoders.get(name)!(encode(name, x), 1, y, 0);
      const most = Math.max(...x.map(Math.abs));
      for (let i = 0; i < size; i++) {
        // The scale itself is an f16 with steps of 2^-24 near zero.
        expect(Math.abs(x[i]! - y[i]!)).toBeLessThanOrEqual(most * bound + 128 * 2 ** -24);
      }
    }),
  );
});

it("writes Q4_K closer to the values than Q4_0, and constants as they are", () => {
  const input = Float32Array.from({ length: 256 * 16 }, (_, i) => {
    const group = i >> 5; // each of 32 has a range and a centre of its own
    return Math.sin(i * 12.9898) * (1 + (group % 5)) + ((group % 3) - 1);
  });
  const rms = (name: string): number => {
    const y = new Float32Array(input.length);
    blockDecoders.get(name)!(encode(name, input), input.length / ggmlType(name).size, y, 0);
    return Math.sqrt(input.reduce((sum, x, i) => sum + (x - y[i]!) ** 2, 0) / input.length);
  };
  expect(rms("Q4_K")).toBeLessThan(0.8 * rms("Q4_0"));
  for (const constant of [0, 1, -1]) {
    const y = new Float32Array(256);
    blockDecoders.get("Q4_K")!(encode("Q4_K", new Float32Array(256).fill(constant)), 1, y, 0);
    for (const value of y) expect(value).toBeCloseTo(constant, 3);
  }
});
