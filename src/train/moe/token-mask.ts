/** Which places of a batch are tokens, and which fill rows up. */

import { fromValues } from "../../graph/ndarray.ts";
import type { MicroBatch } from "../trainer.ts";

/**
 * The batch with the `mask` that `withBalance({ masked: true })` reads.
 *
 * @param batch with `tokens` i64 [batch, seq]
 * @param lengths of its rows; what follows is padding
 * @example
 * withTokenMask(microBatch(sequences), sequences.map(({ tokens }) => tokens.length));
 */
export function withTokenMask(batch: MicroBatch, lengths: readonly number[]): MicroBatch {
  const [rows, width] = batch.inputs.tokens?.shape ?? [];
  if (rows !== lengths.length || width === undefined || lengths.some((n) => n > width)) {
    throw new Error(
      `withTokenMask: ${lengths.length} rows of up to ${Math.max(0, ...lengths)} tokens, but the ` +
        `batch's tokens are [${[rows, width].join(", ")}]; give one length a row`,
    );
  }
  const marks = lengths.flatMap((n) => Array.from({ length: width }, (_, t) => (t < n ? 1 : 0)));
  return { ...batch, inputs: { ...batch.inputs, mask: fromValues("f32", [rows, width], marks) } };
}
