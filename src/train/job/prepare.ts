/** The model and the tokenizer of a config, with the files that every saved model carries. */

import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type ResolveOptions, resolveModel } from "../../checkpoint/resolve.ts";
import type { DType } from "../../graph/dtype.ts";
import type { WeightSource } from "../../graph/program.ts";
import {
  type ChatTemplate,
  createChatTemplate,
  loadChatTemplate,
  loadTokenizer,
  type Tokenizer,
  trainBpe,
} from "../../media/text/index.ts";
import type { DecoderConfig } from "../../models/index.ts";
import { type DataRecord, textsOf } from "../data/record.ts";
import { CHATML } from "./chatml.ts";
import { existingModel } from "./existing-model.ts";
import { freshModel } from "./fresh-model.ts";
import type { FreshTokenizer, TrainConfig } from "./schema.ts";

export type Files = Readonly<Record<string, unknown>>;

export interface PreparedTokenizer {
  readonly tokenizer: Tokenizer;
  /** Or why there is none; only conversations need it. */
  readonly template: ChatTemplate | Error;
  readonly files: Files;
}

export interface PreparedModel extends Disposable {
  /** With `lora` where an adapter is trained. */
  readonly config: DecoderConfig;
  readonly weights: WeightSource;
  /** config.json of saved weights. */
  readonly configFile: (dtype: DType) => Record<string, unknown>;
}

/** A path beside the config file, else what `resolveModel` takes. */
export const locateModel = (folder: string, spec: string, options?: ResolveOptions) =>
  resolveModel(existsSync(resolve(folder, spec)) ? resolve(folder, spec) : spec, options);

/** The tokenizer: the config's own, the model's, or one learned from the rows. */
export async function prepareTokenizer(
  { tokenizer, model }: TrainConfig,
  folder: string,
  rows: readonly DataRecord[],
): Promise<PreparedTokenizer> {
  if (typeof tokenizer === "object") return learnTokenizer(tokenizer, folder, rows);
  const spec = tokenizer ?? model;
  if (typeof spec !== "string") {
    throw new Error(
      'train: a fresh model needs a tokenizer: give "tokenizer" a folder, or {size: 4096} to ' +
        "learn one from the data",
    );
  }
  const dir = await locateModel(folder, spec);
  const template = await loadChatTemplate(dir).catch((error: Error) => error);
  return { tokenizer: await loadTokenizer(dir), template, files: await companionFiles(dir) };
}

async function learnTokenizer(
  { size, special_tokens: specialTokens, chat_template: file }: FreshTokenizer,
  folder: string,
  rows: readonly DataRecord[],
): Promise<PreparedTokenizer> {
  const json = trainBpe(textsOf(rows), { vocabSize: size, specialTokens });
  const source = file === undefined ? CHATML : await readFile(resolve(folder, file), "utf8");
  // What ends an answer is what the template closes a turn with.
  const eos = specialTokens.includes("<|im_end|>") ? "<|im_end|>" : specialTokens[0];
  const config = {
    add_bos_token: false,
    bos_token: null,
    chat_template: source,
    clean_up_tokenization_spaces: false,
    eos_token: eos,
    pad_token: specialTokens[0],
    tokenizer_class: "Qwen2Tokenizer",
    unk_token: null,
  };
  const tokenizer = await loadTokenizer({ tokenizer: json, config });
  const stops = [tokenizer.eosId, tokenizer.padId].filter((id) => id !== undefined);
  return {
    tokenizer,
    template: await createChatTemplate(config),
    files: {
      "tokenizer.json": json,
      "tokenizer_config.json": config,
      "generation_config.json": {
        eos_token_id: [...new Set(stops)],
        pad_token_id: tokenizer.padId,
      },
    },
  };
}

/** Not copied: weights, what belongs to them, and what is written anew. */
const LEFT_OUT = /\.(safetensors|bin|pt|pth|gguf|onnx|h5|msgpack)$|\.index\.json$|^config\.json$/;
const LEFT_OUT_NAMES = ["README.md", "trainer.json", "metrics.jsonl", "adapter_config.json"];
/** Larger than any tokenizer.json. */
const MAX_COMPANION_BYTES = 64 * 2 ** 20;

/** Tokenizer, template, generation defaults, licence: the small files beside the weights. */
export async function companionFiles(dir: string): Promise<Files> {
  const files: Record<string, unknown> = {};
  for (const name of (await readdir(dir)).sort()) {
    if (LEFT_OUT.test(name) || LEFT_OUT_NAMES.includes(name) || name.startsWith(".")) continue;
    const info = await stat(join(dir, name)); // snapshots in the hub's cache are links
    if (info.isFile() && info.size <= MAX_COMPANION_BYTES) {
      files[name] = await readFile(join(dir, name));
    }
  }
  return files;
}

/** The model to go on from, or fresh seeded weights. */
export async function prepareModel(
  config: TrainConfig,
  folder: string,
  file: string,
  tokenizer: Tokenizer,
): Promise<PreparedModel> {
  const { model } = config;
  const prepared =
    typeof model === "string"
      ? await existingModel(await locateModel(folder, model), config, file)
      : freshModel(model, config, file, tokenizer);
  if (tokenizer.vocabSize > prepared.config.vocabSize) {
    throw new Error(
      `${file}: the tokenizer has ${tokenizer.vocabSize} tokens, the model room for ` +
        `${prepared.config.vocabSize}; raise model.vocab_size or choose the model's own tokenizer`,
    );
  }
  return prepared;
}
