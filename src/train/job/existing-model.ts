/** A model folder that training goes on from, as a whole or with an adapter. */

import { join } from "node:path";
import { readJsonObject } from "../../checkpoint/json.ts";
import { zeros } from "../../graph/ndarray.ts";
import type { WeightSource } from "../../graph/program.ts";
import { decoderSpecs } from "../../models/decoder-parameters.ts";
import {
  asOnefold,
  configJson,
  type DecoderConfig,
  loadModel,
  torchDType,
} from "../../models/index.ts";
import type { LoraConfig } from "../../nn/lora.ts";
import { EXPERT_BIAS } from "../../nn/moe-routing.ts";
import { withFreshAdapters } from "../lora.ts";
import type { PreparedModel } from "./prepare.ts";
import type { TrainConfig } from "./schema.ts";

/** @throws Error naming what the model does not fit */
export async function existingModel(
  dir: string,
  { lora, balance, train: { seed } }: TrainConfig,
  file: string,
): Promise<PreparedModel> {
  const quant = lora && lora.quant !== "none" ? lora.quant : undefined;
  const model = await loadModel(dir, { ...(quant && { quant, exact: true }) });
  try {
    const json = await readJsonObject(join(dir, "config.json"));
    if (balance && !model.config.moe) {
      throw new Error(`${file}: "balance" belongs to mixtures of experts, which ${dir} is not`);
    }
    const isBiased = balance?.bias_rate !== undefined && !model.config.moe?.router?.bias;
    const config = isBiased ? asOnefold(model.config, { bias: true }) : model.config;
    const adapted = lora && { ...config, lora: adapterOf(lora) };
    if (adapted) checkTargets(adapted, file);
    return {
      config: adapted ?? config,
      weights: adapted
        ? withFreshAdapters(adapted, model.weights, seed)
        : isBiased
          ? withFreshBias(model.weights)
          : model.weights,
      // transformers 5 writes "dtype", 4 "torch_dtype".
      configFile: (dtype) => ({
        ...json,
        ...(isBiased && configJson(config, dtype)),
        ["dtype" in json ? "dtype" : "torch_dtype"]: torchDType(dtype),
      }),
      [Symbol.dispose]: () => model[Symbol.dispose](),
    };
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

/** Routers whose bias is zero yet. */
const withFreshBias =
  (weights: WeightSource): WeightSource =>
  (port) =>
    port.name.endsWith(`.${EXPERT_BIAS}`)
      ? zeros("f32", port.shape as readonly number[]) // static, like those of all parameters
      : weights(port);

/** @throws Error naming a target that no linear map of the model has */
function checkTargets(config: DecoderConfig & { readonly lora: LoraConfig }, file: string): void {
  const { lora, moe } = config;
  if (lora.targets === "all-linear") return;
  const paths = [...decoderSpecs(config).keys()]
    .filter((name) => name.endsWith(".lora_A.weight"))
    .map((name) => name.slice(0, -".lora_A.weight".length));
  const missing = lora.targets.find(
    (target) => !paths.some((path) => path === target || path.endsWith(`.${target}`)),
  );
  if (missing === undefined) return;
  const experts = moe ? "; experts that tokens are sent to have no adapters" : "";
  throw new Error(
    `${file}: "lora.targets" names ${missing}, but no linear map that can be adapted is called ` +
      `so${experts}; q_proj, k_proj, v_proj and o_proj are there`,
  );
}

export const adapterOf = ({
  rank,
  alpha,
  kind,
  targets,
}: NonNullable<TrainConfig["lora"]>): LoraConfig => ({
  rank,
  alpha: alpha ?? 2 * rank,
  isRankStabilised: kind === "rslora",
  isDora: kind === "dora",
  targets,
});
