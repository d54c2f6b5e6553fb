/** The two passes of a resize, over memory of the kernels. */

import type { Image } from "../types.ts";
import type { Coefficients } from "./coefficients.ts";
import { kernelsFor, LOW_BITS } from "./resample-kernels.ts";

/** About what a core's own cache holds. */
const STRIP_BYTES = 1 << 18;
/** What kernels may read and write beyond an end. */
const SLACK = 64;
const LOW = (1 << LOW_BITS) - 1;

const align = (bytes: number): number => Math.ceil(bytes / 16) * 16;
const mostOf = (size: Int32Array): number => size.reduce((a, b) => Math.max(a, b), 0);

/** [height, from, 3] -> [height, width, 3], a strip of rows at a time. */
export function resampleRows({ data, height, width: from }: Image, across: Coefficients): Image {
  const width = across.size.length;
  const groups = Math.ceil(mostOf(across.size) / 4);
  const record = 16 + 16 * groups;
  const tableBytes = width * record;
  const [inRow, outRow] = [from * 3, width * 3];
  const strip = Math.min(height, Math.max(1, Math.floor(STRIP_BYTES / inRow)));
  const inAt = align(tableBytes);
  const outAt = align(inAt + strip * inRow + 12 * groups + SLACK);
  const { memory, row } = kernelsFor(outAt + strip * outRow + SLACK);
  const bytes = new Uint8Array(memory.buffer);
  const halves = new Int16Array(memory.buffer, 0, tableBytes / 2).fill(0);
  const places = new Int32Array(memory.buffer, 0, tableBytes / 4);
  for (let x = 0; x < width; x++) {
    places[(x * record) / 4] = across.first[x]! * 3;
    for (let j = 0; j < across.size[x]!; j++) {
      const weight = across.weights[x * across.taps + j]!;
      const at = (x * record + 16) / 2 + (j >> 2) * 8 + (j & 3);
      halves[at] = weight >> LOW_BITS;
      halves[at + 4] = weight & LOW;
    }
  }
  const out = new Uint8Array(height * outRow);
  for (let y = 0; y < height; y += strip) {
    const rows = Math.min(strip, height - y);
    bytes.set(data.subarray(y * inRow, (y + rows) * inRow), inAt);
    for (let r = 0; r < rows; r++) {
      row(inAt + r * inRow, outAt + r * outRow, 0, tableBytes, 16 * groups);
    }
    out.set(bytes.subarray(outAt, outAt + rows * outRow), y * outRow);
  }
  return { width, height, data: out };
}

/** [from, width, 3] -> [height, width, 3]. */
export function resampleColumns({ data, height: from, width }: Image, down: Coefficients): Image {
  const height = down.size.length;
  const pairs = Math.ceil(mostOf(down.size) / 2);
  const stride = width * 3;
  const inAt = align(pairs * 8);
  const outAt = align(inAt + (from + 2 * pairs) * stride + SLACK); // weights of 0 read beyond the end
  const { memory, column } = kernelsFor(outAt + height * stride + SLACK);
  const bytes = new Uint8Array(memory.buffer);
  const halves = new Int16Array(memory.buffer, 0, pairs * 4);
  bytes.set(data, inAt);
  for (let y = 0; y < height; y++) {
    halves.fill(0);
    for (let j = 0; j < down.size[y]!; j++) {
      const weight = down.weights[y * down.taps + j]!;
      const at = (j >> 1) * 4 + (j & 1);
      halves[at] = weight >> LOW_BITS;
      halves[at + 2] = weight & LOW;
    }
    const target = outAt + y * stride;
    column(inAt + down.first[y]! * stride, target, target + stride, 0, pairs * 8, stride);
  }
  return { width, height, data: bytes.slice(outAt, outAt + height * stride) };
}
