/** Images and videos as embeddings: patches, positions, and a few layers that see all of them. */

import { gelu } from "../../graph/ops/activation.ts";
import { conv } from "../../graph/ops/conv.ts";
import { add, mul, rsqrt, square, sub } from "../../graph/ops/elementwise.ts";
import { mean } from "../../graph/ops/reduce.ts";
import { reshape, transpose } from "../../graph/ops/reshape.ts";
import type { Dim } from "../../graph/shape.ts";
import { shapeError, type Tensor } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import { type Initialiser, normal, ones, type Scope, zeros } from "../../nn/scope.ts";
import type { Embedded } from "../sequence-body.ts";
import { adaptorInit, EPSILON, encoderBlocks, encoderEnd } from "./encoder-block.ts";

/** How images enter a model. */
export interface ImageAdaptor {
  /** Pixels of a side; images are resized to it. */
  readonly size: number;
  /** Pixels of a patch's side: `size` is a multiple of it. */
  readonly patch: number;
  /** Layers among the patches, before the body. */
  readonly layers: number;
  /** Patches of a square side that become one position of the body (default 1). */
  readonly merge?: number;
  /** Residual convolutions of the stem behind each halving but the first (default 0). */
  readonly blocks?: number;
}

/** How videos enter a model. */
export interface VideoAdaptor extends ImageAdaptor {
  readonly frames: number;
}

/**
 * @param pixels f32 [batch, 3, size, size]
 * @param width of the body
 */
export function imageAdaptor(
  p: Scope,
  c: ImageAdaptor,
  pixels: Tensor,
  width: number,
): Embedded & { /** [batch, patches, width], before they merge. */ readonly seen: Tensor } {
  const side = c.size / c.patch;
  const patches = convolved(p, c, pixels, width); // [batch, side, side, width]
  const placed = add(patches, gridPositions(p, side, width));
  const flat = reshape(placed, [pixels.shape[0], side * side, width]);
  const seen = encoderBlocks(p, flat, c.layers);
  const { embed, rows } = merged(p, c, seen, 1, width);
  return { modality: "image", embed, layout: { kind: "grid", rows, columns: rows }, seen };
}

/** @param pixels f32 [batch, frames, 3, size, size] */
export function videoAdaptor(p: Scope, c: VideoAdaptor, pixels: Tensor, width: number): Embedded {
  const side = c.size / c.patch;
  const [batch, frames, ...image] = pixels.shape;
  if (frames !== c.frames)
    throw shapeError("videoAdaptor", `expected ${c.frames} frames`, [pixels]);
  const all = reshape(pixels, [-1, ...image]);
  const patches = add(convolved(p, c, all, width), gridPositions(p, side, width));
  const timed = add(
    reshape(patches, [batch, c.frames, side * side, width]),
    reshape(p.parameter("frames", [c.frames, width], adaptorInit), [1, c.frames, 1, width]),
  );
  const flat = reshape(timed, [batch, c.frames * side * side, width]);
  const { embed, rows } = merged(p, c, encoderBlocks(p, flat, c.layers), c.frames, width);
  const layout = { kind: "frames", frames: c.frames, rows, columns: rows } as const;
  return { modality: "video", embed, layout };
}

/**
 * Squares of patches as positions of the body, by a norm and a linear map:
 * [batch, frames * side * side, width] -> [batch, frames * rows * rows, width].
 */
function merged(
  p: Scope,
  { size, patch, merge = 1 }: ImageAdaptor,
  x: Tensor,
  frames: number,
  width: number,
): { readonly embed: Tensor; readonly rows: number } {
  const rows = size / patch / merge;
  if (!Number.isInteger(rows)) {
    throw shapeError("imageAdaptor", `${size / patch} patches a side do not merge by ${merge}`, [
      x,
    ]);
  }
  const [batch] = x.shape;
  if (merge === 1) return { embed: encoderEnd(p, x, width), rows };
  const cut = reshape(x, [batch, frames * rows, merge, rows, merge, width]);
  const inner = merge * merge * width;
  const squares = reshape(transpose(cut, [0, 1, 3, 2, 4, 5]), [batch, frames * rows * rows, inner]);
  return { embed: encoderEnd(p, squares, width), rows };
}

