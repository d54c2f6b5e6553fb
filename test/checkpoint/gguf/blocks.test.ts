/** Quantised blocks against gguf-py (reference/gguf_blocks.py): every bit of every value. */

import { expect, it } from "vitest";
import { ggmlType } from "../../../src/checkpoint/gguf/block-types.ts";
import { blockDecoders } from "../../../src/checkpoint/gguf/dequantise.ts";
import { openCheckpoint } from "../../../src/checkpoint/index.ts";

const fixture = await openCheckpoint(
  new URL("../../fixtures/gguf/blocks.safetensors", import.meta.url).pathname,
);
const bits = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

it.each([...blockDecoders.keys()])("decodes %s bit for bit", (name) => {
  const { size, bytes } = ggmlType(name);
  const blocks = fixture.read(`${name}.bytes`).data as Uint8Array;
  const expected = fixture.read(`${name}.values`).data as Float32Array;
  const count = blocks.length / bytes;
  const values = new Float32Array(3 + count * size);
  blockDecoders.get(name)!(blocks, count, values, 3);
  expect(values.slice(0, 3)).toEqual(new Float32Array(3));
  expect(bits(values.subarray(3))).toEqual(bits(expected));
});
