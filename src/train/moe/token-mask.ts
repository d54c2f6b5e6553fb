/** Which places of a batch are tokens, and which fill rows up. */

import { zeros } from "../../graph/ndarray.ts";
import type { BatchSource } from "../batches.ts";
import type { MicroBatch } from "../trainer.ts";

/**
 * The batch with the `mask` that `withBalance({ masked: true })` reads.
 *
 * @param batch with `tokens` i64 [batch, seq]
 * @param lengths of its rows; what follows is padding (default: what the batch says, or no padding)
 * @example
 * withTokenMask(microBatch(sequences));
 */
export function withTokenMask(batch: MicroBatch, lengths = batch.lengths): MicroBatch {
  const [rows = 0, width = 0] = batch.inputs.tokens?.shape ?? [];
  const given = lengths ?? new Array<number>(rows).fill(width);
  if (given.length !== rows || given.some((n) => n > width)) {
    throw new Error(
      `withTokenMask: ${given.length} rows of up to ${Math.max(0, ...given)} tokens, but the ` +
        `batch's tokens are [${rows}, ${width}]; give one length a row`,
    );
  }
  const mask = zeros("f32", [rows, width]);
  given.forEach((n, row) => {
    (mask.data as Float32Array).fill(1, row * width, row * width + n);
  });
  return { ...batch, inputs: { ...batch.inputs, mask } };
}

/** A source whose batches have their mask. */
export const maskedSource = (source: BatchSource): BatchSource => ({
  async next() {
    const batch = await source.next();
    return batch && withTokenMask(batch);
  },
  get cursor() {
    return source.cursor;
  },
  seek: (cursor) => source.seek(cursor),
});
