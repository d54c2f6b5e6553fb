/** Pixels as source segments of OFA: the tokens of an image, or of the frames of a video. */

import { mul } from "../../graph/ops/elementwise.ts";
import { broadcastTo, expandDims, reshape, transpose } from "../../graph/ops/reshape.ts";
import { type Dim, dimMul } from "../../graph/shape.ts";
import { shapeError, type Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import type { Embedded } from "../sequence-body.ts";
import type { OfaConfig } from "./config.ts";
import { project } from "./layer.ts";
import { RESNET_STRIDE, resnet } from "./resnet.ts";

/** Sides of images are multiples of this many pixels, each square of which is one token. */
export const imageStride = ({ stem }: OfaConfig): number =>
  typeof stem === "string" ? RESNET_STRIDE : stem.size;

/**
 * An image as a source segment.
 *
 * @param p the model's root scope
 * @param pixels f32 [batch, 3, height, width], from -1 to 1 (mean and deviation of 0.5); sides are
 *   numbers, multiples of `imageStride`
 * @throws {ShapeError} where they are not
 * @example
 * const image = ofaImage(p, config, input("pixels", "f32", [batch, 3, 256, 256]));
 * const hidden = body.forward(p, [image, question], answer);
 */
export function ofaImage(p: Scope, c: OfaConfig, pixels: Tensor): Embedded {
  const { embed, rows, columns } = imageTokens(p, c, pixels);
  return { modality: "image", embed, layout: { kind: "grid", rows, columns } };
}

/**
 * A video as a source segment: the stem of images, frame by frame.
 *
 * @param pixels f32 [batch, frames, 3, height, width]
 * @param valid bool [batch, frames]: false is padding; left out: all count
 */
export function ofaVideo(p: Scope, c: OfaConfig, pixels: Tensor, valid?: Tensor): Embedded {
  const [batch, frames, channels, height, width] = pixels.shape;
  if (typeof frames !== "number") {
    throw shapeError("ofaVideo", "the number of frames is not fixed", [pixels]);
  }
  const each = reshape(pixels, [dimMul(batch, frames), channels, height, width]);
  const { embed, rows, columns } = imageTokens(p, c, each);
  const length = frames * rows * columns;
  const spread = (of: Tensor): Tensor =>
    reshape(broadcastTo(expandDims(of, 2), [batch, frames, rows * columns]), [batch, length]);
  return {
    modality: "video",
    embed: reshape(embed, [batch, length, c.width]),
    layout: { kind: "frames", frames, rows, columns },
    ...(valid && { valid: spread(valid) }),
  };
}

/** [images, 3, height, width] -> [images, rows · columns, width] */
function imageTokens(root: Scope, c: OfaConfig, pixels: Tensor) {
  const [, channels, height, width] = pixels.shape;
  const stride = imageStride(c);
  const isWhole = (side: Dim): side is number => typeof side === "number" && side % stride === 0;
  if (channels !== 3 || !isWhole(height) || !isWhole(width)) {
    const reason = `needs [images, 3, height, width] with sides that are multiples of ${stride}`;
    throw shapeError("ofaImage", reason, [pixels]);
  }
  const p = root.in("encoder");
  const [rows, columns] = [height / stride, width / stride];
  const embed =
    typeof c.stem === "string"
      ? project(p.in("image_proj"), c, flatten(resnet(p.in("embed_images"), c.stem, pixels)))
      : project(p.in("embed_images", "proj"), c, patches(pixels, c.stem.size));
  const scaled = c.scaleEmbedding ? mul(embed, Math.sqrt(c.width)) : embed;
  return { embed: scaled, rows, columns };
}

/** [images, channels, rows, columns] -> [images, rows · columns, channels] */
function flatten(x: Tensor): Tensor {
  const [images, channels, rows, columns] = x.shape;
  return transpose(reshape(x, [images, channels, dimMul(rows, columns)]), [0, 2, 1]);
}

/** Squares of pixels, [images, squares, 3 · size²], a row as a convolution's weight has it. */
function patches(x: Tensor, size: number): Tensor {
  const [images, channels, height, width] = x.shape as [Dim, number, number, number];
  const [rows, columns] = [height / size, width / size];
  const split = reshape(x, [images, channels, rows, size, columns, size]);
  const grouped = transpose(split, [0, 2, 4, 1, 3, 5]);
  return reshape(grouped, [images, rows * columns, channels * size * size]);
}
