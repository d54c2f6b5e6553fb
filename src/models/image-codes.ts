/**
 * Images as a grid of discrete codes, from which they are drawn again. Each patch becomes a few
 * numbers that are rounded to few levels each (Mentzer et al., "Finite Scalar Quantization", 2023):
 * every combination is a code, so no table has to be learned, and none can fall out of use.
 */

import { fromValues } from "../graph/ndarray.ts";
import { abs, add, cast, mul, round, stopGradient, sub, tanh } from "../graph/ops/elementwise.ts";
import { gather } from "../graph/ops/gather.ts";
import { constant } from "../graph/ops/leaf.ts";
import { sum } from "../graph/ops/reduce.ts";
import { reshape, transpose } from "../graph/ops/reshape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { encoderBlocks, encoderEnd } from "./adaptors/encoder-block.ts";
import { gridPositions, patchEmbeddings } from "./adaptors/picture.ts";

export interface ImageCodes {
  /** Pixels of a side; images are resized to it. */
  readonly size: number;
  /** Pixels of a patch's side; each patch is one code. */
  readonly patch: number;
  /** Levels of each number of a code; their product is the number of codes. */
  readonly levels: readonly number[];
  readonly width: number;
  /** Layers among the patches, on each side of the codes. */
  readonly layers: number;
}

export const codeCount = ({ levels }: ImageCodes): number => levels.reduce((n, l) => n * l, 1);

/** Codes of an image: rows times columns of patches. */
export const codesPerImage = ({ size, patch }: ImageCodes): number => (size / patch) ** 2;

/**
 * @param pixels f32 [batch, 3, size, size], -1 to 1
 * @returns i64 [batch, codes], row by row
 */
export function encodeImageCodes(p: Scope, c: ImageCodes, pixels: Tensor): Tensor {
  const rounded = levelsOf(p, c, pixels); // whole numbers from -floor(L / 2)
  let factor = 1;
  const factors = c.levels.map((level) => {
    const own = factor;
    factor *= level;
    return own;
  });
  const row = (values: readonly number[]): Tensor =>
    constant(fromValues("f32", [1, 1, values.length], values));
  const digits = add(rounded, row(c.levels.map((level) => Math.floor(level / 2))));
  return cast(sum(mul(digits, row(factors)), { axes: [-1] }), "i64");
}

/** codes i64 [batch, codes] -> pixels f32 [batch, 3, size, size], about -1 to 1 */
export function decodeImageCodes(p: Scope, c: ImageCodes, codes: Tensor): Tensor {
  const table: number[] = [];
  for (let code = 0; code < codeCount(c); code++) {
    let rest = code;
    for (const level of c.levels) {
      table.push((rest % level) - Math.floor(level / 2));
      rest = Math.floor(rest / level);
    }
  }
  const values = constant(fromValues("f32", [codeCount(c), c.levels.length], table));
  return drawn(p, c, gather(values, codes));
}

/**
 * What training minimises: the mean distance of the pixels drawn again, [batch].
 *
 * @param pixels f32 [batch, 3, size, size], -1 to 1
 */
export function imageCodesLoss(p: Scope, c: ImageCodes, pixels: Tensor): Tensor {
  const error = abs(sub(drawn(p, c, levelsOf(p, c, pixels)), pixels));
  return mul(sum(error, { axes: [1, 2, 3] }), 1 / (3 * c.size * c.size));
}

/** Patches as rounded numbers [batch, codes, numbers], through which gradients pass unchanged. */
function levelsOf(p: Scope, c: ImageCodes, pixels: Tensor): Tensor {
  const side = c.size / c.patch;
  const scope = p.in("encoder");
  const patches = add(
    patchEmbeddings(scope, c, pixels, c.width),
    gridPositions(scope, side, c.width),
  );
  const flat = reshape(patches, [pixels.shape[0], side * side, c.width]);
  const x = encoderEnd(scope, encoderBlocks(scope, flat, c.layers), c.levels.length);
  const row = (f: (level: number) => number): Tensor =>
    constant(fromValues("f32", [1, 1, c.levels.length], c.levels.map(f)));
  // Section 3.1 and appendix A.1: even numbers of levels lie half a step to the left.
  const half = (level: number): number => ((level - 1) * (1 + 1e-3)) / 2;
  const offset = (level: number): number => (level % 2 === 0 ? 0.5 : 0);
  const shifted = add(
    x,
    row((level) => Math.atanh(offset(level) / half(level))),
  );
  const bounded = sub(mul(tanh(shifted), row(half)), row(offset));
  return add(bounded, stopGradient(sub(round(bounded), bounded)));
}

/** Whole numbers [batch, codes, numbers] -> pixels. */
function drawn(p: Scope, c: ImageCodes, levels: Tensor): Tensor {
  const side = c.size / c.patch;
  const scope = p.in("decoder");
  const scale = constant(
    fromValues(
      "f32",
      [1, 1, c.levels.length],
      c.levels.map((level) => 1 / Math.max(1, Math.floor(level / 2))),
    ),
  );
  const x = linear(scope.in("in"), mul(levels, scale), c.width, { bias: true });
  const places = reshape(gridPositions(scope, side, c.width), [1, side * side, c.width]);
  const y = encoderEnd(
    scope,
    encoderBlocks(scope, add(x, places), c.layers),
    3 * c.patch * c.patch,
  );
  const cut = reshape(y, [levels.shape[0], side, side, c.patch, c.patch, 3]);
  return reshape(transpose(cut, [0, 5, 1, 3, 2, 4]), [levels.shape[0], 3, c.size, c.size]);
}
