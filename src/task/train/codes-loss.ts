/** The loss that trains the codes of images, before any task draws with them. */

import { input } from "../../graph/ops/leaf.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { dim } from "../../graph/shape.ts";
import { type ImageCodes, imageCodesLoss } from "../../models/image-codes.ts";
import type { LossFunction } from "../../train/index.ts";
import { CODES } from "../model/config.ts";

/**
 * A sum over images, by the names that a task model's weights have. Input: `pixels` f32
 * [batch, 3, size, size], -1 to 1.
 *
 * @example
 * const trainer = await Trainer.create({ loss: codesLoss(codes), … });
 */
export const codesLoss =
  (c: ImageCodes): LossFunction =>
  (p) => {
    const pixels = input("pixels", "f32", [dim("batch"), 3, c.size, c.size]);
    return { inputs: [pixels], total: sum(imageCodesLoss(p.in(...CODES), c, pixels)) };
  };
