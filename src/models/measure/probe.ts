/** A decoder's program for measurements: what fused attention keeps to itself is an output here. */

import { lower } from "../../graph/onnx/lowering.ts";
import { attentionWeights } from "../../graph/ops/attention-parts.ts";
import { cast, less } from "../../graph/ops/elementwise.ts";
import { slice, stack } from "../../graph/ops/join.ts";
import { input, iota } from "../../graph/ops/leaf.ts";
import { mean } from "../../graph/ops/reduce.ts";
import { expandDims, reshape, transpose } from "../../graph/ops/reshape.ts";
import type { Program } from "../../graph/program.ts";
import { dim } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type DecoderConfig, decoder } from "../decoder.ts";
import { decoderParameters } from "../decoder-parameters.ts";

/**
 * Input `tokens` i64 [1, seq], of two tokens or more. Outputs for each layer i: `residual.i`
 * [1, seq, hidden] after it; where it has attention, `first.i` [heads], the mean attention to the
 * first token over the queries after it; where it has a gate, `gate.i` [2], the mean score and the
 * share of scores below 0.1.
 */
export function probeProgram(c: DecoderConfig): Program {
  const { root } = decoderParameters(c);
  const tokens = input("tokens", "i64", [1, dim("seq")]);
  const outputs: Record<string, Tensor> = {};
  decoder(root, c, {
    tokens,
    probe: {
      residual(x, i) {
        if (i > 0) outputs[`residual.${i - 1}`] = x;
      },
      attention(query, key, layer) {
        const place = expandDims(iota(query.shape[1]), 0);
        const scale = 1 / Math.sqrt(c.headDim);
        const options = { causal: true, scale, window: c.windows[layer], softCap: 0 };
        const keys = transpose(key, [0, 2, 1, 3]); // [1, kvHeads, seq, headDim]
        const weights = attentionWeights(query, keys, options, place); // [1, heads, seq, seq]
        const toFirst = slice(slice(weights, 3, 0, 1), 2, 1); // [1, heads, seq - 1, 1]
        outputs[`first.${layer}`] = mean(toFirst, { axes: [0, 2, 3] });
      },
      gate(scores, layer) {
        const all = reshape(scores, [-1]);
        const closed = cast(less(all, 0.1), "f32");
        outputs[`gate.${layer}`] = stack([mean(all), mean(closed)]);
      },
    },
  });
  return lower({ inputs: [tokens], outputs });
}