/**
 * Patches by convolutions that halve the sides, over what stands out from the picture's mean tone;
 * the tone is told beside. (Patches by themselves take several times the samples to tell shapes.)
 *
 * @returns [images, side, side, width]
 */
function convolved(p: Scope, c: ImageAdaptor, pixels: Tensor, width: number): Tensor {
  checkPixels(c, pixels);
  const tone = mean(pixels, { axes: [2, 3], keepDims: true });
  let x = sub(pixels, tone);
  const halvings = Math.log2(c.patch);
  for (let i = 0; i < halvings; i++) {
    const channels = width >> (halvings - 1 - i);
    const scope = p.in("stem", i);
    const from = x.shape[1] as number;
    const weight = scope.parameter("weight", [channels, from, 3, 3], normal((9 * from) ** -0.5));
    const bias = scope.parameter("bias", [channels], zeros);
    const y = scope.trace(() => conv(x, weight, { stride: 2, padding: 1, bias }));
    x = i + 1 < halvings ? gelu(y) : y;
    if (i === 0) continue;
    for (let k = 0; k < (c.blocks ?? 0); k++)
      x = convolutionBlock(scope.in("blocks", k), x, channels);
  }
  const shared = linear(p.in("tone"), reshape(tone, [pixels.shape[0], 1, 1, 3]), width);
  return add(transpose(x, [0, 2, 3, 1]), shared);
}

/**
 * Pre-norm convolutions among neighbours, and back onto x: [images, channels, rows, columns]. The
 * norm is of each place alone, so faint and strong ink look alike. A fresh one changes nothing.
 */
function convolutionBlock(p: Scope, x: Tensor, channels: number): Tensor {
  const size = mean(square(x), { axes: [1], keepDims: true });
  const scale = reshape(p.parameter("norm", [channels], ones), [1, channels, 1, 1]);
  const normed = mul(mul(x, rsqrt(add(size, EPSILON))), scale);
  const near = (name: string, init: Initialiser) =>
    p.parameter(name, [channels, channels, 3, 3], init);
  const bias = p.parameter("bias", [channels], zeros);
  const inner = gelu(
    conv(normed, near("in", normal((9 * channels) ** -0.5)), { padding: 1, bias }),
  );
  return add(x, conv(inner, near("out", zeros), { padding: 1 }));
}

function checkPixels({ size, patch }: Pick<ImageAdaptor, "size" | "patch">, pixels: Tensor): void {
  const [, channels, height, width] = pixels.shape;
  if (channels === 3 && height === size && width === size && size % patch === 0) return;
  throw shapeError("imageAdaptor", `expected 3 channels of ${size} x ${size} pixels`, [pixels]);
}

/** Each patch by itself through two linear maps: [images, 3, size, size] -> [images, side, side, width]. */
export function patchEmbeddings(
  p: Scope,
  { size, patch }: Pick<ImageAdaptor, "size" | "patch">,
  pixels: Tensor,
  width: number,
): Tensor {
  const side = size / patch;
  const [images] = pixels.shape;
  checkPixels({ size, patch }, pixels);
  const cut = reshape(pixels, [images, 3, side, patch, side, patch]);
  const patches = reshape(transpose(cut, [0, 2, 4, 3, 5, 1]), [
    images as Dim,
    side,
    side,
    3 * patch * patch,
  ]);
  const inner = linear(p.in("patch", 0), patches, 2 * width, { bias: true, init: adaptorInit });
  return linear(p.in("patch", 1), gelu(inner), width, { bias: true, init: adaptorInit });
}

/** Learned rows and columns: [1, side, side, width]. */
export function gridPositions(p: Scope, side: number, width: number): Tensor {
  const rows = reshape(p.parameter("rows", [side, width], adaptorInit), [1, side, 1, width]);
  const columns = reshape(p.parameter("columns", [side, width], adaptorInit), [1, 1, side, width]);
  return add(rows, columns);
}
