/** The programs a decoder is run by: whole sequences at once, or steps over a cache. */

import { lower } from "../graph/onnx/lowering.ts";
import { slice } from "../graph/ops/join.ts";
import { input } from "../graph/ops/leaf.ts";
import { squeeze } from "../graph/ops/reshape.ts";
import type { Program } from "../graph/program.ts";
import { dim } from "../graph/shape.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createParameters } from "../nn/scope.ts";
import { type DecoderConfig, decoder, type LayerCache, lmHead } from "./decoder.ts";

/**
 * Logits of every position. Input `tokens` i64 [batch, seq]; output `logits` [batch, seq, vocab].
 */
export function forwardProgram(c: DecoderConfig, { fuse = true } = {}): Program {
  const { root } = createParameters();
  const tokens = input("tokens", "i64", [dim("batch"), dim("seq")]);
  const { hidden } = decoder(root, c, { tokens });
  return lower({ inputs: [tokens], outputs: { logits: lmHead(root, c, hidden) }, fuse });
}

/** Shape of one layer's key (or value) cache: [batch, kvHeads, capacity, headDim]. */
export type CacheShape = readonly [number, number, number, number];

/**
 * Logits of the last position after `seq` new tokens behind a cache: one program for prompts and
 * steps. Inputs `tokens` i64 [batch, seq], `past` i32 [batch], and for each layer i `key.i`,
 * `value.i` [batch, kvHeads, capacity, headDim]; outputs `logits` [batch, vocab] and
 * `present_key.i`, `present_value.i`, to be bound to the same memory as the inputs.
 */
export function stepProgram(c: DecoderConfig, { fuse = true } = {}): Program {
  const { root } = createParameters();
  const batch = dim("batch");
  const tokens = input("tokens", "i64", [batch, dim("seq")]);
  const past = input("past", "i32", [batch]);
  const shape = [batch, c.kvHeads, dim("capacity"), c.headDim];
  const layers: LayerCache[] = Array.from({ length: c.layers }, (_, i) => ({
    key: input(`key.${i}`, "f32", shape),
    value: input(`value.${i}`, "f32", shape),
  }));
  const { hidden, cache } = decoder(root, c, { tokens, cache: { layers, past } });
  const last = squeeze(slice(hidden, 1, -1), [1]);
  const outputs: Record<string, Tensor> = { logits: lmHead(root, c, last) };
  cache.forEach((layer, i) => {
    outputs[`present_key.${i}`] = layer.key;
    outputs[`present_value.${i}`] = layer.value;
  });
  const inputs = [tokens, past, ...layers.flatMap((layer) => [layer.key, layer.value])];
  return lower({ inputs, outputs, fuse });
}
