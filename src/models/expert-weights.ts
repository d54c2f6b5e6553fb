/**
 * Experts between a checkpoint's layouts and the engine's (nn/moe.ts): one tensor an expert
 * (`experts.3.gate_proj.weight`, what is published), or transformers 5's stacks
 * (`experts.gate_up_proj` [experts, 2 · inner, hidden], all gate rows, then all up rows).
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { TypedArray } from "../graph/dtype.ts";
import { type NDArray, zeros } from "../graph/ndarray.ts";
import type { Port, WeightSource } from "../graph/program.ts";
import { DOWN, GATE_UP } from "../nn/moe.ts";

const STACKED_GATE_UP = "experts.gate_up_proj";

/** Where the experts of a parameter live: `model.layers.0.mlp.`, or undefined for another name. */
function ownerOf(name: string, kind: string): string | undefined {
  return name.endsWith(`.${kind}`) ? name.slice(0, -kind.length) : undefined;
}

/** Reads one tensor of the checkpoint, its shape checked. */
export type CheckedRead = (port: Port, into?: TypedArray) => NDArray;

/**
 * A stack of experts, made once from what the checkpoint holds.
 *
 * @param read of single tensors
 * @returns undefined where `port` is no stack of experts, or is stored as it is
 */
export function readExperts(
  checkpoint: Pick<Checkpoint, "has">,
  read: CheckedRead,
  { name, dtype, shape }: Parameters<WeightSource>[0],
): NDArray | undefined {
  const [experts, rows, columns] = shape as readonly number[];
  const gateUp = ownerOf(name, GATE_UP);
  if (gateUp !== undefined) {
    const inner = rows / 2;
    const stack = zeros(dtype, [experts, rows, columns]);
    if (checkpoint.has(gateUp + STACKED_GATE_UP)) {
      const stored = read({ name: gateUp + STACKED_GATE_UP, dtype, shape });
      for (let row = 0; row < experts * rows; row++) {
        const [expert, place] = [Math.floor(row / rows), row % rows];
        const target = expert * rows + interleavedRow(place, inner);
        copyRow(stored, row, stack, target, columns);
      }
      return stack;
    }
    const buffer = zeros(dtype, [inner, columns]);
    for (let expert = 0; expert < experts; expert++) {
      (["gate_proj", "up_proj"] as const).forEach((kind, turn) => {
        const from = `${gateUp}experts.${expert}.${kind}.weight`;
        const stored = read({ name: from, dtype, shape: [inner, columns] }, buffer.data);
        for (let i = 0; i < inner; i++) {
          copyRow(stored, i, stack, expert * rows + 2 * i + turn, columns);
        }
      });
    }
    return stack;
  }
  const down = ownerOf(name, DOWN);
  if (down === undefined || checkpoint.has(name)) return undefined;
  const stack = zeros(dtype, [experts, rows, columns]);
  const size = rows * columns;
  for (let expert = 0; expert < experts; expert++) {
    const from = `${down}experts.${expert}.down_proj.weight`;
    const into = stack.data.subarray(expert * size, (expert + 1) * size);
    read({ name: from, dtype, shape: [rows, columns] }, into);
  }
  return stack;
}

/** Row of the engine's order for row `place` of gate rows followed by up rows. */
const interleavedRow = (place: number, inner: number): number =>
  place < inner ? 2 * place : 2 * (place - inner) + 1;

function copyRow(from: NDArray, source: number, to: NDArray, target: number, width: number): void {
  // Same dtype on both sides, but the union of typed arrays has no common `set`.
  const [a, b] = [from.data as Float32Array, to.data as Float32Array];
  b.set(a.subarray(source * width, (source + 1) * width), target * width);
}

/** A weight to save, made when its turn comes. */
export interface NamedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly load: () => NDArray;
}

/**
 * Weights under the names of published checkpoints: the reverse of `readExperts`, for saving.
 * Other weights pass through.
 */
export function* splitExperts(
  weights: Iterable<readonly [string, NDArray]>,
): Generator<NamedWeight> {
  for (const [name, array] of weights) {
    const owner = ownerOf(name, GATE_UP) ?? ownerOf(name, DOWN);
    if (owner === undefined) {
      yield { name, shape: array.shape, load: () => array };
      continue;
    }
    // Rows of an expert: those of gate and up in turns, or those of down.
    const kinds = name.endsWith(GATE_UP) ? ["gate_proj", "up_proj"] : ["down_proj"];
    const [experts, rows, columns] = array.shape;
    const shape = [rows / kinds.length, columns];
    for (let expert = 0; expert < experts; expert++) {
      for (const [turn, kind] of kinds.entries()) {
        const load = (): NDArray => {
          const part = zeros(array.dtype, shape);
          for (let i = 0; i < shape[0]; i++) {
            copyRow(array, expert * rows + kinds.length * i + turn, part, i, columns);
          }
          return part;
        };
        yield { name: `${owner}experts.${expert}.${kind}.weight`, shape, load };
      }
    }
  }
}
