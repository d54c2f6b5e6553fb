/**
 * Multi-token prediction of Qwen3-Next and Qwen3.5: a layer that goes on where the decoder ends
 * and guesses the token after the next one. Weights `mtp.*`; embedding and head are the decoder's.
 *
 * What it computes follows vLLM's `qwen3_next_mtp.py` and `qwen3_5_mtp.py`, since transformers
 * leaves these weights out: the normed embedding of token i + 1 beside the normed hidden state of
 * token i, joined by `fc`, one full-attention layer at position i, a norm; with that norm's output
 * in the place of the hidden state it guesses further tokens.
 */

import { lower } from "../graph/onnx/lowering.ts";
import { add, cast } from "../graph/ops/elementwise.ts";
import { concat, slice } from "../graph/ops/join.ts";
import { input, iota } from "../graph/ops/leaf.ts";
import { expandDims, squeeze } from "../graph/ops/reshape.ts";
import type { Program } from "../graph/program.ts";
import { dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { embedding, linear } from "../nn/linear.ts";
import { gatedMlp } from "../nn/mlp.ts";
import { moe } from "../nn/moe.ts";
import { rmsNorm } from "../nn/norm.ts";
import { rotaryAngles } from "../nn/rope.ts";
import { normal, type Scope } from "../nn/scope.ts";
import { type DecoderConfig, lmHead, selfAttention } from "./decoder.ts";
import { decoderParameters } from "./decoder-parameters.ts";
import type { Model } from "./load.ts";

/** Whether a checkpoint carries the weights of multi-token prediction. */
export const hasMtp = ({ checkpoint }: Pick<Model, "checkpoint">): boolean =>
  checkpoint.has("mtp.fc.weight");

/**
 * Guesses behind a cache of its own: one program for prompts and single tokens.
 *
 * Inputs `tokens` i64 [batch, seq], each the one after the token of the same place in `hidden`
 * f32 [batch, seq, hiddenSize]; `past` i32 [batch]; `key.0` and `value.0` [batch, kvHeads,
 * capacity, headDim]. Outputs `logits` [batch, vocab] and `next` [batch, hiddenSize], both of the
 * last place, and `present_key.0`, `present_value.0`.
 *
 * @throws Error where the rotary base follows the length
 */
export function mtpProgram({
  config: c,
  checkpoint,
}: Pick<Model, "config" | "checkpoint">): Program {
  if (c.rope.type === "dynamic") {
    throw new Error("multi-token prediction: a rotary base that follows the length is not known");
  }
  const { root } = decoderParameters(c);
  const batch = dim("batch");
  const [seq, capacity] = [dim("seq"), dim("capacity")];
  const tokens = input("tokens", "i64", [batch, seq]);
  const hidden = input("hidden", "f32", [batch, seq, c.hiddenSize]);
  const past = input("past", "i32", [batch]);
  const shape = [batch, c.kvHeads, capacity, c.headDim];
  const [key, value] = ["key.0", "value.0"].map((name) => input(name, "f32", shape));
  const p = root.in("mtp");
  const norm = (scope: Scope, t: Tensor): Tensor =>
    rmsNorm(scope, t, c.normEpsilon, { offset: c.offsetNorms });
  const embedded = embedding(root.in("model", "embed_tokens"), tokens, c.vocabSize, c.hiddenSize);
  const joined = concat(
    [norm(p.in("pre_fc_norm_embedding"), embedded), norm(p.in("pre_fc_norm_hidden"), hidden)],
    2,
  );
  let x = linear(p.in("fc"), joined, c.hiddenSize, { init: normal(c.initializerRange) });
  const place = add(expandDims(cast(past, "i64"), 1), expandDims(iota(seq), 0)); // [batch, seq]
  const layer = p.in("layers", 0);
  const mixed = selfAttention(layer.in("self_attn"), c, {
    x: norm(layer.in("input_layernorm"), x),
    ...rotaryAngles(c.rope, place),
    window: 0,
    cache: { key: key!, value: value!, past },
  });
  x = add(x, mixed.output);
  const isSparse = checkpoint.has("mtp.layers.0.mlp.gate.weight");
  const normed = norm(layer.in("post_attention_layernorm"), x);
  x = add(x, feedForward(layer.in("mlp"), c, isSparse, normed));
  const last = squeeze(slice(norm(p.in("norm"), x), 1, -1), [1]); // [batch, hidden]
  const { key: presentKey, value: presentValue } = mixed.state!;
  return lower({
    inputs: [tokens, hidden, past, key!, value!],
    outputs: {
      logits: lmHead(root, c, last),
      next: last,
      "present_key.0": presentKey!,
      "present_value.0": presentValue!,
    },
  });
}

function feedForward(p: Scope, c: DecoderConfig, isSparse: boolean, x: Tensor): Tensor {
  const init = normal(c.initializerRange);
  return isSparse && c.moe ? moe(p, x, c.moe, init) : gatedMlp(p, x, c.intermediateSize, init);
}
