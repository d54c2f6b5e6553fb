/**
 * The loops of an optimiser step, in WebAssembly SIMD over memory that the engine shares.
 *
 * An AdamW step reads p, g, m, v and writes p, m, v once: 28 bytes a parameter, the floor. As a
 * graph of elementwise ops it moves several times that, because every op writes its result out.
 */

import {
  compileWasm,
  instantiateWasm,
  loopWhileBelow,
  op,
  type WasmFunction,
  type WasmMemory,
} from "../runtime/wasm-assembler.ts";
import { advance, sequence, updates } from "./update-kernels.ts";

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
  /**
   * One Lion step at p, g, m: g ← scale·g; p ← keep·p - rate·sign(β₁m + (1-β₁)g);
   * m ← β₂m + (1-β₂)g. The scaled g is not stored.
   */
  lion(
    p: number,
    g: number,
    m: number,
    bytes: number,
    ...scalars: [
      scale: number,
      beta1: number,
      beta2: number,
      rest1: number,
      rest2: number,
      keep: number,
      rate: number,
    ]
  ): void;
  /**
   * One step of momentum at p, g, m: m ← momentum·m + scale·g;
   * p ← keep·p - rate·(ahead·m + own·scale·g), where Nesterov's step has (momentum, 1) for
   * (ahead, own) and the plain one (1, 0).
   */
  sgd(
    p: number,
    g: number,
    m: number,
    bytes: number,
    ...scalars: [
      scale: number,
      momentum: number,
      ahead: number,
      own: number,
      keep: number,
      rate: number,
    ]
  ): void;
  /** a ← keepA·a + addB·b. */
  mix(a: number, b: number, bytes: number, keepA: number, addB: number): void;
  /** Sum of squares in float64 of `bytes` (a multiple of 16) of floats at an address. */
  sumSquares(address: number, bytes: number): number;
  /** a ← a + b. */
  addInto(a: number, b: number, bytes: number): void;
}

function sumSquaresFunction(): WasmFunction {
  const [at, bytes, end, total, value, wide] = [0, 1, 2, 3, 4, 5];
  const addSquare = sequence(op.tee(wide), op.get(wide), op.mulF64, op.get(total), op.addF64);
  return {
    name: "sumSquares",
    parameters: ["i32", "i32"],
    result: "f64",
    locals: ["i32", "v128", "v128", "v128"],
    body: [
      sequence(op.get(at), op.get(bytes), op.i32Add, op.set(end)),
      loopWhileBelow(at, end, [
        sequence(op.get(at), op.load, op.tee(value), op.promoteLow, addSquare, op.set(total)),
        sequence(
          op.get(value),
          op.get(value),
          op.highLanes,
          op.promoteLow,
          addSquare,
          op.set(total),
        ),
        advance(at),
      ]),
      sequence(op.get(total), op.laneF64(0), op.get(total), op.laneF64(1), op.f64Add),
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
      sequence(op.get(a), op.get(bytes), op.i32Add, op.set(end)),
      loopWhileBelow(a, end, [
        sequence(op.get(a), op.get(a), op.load, op.get(b), op.load, op.add, op.store),
        advance(a),
        advance(b),
      ]),
    ],
  };
}

let compiled: object | undefined;

/** The kernels, bound to a memory. */
export function createKernels(memory: WasmMemory): Kernels {
  compiled ??= compileWasm([...updates, sumSquaresFunction(), addIntoFunction()]);
  // The module above exports exactly these functions.
  return instantiateWasm(compiled, memory) as Kernels;
}
