/** The programs of models that judge a text instead of continuing it. */

import { lower } from "../graph/onnx/lowering.ts";
import { slice } from "../graph/ops/join.ts";
import { input } from "../graph/ops/leaf.ts";
import { squeeze } from "../graph/ops/reshape.ts";
import type { Program } from "../graph/program.ts";
import { dim } from "../graph/shape.ts";
import { type DecoderConfig, decoder, lmHead } from "./decoder.ts";
import { decoderParameters } from "./decoder-parameters.ts";

/**
 * The hidden state of the last position, after the last norm: Qwen3-Embedding's pooling. Input
 * `tokens` i64 [1, seq]; output `hidden` [1, hidden].
 */
export function lastHiddenProgram(c: DecoderConfig, { fuse = true } = {}): Program {
  const { root } = decoderParameters(c);
  const tokens = input("tokens", "i64", [1, dim("seq")]);
  const { hidden } = decoder(root, c, { tokens });
  return lower({ inputs: [tokens], outputs: { hidden: squeeze(slice(hidden, 1, -1), [1]) }, fuse });
}

/**
 * Scores of what would come next, for Qwen3-Reranker's "yes" and "no". Input `tokens` i64
 * [1, seq]; output `logits` [1, vocab].
 */
export function lastLogitsProgram(c: DecoderConfig, { fuse = true } = {}): Program {
  const { root } = decoderParameters(c);
  const tokens = input("tokens", "i64", [1, dim("seq")]);
  const { hidden } = decoder(root, c, { tokens });
  const last = squeeze(slice(hidden, 1, -1), [1]);
  return lower({ inputs: [tokens], outputs: { logits: lmHead(root, c, last) }, fuse });
}
