/** Images and videos as embeddings: patches, positions, and a few layers that see all of them. */

import { gelu } from "../../graph/ops/activation.ts";
import { add } from "../../graph/ops/elementwise.ts";
import { reshape, transpose } from "../../graph/ops/reshape.ts";
import type { Dim } from "../../graph/shape.ts";
import { shapeError, type Tensor } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { Embedded } from "../sequence-body.ts";
import { adaptorInit, encoderBlocks, encoderEnd } from "./encoder-block.ts";

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
}

/** How videos enter a model. */
export interface VideoAdaptor extends ImageAdaptor {
  readonly frames: number;
}

/**
 * @param pixels f32 [batch, 3, size, size]
 * @param width of the body
 */
export function imageAdaptor(p: Scope, c: ImageAdaptor, pixels: Tensor, width: number): Embedded {
  const side = c.size / c.patch;
  const patches = patchEmbeddings(p, c, pixels, width); // [batch, side, side, width]
  const placed = add(patches, gridPositions(p, side, width));
  const flat = reshape(placed, [pixels.shape[0], side * side, width]);
  const seen = encoderBlocks(p, flat, c.layers);
  const { embed, rows } = merged(p, c, seen, 1, width);
  return { modality: "image", embed, layout: { kind: "grid", rows, columns: rows } };
}

/** @param pixels f32 [batch, frames, 3, size, size] */
export function videoAdaptor(p: Scope, c: VideoAdaptor, pixels: Tensor, width: number): Embedded {
  const side = c.size / c.patch;
  const [batch, frames, ...image] = pixels.shape;
  if (frames !== c.frames)
    throw shapeError("videoAdaptor", `expected ${c.frames} frames`, [pixels]);
  const all = reshape(pixels, [-1, ...image]);
  const patches = add(patchEmbeddings(p, c, all, width), gridPositions(p, side, width));
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

/** Each patch by itself through two linear maps: [images, 3, size, size] -> [images, side, side, width]. */
export function patchEmbeddings(
  p: Scope,
  { size, patch }: Pick<ImageAdaptor, "size" | "patch">,
  pixels: Tensor,
  width: number,
): Tensor {
  const side = size / patch;
  const [images, channels, height, breadth] = pixels.shape;
  if (channels !== 3 || height !== size || breadth !== size || !Number.isInteger(side)) {
    throw shapeError("imageAdaptor", `expected 3 channels of ${size} x ${size} pixels`, [pixels]);
  }
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
