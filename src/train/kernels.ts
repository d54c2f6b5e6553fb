/**
 * The loops of an optimiser step, in WebAssembly SIMD over memory that the engine shares.
 *
 * An AdamW step reads p, g, m, v and writes p, m, v once: 28 bytes a parameter, the floor. As a
 * graph of elementwise ops it moves several times that, because every op writes its result out.
 */

import { assemble, loopWhileBelow, op, type WasmFunction } from "./wasm-assembler.ts";

/** The part of WebAssembly used here: Node's types leave it to the DOM library. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

export interface Kernels {
  /**
   * One AdamW step over `bytes` (a multiple of 16) of floats at byte addresses p, g, m, v:
   * g ← scale·g; m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; p ← keep·p - rate·m / (√v·root + ε).
   * The scaled g is not stored.
   *
   * @param rest1 1 - β₁, rounded once (1 - f32(0.999) would be off by 1e-5 of itself)
   * @param rest2 1 - β₂
   * @param keep 1 - lr·decay
   * @param rate lr / (1 - β₁ᵗ)
   * @param root 1 / √(1 - β₂ᵗ)
   */
  adamw(
    p: number,
    g: number,
    m: number,
    v: number,
    bytes: number,
    ...scalars: [
      scale: number,
      beta1: number,
      beta2: number,
      rest1: number,
      rest2: number,
      keep: number,
      rate: number,
      root: number,
      epsilon: number,
    ]
  ): void;
  /** Sum of squares in float64 of `bytes` (a multiple of 16) of floats at an address. */
  sumSquares(address: number, bytes: number): number;
  /** a ← a + b. */
  addInto(a: number, b: number, bytes: number): void;
}

const sum = (...parts: readonly (readonly number[])[]): readonly number[] => parts.flat();
const advance = (local: number): readonly number[] =>
  sum(op.get(local), op.i32Const(16), op.i32Add, op.set(local));

/** Parameters p g m v bytes, then scalars; locals: end, splatted scalars, vectors. */
function adamwFunction(): WasmFunction {
  const [p, g, m, v, bytes] = [0, 1, 2, 3, 4];
  const scalars = 9; // at 5..13
  const end = 14;
  const [scale, beta1, beta2, rest1, rest2, keep, rate, root, epsilon] = [
    15, 16, 17, 18, 19, 20, 21, 22, 23,
  ];
  const [grad, mean, square] = [24, 25, 26];
  const prologue = [
    sum(op.get(p), op.get(bytes), op.i32Add, op.set(end)),
    ...Array.from({ length: scalars }, (_, i) => sum(op.get(5 + i), op.splat, op.set(15 + i))),
  ];
  const body = [
    sum(op.get(g), op.load, op.get(scale), op.mul, op.set(grad)),
    // m
    sum(op.get(m), op.get(m), op.load, op.get(beta1), op.mul),
    sum(op.get(grad), op.get(rest1), op.mul, op.add, op.tee(mean), op.store),
    // v
    sum(op.get(v), op.get(v), op.load, op.get(beta2), op.mul),
    sum(op.get(grad), op.get(grad), op.mul, op.get(rest2), op.mul, op.add),
    sum(op.tee(square), op.store),
    // p
    sum(op.get(p), op.get(p), op.load, op.get(keep), op.mul),
    sum(op.get(mean), op.get(rate), op.mul),
    sum(op.get(square), op.sqrt, op.get(root), op.mul, op.get(epsilon), op.add, op.div),
    sum(op.sub, op.store),
    ...[p, g, m, v].map(advance),
  ];
  return {
    name: "adamw",
    parameters: [...Array<"i32">(5).fill("i32"), ...Array<"f32">(scalars).fill("f32")],
    locals: ["i32", ...Array<"v128">(12).fill("v128")],
    body: [...prologue, loopWhileBelow(p, end, body)],
  };
}

function sumSquaresFunction(): WasmFunction {
  const [at, bytes, end, total, value, wide] = [0, 1, 2, 3, 4, 5];
  const addSquare = sum(op.tee(wide), op.get(wide), op.mulF64, op.get(total), op.addF64);
  return {
    name: "sumSquares",
    parameters: ["i32", "i32"],
    result: "f64",
    locals: ["i32", "v128", "v128", "v128"],
    body: [
      sum(op.get(at), op.get(bytes), op.i32Add, op.set(end)),
      loopWhileBelow(at, end, [
        sum(op.get(at), op.load, op.tee(value), op.promoteLow, addSquare, op.set(total)),
        sum(op.get(value), op.get(value), op.highLanes, op.promoteLow, addSquare, op.set(total)),
        advance(at),
      ]),
      sum(op.get(total), op.laneF64(0), op.get(total), op.laneF64(1), op.f64Add),
    ],
  };
}

function addIntoFunction(): WasmFunction {
  const [a, b, bytes, end] = [0, 1, 2, 3];
  return {
    name: "addInto",
    parameters: ["i32", "i32", "i32"],
    locals: ["i32"],
    body: [
      sum(op.get(a), op.get(bytes), op.i32Add, op.set(end)),
      loopWhileBelow(a, end, [
        sum(op.get(a), op.get(a), op.load, op.get(b), op.load, op.add, op.store),
        advance(a),
        advance(b),
      ]),
    ],
  };
}

let compiled: object | undefined;

const PAGE = 65_536;

/** Fresh zeroed memory that kernels can work on; its ArrayBuffer never moves. */
export const createKernelMemory = (bytes: number): WasmMemory =>
  new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });

/** The kernels, bound to a memory. */
export function createKernels(memory: WasmMemory): Kernels {
  compiled ??= new WebAssembly.Module(
    assemble([adamwFunction(), sumSquaresFunction(), addIntoFunction()]),
  );
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  // The module above exports exactly these functions.
  return exports as Kernels;
}
