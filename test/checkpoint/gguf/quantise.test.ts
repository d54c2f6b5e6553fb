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

it.each([...blockEncoders.keys()])("encodes %s byte for byte", (name) => {
  const input = fixture.read("input").data as Float32Array;
  const expected = fixture.read(`quantised.${name}`).data as Uint8Array;
  expect(Buffer.from(encode(name, input))).toEqual(Buffer.from(expected));
});

/** Half a step of the largest value's scale, and what rounding the scale to f16 adds. */
const bounds: readonly (readonly [string, number])[] = [
  ["Q8_0", 0.5 / 127 + 2 ** -11],
  ["Q4_0", 1 / 8 + 2 ** -11], // 8 of the 16 levels on one side, 7 on the other
];

it.each(bounds)("keeps %s within its error of the block's largest value", (name, bound) => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });
  const block = fc.array(value, { minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(block, (values) => {
      const x = Float32Array.from(values);
      const y = new Float32Array(32);
      blockDecoders.get(name)!(encode(name, x), 1, y, 0);
      const most = Math.max(...x.map(Math.abs));
      for (let i = 0; i < 32; i++) {
        // The scale itself is an f16 with steps of 2^-24 near zero.
        expect(Math.abs(x[i]! - y[i]!)).toBeLessThanOrEqual(most * bound + 128 * 2 ** -24);
      }
    }),
  );
});
