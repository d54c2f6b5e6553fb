/** LoRA adapters in the files of Hugging Face's PEFT: adapter_config.json and its safetensors. */

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.ts";
import { readJsonObject } from "../checkpoint/json.ts";
import { closestNames } from "../checkpoint/names.ts";
import { saveSafetensors } from "../checkpoint/save.ts";
import type { NDArray } from "../graph/ndarray.ts";
import type { WeightSource } from "../graph/program.ts";
import { isLoraName, type LoraConfig } from "../nn/lora.ts";
import { ConfigReader, type JsonObject } from "./config-reader.ts";
import type { DecoderConfig } from "./decoder.ts";
import { decoderSpecs } from "./decoder-parameters.ts";
import type { Model } from "./load.ts";

const WEIGHTS = "adapter_model.safetensors";
const CONFIG = "adapter_config.json";
/** PEFT's wrapper around the model that it adapts. */
const PREFIX = "base_model.model.";
const FACTOR = ".lora_A.weight";

export interface Adapter extends Disposable {
  readonly dir: string;
  readonly lora: LoraConfig;
  /** What it was trained on, as it says itself. */
  readonly base: string | undefined;
  /** The adapter's parameters, by the names that `loraAdapter` asks for. */
  readonly weights: WeightSource;
}

/**
 * Opens a PEFT adapter.
 *
 * @param config of the base model, whose layers the adapter must fit
 * @throws Error naming file and key for adapters of another kind, incomplete, or for another base
 * @example
 * using adapter = await openAdapter("runs/sums/final", model.config);
 */
export async function openAdapter(dir: string, config: DecoderConfig): Promise<Adapter> {
  const file = join(dir, CONFIG);
  if (!existsSync(file)) {
    throw new Error(`${file}: no such file; an adapter is a folder with ${CONFIG} and ${WEIGHTS}`);
  }
  const values = await readJsonObject(file);
  const weights = join(dir, WEIGHTS);
  const checkpoint = await openCheckpoint(weights);
  try {
    const lora = readLora(file, values, checkpoint);
    checkFits(weights, checkpoint, { ...config, lora });
    const base = values.base_model_name_or_path;
    return {
      dir,
      lora,
      base: typeof base === "string" && base !== "" ? base : undefined,
      weights: ({ name, dtype }) => checkpoint.readAs(PREFIX + name, dtype),
      [Symbol.dispose]: () => checkpoint[Symbol.dispose](),
    };
  } catch (error) {
    checkpoint[Symbol.dispose]();
    throw error;
  }
}

/** A model with an adapter, which is closed with it. */
export async function withAdapter(model: Model, dir: string): Promise<Model> {
  const adapter = await openAdapter(dir, model.config);
  const adapted = <T extends Pick<Model, "config" | "weights">>(of: T): T => ({
    ...of,
    config: { ...of.config, lora: adapter.lora },
    weights: (port) => (isLoraName(port.name) ? adapter.weights(port) : of.weights(port)),
  });
  return {
    ...adapted(model),
    adapter: dir,
    steps: model.steps && adapted(model.steps),
    [Symbol.dispose]() {
      adapter[Symbol.dispose]();
      model[Symbol.dispose]();
    },
  };
}

/** Options of PEFT that change what the tensors mean, and are not read here. */
const UNREAD = [
  "rank_pattern",
  "alpha_pattern",
  "modules_to_save",
  "target_parameters",
  "trainable_token_indices",
  "alora_invocation_tokens",
  "layer_replication",
  "arrow_config",
  "kasa_config",
  "fan_in_fan_out",
  "lora_bias",
  "use_qalora",
  "use_bdlora",
] as const;

function readLora(file: string, values: JsonObject, checkpoint: Checkpoint): LoraConfig {
  const config = new ConfigReader(file, values);
  const kind = config.text("peft_type");
  if (kind !== "LORA") throw config.error("peft_type", '"LORA"', kind);
  const set = UNREAD.find((key) => !isEmpty(values[key]));
  if (set) throw config.error(set, "empty (it is not supported)", values[set]);
  const bias = config.text("bias", "none");
  if (bias !== "none") throw config.error("bias", '"none" (others are not supported)', bias);
  // The tensors say what is adapted; `target_modules` may be a pattern.
  const targets = checkpoint.names
    .filter((name) => name.startsWith(PREFIX) && name.endsWith(FACTOR))
    .map((name) => name.slice(PREFIX.length, -FACTOR.length));
  return {
    rank: config.count("r"),
    alpha: config.positive("lora_alpha"),
    isRankStabilised: config.flag("use_rslora", false),
    isDora: config.flag("use_dora", false),
    targets,
  };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** The base asks for exactly the adapter's tensors. */
function checkFits(file: string, checkpoint: Checkpoint, config: DecoderConfig): void {
  const wanted = new Map(
    [...decoderSpecs(config).values()]
      .filter(({ name }) => isLoraName(name))
      .map(({ name, shape }) => [PREFIX + name, shape]),
  );
  for (const name of checkpoint.names) {
    const shape = wanted.get(name);
    if (!shape) {
      const near = closestNames(name, [...wanted.keys()]);
      throw new Error(
        `${file}: tensor "${name}" belongs to no linear map of this ${config.modelType} base` +
          `${near.length > 0 ? ` (nearest: ${near[0]})` : ""}; the adapter is for another base`,
      );
    }
    const found = checkpoint.info(name).shape;
    if (`${found}` !== `${shape}`) {
      throw new Error(
        `${file}: tensor "${name}" has shape [${found}], but this base needs [${shape}]; the ` +
          "adapter is for another base",
      );
    }
    wanted.delete(name);
  }
  const [missing] = wanted.keys();
  if (missing)
    throw new Error(`${file}: tensor "${missing}" is missing; the adapter is incomplete`);
  if (checkpoint.names.length === 0) throw new Error(`${file}: holds no tensor`);
}

/**
 * Writes an adapter into an existing folder as PEFT does, so that PEFT and `openAdapter` read it.
 *
 * @param parameters by name, e.g. `model.layers.0.self_attn.q_proj.lora_A.weight`
 * @param base what it was trained on: a folder or hub id
 */
export async function writeAdapterFiles(
  dir: string,
  lora: LoraConfig,
  parameters: ReadonlyMap<string, NDArray>,
  base: string,
): Promise<void> {
  const factors = [...parameters].filter(([name]) => isLoraName(name));
  const ends = factors.map(([name]) => /([^.]+)\.lora_/.exec(name)?.[1] ?? name);
  const config = {
    base_model_name_or_path: base,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    lora_alpha: lora.alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: "LORA",
    r: lora.rank,
    target_modules: [...new Set(ends)].sort(),
    task_type: "CAUSAL_LM",
    use_dora: lora.isDora ?? false,
    use_rslora: lora.isRankStabilised ?? false,
  };
  await writeFile(join(dir, CONFIG), `${JSON.stringify(config, null, 2)}\n`);
  await saveSafetensors(
    join(dir, WEIGHTS),
    factors.map(([name, array]) => ({ name: PREFIX + name, array })),
  );
}
