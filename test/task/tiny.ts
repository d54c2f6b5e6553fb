/** Task models of a few thousand parameters, with every modality, over either body. */

import { figureSkeleton, loadTokenizer, trainBpe } from "../../src/media/index.ts";
import { readModelConfig } from "../../src/models/index.ts";
import { readOfaConfig } from "../../src/models/ofa/index.ts";
import {
  type BodyConfig,
  chatMarks,
  createVocabulary,
  type StartingModel,
  spanMarks,
  type TaskModelConfig,
} from "../../src/task/index.ts";

const BINS = 16;
const LEVELS = [3, 3];
const FEATURES = 6 + 6 * figureSkeleton.joints.length;

const WORDS =
  "what does the image describe? is there a red circle on the left, and what is it? yes no maybe " +
  "positive negative one two three four the summary of article text region video structured knowledge";

/** Width 32, one layer. */
export async function tinyStart(kind: BodyConfig["kind"]): Promise<StartingModel> {
  const marks = kind === "ofa" ? ["<s>", "</s>"] : ["<|im_start|>", "<|im_end|>"];
  const specialTokens = [
    ...marks,
    ...Array.from({ length: BINS }, (_, i) => `<bin_${i}>`),
    ...Array.from({ length: 9 }, (_, i) => `<code_${i}>`),
  ];
  const json = trainBpe([WORDS, WORDS], { vocabSize: 360 + specialTokens.length, specialTokens });
  const tokenizer = await loadTokenizer({ tokenizer: json });
  const vocabulary = createVocabulary(
    tokenizer,
    kind === "ofa" ? spanMarks(tokenizer) : chatMarks(tokenizer),
    { bins: BINS, codes: 9, alwaysBlank: kind === "ofa" },
  );
  const config: TaskModelConfig = {
    body: bodyOf(kind, tokenizer.vocabSize),
    bins: BINS,
    image: { size: 16, patch: 8, layers: 1 },
    video: { size: 16, patch: 8, layers: 1, frames: 2 },
    audio: { mels: 80, stack: 16, layers: 1, maxPositions: 64 },
    codes: { size: 8, patch: 4, levels: LEVELS, width: 32, layers: 1 },
    speech: {
      mels: 80,
      stack: 4,
      sampleRate: 16_000,
      mean: -6,
      deviation: 2,
      maxPositions: 64,
    },
    motion: {
      features: FEATURES,
      maxFrames: 8,
      rate: 4,
      mean: Array<number>(FEATURES).fill(0),
      deviation: Array<number>(FEATURES).fill(1),
    },
  };
  return { config, vocabulary, files: { "tokenizer.json": json } };
}

function bodyOf(kind: BodyConfig["kind"], vocabSize: number): BodyConfig {
  if (kind === "decoder") {
    const keys = {
      model_type: "qwen3",
      vocab_size: vocabSize,
      hidden_size: 32,
      intermediate_size: 64,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      head_dim: 16,
      max_position_embeddings: 1024,
      tie_word_embeddings: true,
    };
    return { kind, config: readModelConfig("config.json", keys) };
  }
  const keys = {
    model_type: "ofa",
    vocab_size: vocabSize,
    d_model: 32,
    encoder_layers: 1,
    decoder_layers: 1,
    encoder_attention_heads: 2,
    decoder_attention_heads: 2,
    encoder_ffn_dim: 64,
    decoder_ffn_dim: 64,
    max_position_embeddings: 1024,
    token_bucket_size: 16,
    image_bucket_size: 4,
    code_image_size: 16,
    stem: { kind: "patch", size: 8 },
  };
  return { kind, config: readOfaConfig("config.json", keys) };
}
