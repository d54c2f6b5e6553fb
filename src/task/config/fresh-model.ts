/** A fresh model that a config describes: its body, and a vocabulary of its tasks. */

import { readModelConfig } from "../../models/index.ts";
import { readOfaConfig } from "../../models/ofa/index.ts";
import type { BodyConfig } from "../model/config.ts";
import type { StartingModel } from "../model/starting-model.ts";
import type { Task } from "../task.ts";
import { codeCountOf, type Parts, partsOf } from "./parts.ts";
import type { ModelKeys } from "./schema-model.ts";
import { learnVocabulary } from "./vocabulary.ts";

const sizes = {
  tiny: { width: 64, layers: 2, heads: 4 },
  small: { width: 128, layers: 4, heads: 4 },
  base: { width: 256, layers: 6, heads: 8 },
  large: { width: 512, layers: 8, heads: 8 },
} as const;

const TEXT_TOKENS = 1000;
const CONTEXT = 1024;
/** Buckets of relative distances in a text. */
const OFA_BUCKETS = 64;

/** @throws Error naming the key that does not fit */
export async function freshModel(
  keys: ModelKeys,
  tasks: readonly Task[],
  where: string,
): Promise<StartingModel> {
  const kind = keys.body ?? "decoder";
  if (keys.modal_ffn && kind !== "ofa") {
    throw new Error(`${where}: "model.modal_ffn" is of body ofa; leave it out`);
  }
  const parts = await partsOf(keys, tasks, where);
  const blocks = { bins: parts.bins, codes: codeCountOf(parts) };
  const size = keys.vocabulary ?? TEXT_TOKENS;
  const { vocabulary, files } = await learnVocabulary(tasks, kind, size, blocks);
  const body = bodyOf(kind, { ...sizes[keys.size ?? "tiny"], ...keys }, parts, {
    where,
    vocabSize: vocabulary.tokenizer.vocabSize,
  });
  return { config: { ...parts, body }, vocabulary, files };
}

type Sized = ModelKeys & {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
};

function bodyOf(
  kind: BodyConfig["kind"],
  { width, layers, heads, inner, context = CONTEXT, modal_ffn: modalFfn = [] }: Sized,
  { image, video, codes }: Parts,
  { where, vocabSize }: { readonly where: string; readonly vocabSize: number },
): BodyConfig {
  if (width % 32 !== 0 || (width / heads) % 2 !== 0) {
    throw new Error(
      `${where}: "model.width" is ${width}, expected a multiple of 32 and of twice the ${heads} heads`,
    );
  }
  const common = { vocab_size: vocabSize, max_position_embeddings: context };
  const deviation = width ** -0.5;
  if (kind === "decoder") {
    const config = readModelConfig(where, {
      ...common,
      model_type: "qwen3",
      hidden_size: width,
      intermediate_size: inner ?? 3 * width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: heads,
      head_dim: width / heads,
      tie_word_embeddings: true,
      initializer_range: deviation,
    });
    return { kind, config };
  }
  if (image && video && image.patch !== video.patch) {
    throw new Error(
      `${where}: "model.video.patch" is ${video.patch}, expected ${image.patch} as model.image.patch: ` +
        "an ofa has one stem for both",
    );
  }
  const patch = image?.patch ?? video?.patch ?? 8;
  const sides = [image, video, codes].map((grid) => (grid ? grid.size / grid.patch : 1));
  const config = readOfaConfig(where, {
    ...common,
    model_type: "ofa",
    d_model: width,
    encoder_layers: layers,
    decoder_layers: layers,
    encoder_attention_heads: heads,
    decoder_attention_heads: heads,
    encoder_ffn_dim: inner ?? 4 * width,
    decoder_ffn_dim: inner ?? 4 * width,
    token_bucket_size: OFA_BUCKETS,
    image_bucket_size: Math.max(...sides),
    code_image_size: 8 * sides[2],
    stem: { kind: "patch", size: patch },
    init_std: deviation,
    modal_ffn: modalFfn,
  });
  return { kind, config };
}
