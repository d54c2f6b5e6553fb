/** Images drawn from codes, and the codes of images. */

import { fromValues } from "../../graph/ndarray.ts";
import { lower } from "../../graph/onnx/lowering.ts";
import { input } from "../../graph/ops/leaf.ts";
import type { Image } from "../../media/types.ts";
import {
  codesPerImage,
  decodeImageCodes,
  encodeImageCodes,
  type ImageCodes,
} from "../../models/image-codes.ts";
import { createParameters } from "../../nn/scope.ts";
import { CODES } from "../model/config.ts";
import type { Vocabulary } from "../model/vocabulary.ts";
import { need } from "../prepare/context.ts";
import { imagePixels } from "../prepare/media.ts";
import type { PreparedGroup } from "../prepare/sample.ts";
import { generateTokens, onlyTokens } from "./generate-tokens.ts";
import { GENERATE_DEFAULTS, type GenerateOptions } from "./options.ts";
import type { TaskEngine } from "./task-engine.ts";

/** Codes of an image, row by row. */
export async function codesOf(engine: TaskEngine, c: ImageCodes, image: Image): Promise<number[]> {
  const session = await engine.session("codes of an image", () => {
    const pixels = input("pixels", "f32", [1, 3, c.size, c.size]);
    const { root } = createParameters();
    return lower({
      inputs: [pixels],
      outputs: { codes: encodeImageCodes(root.in(...CODES), c, pixels) },
    });
  });
  const data = imagePixels(image, c.size);
  const pixels = { dtype: "f32", shape: [1, 3, c.size, c.size], data } as const;
  const { codes } = await session.run({ pixels });
  return Array.from(codes.data as BigInt64Array, Number);
}

/**
 * An image, drawn code by code.
 *
 * @param groups the source
 * @param prefix given tokens of the target
 */
export async function generateImage(
  engine: TaskEngine,
  vocabulary: Vocabulary,
  groups: readonly PreparedGroup[],
  prefix: readonly number[],
  options: GenerateOptions,
): Promise<Image> {
  const c = need(engine.config.codes, "IMAGE");
  const block = need(vocabulary.codes, "IMAGE");
  const count = codesPerImage(c);
  const { temperature, topK } = GENERATE_DEFAULTS.drawing;
  const request = {
    groups,
    prefix,
    constraint: onlyTokens(block, vocabulary),
    maxLength: count,
    minLength: count,
    isCodes: prefix.length === 0,
  };
  const ids = await generateTokens(engine, vocabulary, request, {
    ...options,
    temperature: options.temperature ?? temperature,
    topK: options.topK ?? topK,
  });
  const codes = ids.map((id) => id - block.start);
  return imageOfCodes(engine, c, codes);
}

/** The image that codes stand for. */
async function imageOfCodes(
  engine: TaskEngine,
  c: ImageCodes,
  codes: readonly number[],
): Promise<Image> {
  const session = await engine.session("image of codes", () => {
    const ids = input("codes", "i64", [1, codes.length]);
    const { root } = createParameters();
    return lower({
      inputs: [ids],
      outputs: { pixels: decodeImageCodes(root.in(...CODES), c, ids) },
    });
  });
  const { pixels } = await session.run({ codes: fromValues("i64", [1, codes.length], codes) });
  return toImage(pixels.data as Float32Array, c.size);
}

/** [3, size, size] of about -1 to 1 -> bytes. */
function toImage(pixels: Float32Array, size: number): Image {
  const plane = size * size;
  const data = new Uint8Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = (pixels[channel * plane + i] + 1) * 127.5;
      data[3 * i + channel] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return { width: size, height: size, data };
}
