/** Layers: linear, norms, embeddings, rotary angles, and the scopes that hold their weights. */

export { type AttentionGate, fusedHeadGate } from "./attention-gate.ts";
export { initialise } from "./initialise.ts";
export { embedding, embeddingTable, type LinearOptions, linear } from "./linear.ts";
export { type LoraConfig, loraAdapter } from "./lora.ts";
export { gatedMlp } from "./mlp.ts";
export { type MoeConfig, moe } from "./moe.ts";
export type { Capacity, RouterOptions } from "./moe-routing.ts";
export { layerNorm, rmsNorm } from "./norm.ts";
export { createRandom, type Random } from "./random.ts";
export { type NormVariant, type ResidualNormOptions, residualNorm } from "./residual-norm.ts";
export { type RopeConfig, rotaryAngles } from "./rope.ts";
export { type RoundedProductsOptions, roundedProducts } from "./rounded-products.ts";
export * from "./scope.ts";
