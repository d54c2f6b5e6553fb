/**
 * The two loops of Pillow's resampler in WebAssembly SIMD: the same sums of bytes times 22-bit
 * weights. SIMD multiplies 16-bit numbers in pairs, eight at once, so each weight is split into
 * w = 2^11 · high + low, exactly; sum = 2^11 · Σ byte · high + Σ byte · low.
 */

import {
  compileWasm,
  createWasmMemory,
  instantiateWasm,
  loopWhileBelow,
  op,
  WASM_PAGE,
  type WasmFunction,
  type WasmMemory,
} from "../../runtime/wasm-assembler.ts";
import { PRECISION_BITS } from "./coefficients.ts";

/** Bits of a weight's low part. */
export const LOW_BITS = 11;

interface Functions {
  /**
   * A row of RGB pixels at `source` into one at `target`. The table has, for each output pixel, 16
   * bytes of which the first 4 are the place of its first input (in bytes), then `groupBytes` of
   * weights: for each 4 inputs 16 bytes, high of 0, 1, 2, 3, low of 0, 1, 2, 3, as i16.
   * Writes one byte more, reads up to 16 bytes more than it uses.
   */
  row(source: number, target: number, table: number, tableEnd: number, groupBytes: number): void;
  /**
   * Weighted rows at `source`, `stride` bytes apart, into bytes from `target` to `end`. The table has
   * for each two rows 8 bytes: high of both, low of both, as i16. Works on 8 bytes at once, so it
   * reads and writes up to 7 more.
   */
  column(
    source: number,
    target: number,
    end: number,
    table: number,
    tableEnd: number,
    stride: number,
  ): void;
}

type Bytes = WasmFunction["body"][number];

const add = (local: number, bytes: number): Bytes => [
  ...op.get(local),
  ...op.i32Const(bytes),
  ...op.i32Add,
  ...op.set(local),
];
const addLocal = (local: number, other: number): Bytes => [
  ...op.get(local),
  ...op.get(other),
  ...op.i32Add,
  ...op.set(local),
];
const copy = (from: number, to: number): Bytes => [...op.get(from), ...op.set(to)];

/** `sum` += pairs of `bytes` (i16x8) · the pair of weights at `table` + `offset`. */
const accumulate = (sum: number, bytes: number, table: number, offset: number): Bytes => [
  ...op.get(sum),
  ...op.get(bytes),
  ...op.get(table),
  ...op.load32Splat(offset),
  ...op.dotI16,
  ...op.addI32,
  ...op.set(sum),
];

/** Sums start at 0 and, since results are rounded, at a half. */
const startSums = (high: number, low: number): Bytes => [
  ...op.zero,
  ...op.set(high),
  ...op.i32Const(1 << (PRECISION_BITS - 1)),
  ...op.splatI32,
  ...op.set(low),
];

/** i32x4 of whole levels, not yet cut to 0 to 255. */
const levels = (high: number, low: number): Bytes => [
  ...op.get(high),
  ...op.i32Const(LOW_BITS),
  ...op.shiftLeftI32,
  ...op.get(low),
  ...op.addI32,
  ...op.i32Const(PRECISION_BITS),
  ...op.shiftRightI32,
];

function rowFunction(): WasmFunction {
  const [source, target, table, tableEnd, groupBytes] = [0, 1, 2, 3, 4];
  const [at, stop, high, low, pixels, first, second] = [5, 6, 7, 8, 9, 10, 11];
  // r0 r1 g0 g1 b0 b1 - - r2 r3 g2 g3 b2 b3 - -
  const pairs = op.shuffle([0, 3, 1, 4, 2, 5, 0, 0, 6, 9, 7, 10, 8, 11, 0, 0]);
  return {
    name: "row",
    parameters: ["i32", "i32", "i32", "i32", "i32"],
    locals: ["i32", "i32", "v128", "v128", "v128", "v128", "v128"],
    body: [
      loopWhileBelow(table, tableEnd, [
        [...op.get(table), ...op.loadI32, ...op.get(source), ...op.i32Add, ...op.set(at)],
        add(table, 16),
        [...op.get(table), ...op.get(groupBytes), ...op.i32Add, ...op.set(stop)],
        startSums(high, low),
        loopWhileBelow(table, stop, [
          [...op.get(at), ...op.load, ...op.tee(pixels), ...op.get(pixels), ...pairs],
          [...op.tee(pixels), ...op.widenLow, ...op.set(first)],
          [...op.get(pixels), ...op.widenHigh, ...op.set(second)],
          accumulate(high, first, table, 0),
          accumulate(high, second, table, 4),
          accumulate(low, first, table, 8),
          accumulate(low, second, table, 12),
          add(at, 12),
          add(table, 16),
        ]),
        [...op.get(target), ...levels(high, low), ...op.tee(high), ...op.get(high)],
        [...op.narrowI32, ...op.tee(high), ...op.get(high), ...op.narrowI16ToU8, ...op.store32],
        add(target, 3),
      ]),
    ],
  };
}

function columnFunction(): WasmFunction {
  const [source, target, end, table, tableEnd, stride] = [0, 1, 2, 3, 4, 5];
  const [at, entry, high, low, high2, low2, bytes, first, second] = [
    6, 7, 8, 9, 10, 11, 12, 13, 14,
  ];
  const interleave = op.shuffle([0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23]);
  const loadNext: Bytes = [...op.get(at), ...op.load64];
  return {
    name: "column",
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
    locals: ["i32", "i32", "v128", "v128", "v128", "v128", "v128", "v128", "v128"],
    body: [
      loopWhileBelow(target, end, [
        copy(source, at),
        copy(table, entry),
        startSums(high, low),
        startSums(high2, low2),
        loopWhileBelow(entry, tableEnd, [
          loadNext,
          addLocal(at, stride),
          [...loadNext, ...interleave, ...op.tee(bytes), ...op.widenLow, ...op.set(first)],
          [...op.get(bytes), ...op.widenHigh, ...op.set(second)],
          accumulate(high, first, entry, 0),
          accumulate(low, first, entry, 4),
          accumulate(high2, second, entry, 0),
          accumulate(low2, second, entry, 4),
          addLocal(at, stride),
          add(entry, 8),
        ]),
        [...op.get(target), ...levels(high, low), ...levels(high2, low2), ...op.narrowI32],
        [...op.tee(bytes), ...op.get(bytes), ...op.narrowI16ToU8, ...op.store64],
        add(source, 8),
        add(target, 8),
      ]),
    ],
  };
}

interface Kernels extends Functions {
  readonly memory: WasmMemory;
}

let compiled: object | undefined;
let kept: Kernels | undefined;
const MOST_KEPT = 64 << 20;

/** Kernels over a memory of at least `bytes`: one that is used again and grows, unless it is huge. */
export function kernelsFor(bytes: number): Kernels {
  if (bytes > MOST_KEPT) return createKernels(bytes);
  kept ??= createKernels(bytes);
  const missing = bytes - kept.memory.buffer.byteLength;
  if (missing > 0) kept.memory.grow(Math.ceil(missing / WASM_PAGE));
  return kept;
}

function createKernels(bytes: number): Kernels {
  compiled ??= compileWasm([rowFunction(), columnFunction()]);
  const memory = createWasmMemory(bytes);
  // The module above exports exactly these functions.
  const { row, column } = instantiateWasm(compiled, memory) as Functions;
  return { memory, row, column };
}
