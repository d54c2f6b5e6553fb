/** ResNet v1.5 (He et al., 2015; the stride is the 3x3's) up to its third stage: stride 16. */

import { conv } from "../../graph/ops/conv.ts";
import { add, mul, relu, rsqrt, stopGradient, sub } from "../../graph/ops/elementwise.ts";
import { maxPool } from "../../graph/ops/pool.ts";
import { reshape } from "../../graph/ops/reshape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { normal, ones, type Scope, zeros } from "../../nn/scope.ts";
import { type ResnetName, resnetBlocks } from "./config.ts";

const BATCH_NORM_EPSILON = 1e-5;

export const RESNET_STRIDE = 16;

/** Statistics of batch norms: read, never trained. */
export const isRunningStatistic = (name: string): boolean => /\.running_(mean|var)$/.test(name);

/**
 * pixels [batch, 3, height, width] -> [batch, 1024, height / 16, width / 16]. Batch norms use their
 * running statistics in training too: small batches have poor ones (OFA, `freeze_resnet`).
 */
export function resnet(p: Scope, name: ResnetName, pixels: Tensor): Tensor {
  let x = relu(normedConv(p, "conv1", "bn1", pixels, 64, 7, 2));
  x = maxPool(x, 3, { stride: 2, padding: 1 }).output;
  resnetBlocks[name].forEach((blocks, stage) => {
    for (let i = 0; i < blocks; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      x = bottleneck(p.in(`layer${stage + 1}`, i), x, 64 * 2 ** stage, stride, i === 0);
    }
  });
  return x;
}

function bottleneck(p: Scope, x: Tensor, inner: number, stride: number, isFirst: boolean): Tensor {
  const outer = 4 * inner;
  let y = relu(normedConv(p, "conv1", "bn1", x, inner, 1, 1));
  y = relu(normedConv(p, "conv2", "bn2", y, inner, 3, stride));
  y = normedConv(p, "conv3", "bn3", y, outer, 1, 1);
  const past = isFirst ? normedConv(p.in("downsample"), "0", "1", x, outer, 1, stride) : x;
  return relu(add(y, past));
}

/** A convolution without bias whose batch norm is folded into its weight. */
function normedConv(
  p: Scope,
  name: string,
  norm: string,
  x: Tensor,
  outputs: number,
  size: number,
  stride: number,
): Tensor {
  const inputs = x.shape[1] as number;
  // As in the reference: kaiming_normal_ with mode "fan_out".
  const init = normal(Math.sqrt(2 / (outputs * size * size)));
  const weight = p.in(name).parameter("weight", [outputs, inputs, size, size], init);
  const bn = p.in(norm);
  return p.trace(() => {
    const of = (part: string, start: typeof ones): Tensor => bn.parameter(part, [outputs], start);
    const mean = stopGradient(of("running_mean", zeros));
    const variance = stopGradient(of("running_var", ones));
    const scale = mul(of("weight", ones), rsqrt(add(variance, BATCH_NORM_EPSILON)));
    const bias = sub(of("bias", zeros), mul(mean, scale));
    const folded = mul(weight, reshape(scale, [outputs, 1, 1, 1]));
    return conv(x, folded, { stride, padding: (size - 1) / 2, bias });
  });
}
