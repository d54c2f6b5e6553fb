/**
 * f32 rows to blocks; those of 32 values byte for byte as ggml's reference writes them: every
 * operation rounds to f32 as it does in C (without fused multiply-adds).
 * Source: ggml, src/ggml-quants.c (quantize_row_q8_0_ref, quantize_row_q4_0_ref).
 */

import { f32ToF16 } from "../../graph/dtype.ts";
import { q4_k } from "./quantise-groups.ts";

/** Encodes whole blocks of values into `out` from byte `at`. */
export type BlockEncoder = (x: Float32Array, out: Uint8Array, at: number) => void;

const SIZE = 32;
const { fround } = Math;

/** 1 / d in f32; a scale too small for that is 0 in f16 too. */
function inverse(d: number): number {
  const id = d === 0 ? 0 : fround(1 / d);
  return Number.isFinite(id) ? id : 0;
}

function putHalf(out: Uint8Array, at: number, value: number): void {
  const bits = f32ToF16(value);
  out[at] = bits & 0xff;
  out[at + 1] = bits >> 8;
}

/** C's roundf: halves away from zero. */
const roundAway = (x: number): number => (x < 0 ? -Math.floor(0.5 - x) : Math.floor(x + 0.5));

function q8_0(x: Float32Array, out: Uint8Array, at: number): void {
  for (let i = 0, o = at; i < x.length; i += SIZE, o += 34) {
    let most = 0;
    for (let j = 0; j < SIZE; j++) most = Math.max(most, Math.abs(x[i + j]!));
    const d = fround(most / 127);
    const id = inverse(d);
    putHalf(out, o, d);
    for (let j = 0; j < SIZE; j++) out[o + 2 + j] = roundAway(fround(x[i + j]! * id));
  }
}

function q4_0(x: Float32Array, out: Uint8Array, at: number): void {
  for (let i = 0, o = at; i < x.length; i += SIZE, o += 18) {
    let most = 0;
    let extreme = 0; // with its sign; the first of equals
    for (let j = 0; j < SIZE; j++) {
      const size = Math.abs(x[i + j]!);
      if (size > most) [most, extreme] = [size, x[i + j]!];
    }
    const d = fround(extreme / -8);
    const id = inverse(d);
    putHalf(out, o, d);
    const level = (j: number): number =>
      Math.min(15, Math.trunc(fround(fround(x[i + j]! * id) + 8.5)));
    for (let j = 0; j < SIZE / 2; j++) out[o + 2 + j] = level(j) | (level(j + SIZE / 2) << 4);
  }
}

/** Encoders by the type's name. */
export const blockEncoders: ReadonlyMap<string, BlockEncoder> = new Map([
  ["Q8_0", q8_0],
  ["Q4_0", q4_0],
  ["Q4_K", q4_k],
]);
