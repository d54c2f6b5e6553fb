/** The parameters of a decoder as its config has them: quantised, adapted, or plain. */

import { input } from "../graph/ops/leaf.ts";
import { dim } from "../graph/shape.ts";
import { loraAdapter } from "../nn/lora.ts";
import { createParameters, type ParameterSpec, type Parameters } from "../nn/scope.ts";
import { type DecoderConfig, decoder, lmHead } from "./decoder.ts";

/** A root scope for a decoder's programs. */
export const decoderParameters = (c: DecoderConfig): Parameters =>
  createParameters("f32", c.quantized, { adapter: c.lora && loraAdapter(c.lora) });

/** Every parameter of a decoder and its head, by name. */
export function decoderSpecs(c: DecoderConfig): ReadonlyMap<string, ParameterSpec> {
  const { root, specs } = decoderParameters(c);
  const tokens = input("tokens", "i64", [dim("batch"), dim("seq")]);
  lmHead(root, c, decoder(root, c, { tokens }).hidden);
  return specs;
}
