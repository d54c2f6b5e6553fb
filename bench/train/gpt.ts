/** nanoGPT's shakespeare-char model: LayerNorm and linear maps without biases, erf GELU, learned positions. */

import { fromValues } from "../../src/graph/ndarray.ts";
import { gelu } from "../../src/graph/ops/activation.ts";
import { attention } from "../../src/graph/ops/attention.ts";
import { add } from "../../src/graph/ops/elementwise.ts";
import { gather } from "../../src/graph/ops/gather.ts";
import { split } from "../../src/graph/ops/join.ts";
import { constant, iota } from "../../src/graph/ops/leaf.ts";
import { matmul } from "../../src/graph/ops/matmul.ts";
import { layerNorm } from "../../src/graph/ops/norm.ts";
import { reshape } from "../../src/graph/ops/reshape.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { embedding, embeddingTable, linear, ones, type Scope } from "../../src/nn/index.ts";
import type { TokenModel } from "../../src/train/index.ts";

export interface GptConfig {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly vocab: number;
  readonly positions: number;
}

export function gpt({ layers, hidden, heads, vocab, positions }: GptConfig): TokenModel {
  const noBias = constant(fromValues("f32", [hidden], new Float32Array(hidden)));
  const norm = (p: Scope, x: Tensor): Tensor =>
    layerNorm(x, p.parameter("weight", [hidden], ones), noBias);
  return (p, tokens) => {
    const [batch, seq] = tokens.shape;
    const table = p.in("embed");
    const places = gather(embeddingTable(p.in("positions"), positions, hidden), iota(seq));
    let x = add(embedding(table, tokens, vocab, hidden), places);
    for (let i = 0; i < layers; i++) {
      const block = p.in("blocks", i);
      const qkv = linear(block.in("qkv"), norm(block.in("norm1"), x), 3 * hidden);
      const [q, k, v] = split(qkv, 3, -1).map((part) =>
        reshape(part, [batch, seq, heads, hidden / heads]),
      );
      const { output } = attention(q!, k!, v!);
      x = add(x, linear(block.in("proj"), reshape(output, [batch, seq, hidden]), hidden));
      const inner = gelu(linear(block.in("fc"), norm(block.in("norm2"), x), 4 * hidden));
      x = add(x, linear(block.in("out"), inner, hidden));
    }
    return {
      hidden: norm(p.in("norm"), x),
      head: (rows) => matmul(rows, embeddingTable(table, vocab, hidden), { transposeB: true }),
    };
  };
}
