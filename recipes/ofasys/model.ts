/** The models of the recipe: OFA's encoder-decoder, small, over one vocabulary. */

import { figureSkeleton, linearise, motionStatistics } from "../../src/media/index.ts";
import { loadTokenizer, trainBpe } from "../../src/media/text/index.ts";
import type { Structure } from "../../src/media/types.ts";
import { codeCount, type ImageCodes } from "../../src/models/image-codes.ts";
import { readOfaConfig } from "../../src/models/ofa/index.ts";
import { createRandom } from "../../src/nn/random.ts";
import {
  createVocabulary,
  spanMarks,
  type TaskModelConfig,
  type Vocabulary,
} from "../../src/task/index.ts";
import { describeMotions } from "../../src/task/worlds/index.ts";
import { MOTION, PICTURE, VIDEO } from "./sizes.ts";
import { TASKS } from "./tasks.ts";

/** Steps of a box's coordinates: a pixel each. */
const BINS = PICTURE;
/** Pixels of a patch, which is one position of pictures and frames, and one code. */
const PATCH = 4;
/** 16 x 16 pixels as 4 x 4 codes out of 240. */
export const CODES: ImageCodes = {
  size: PICTURE,
  patch: PATCH,
  levels: [8, 6, 5],
  width: 64,
  layers: 1,
};

/** Tokens of text, bytes among them; texts that the vocabulary is made of, a task. */
const TEXT_TOKENS = 900;
const TEXTS = 200;

const namesOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `<${name}_${i}>`);

/** Byte pairs of the tasks' own texts, box bins, and image codes. The same for all trials. */
export async function createOfasysVocabulary(): Promise<Vocabulary> {
  const codes = codeCount(CODES);
  const specialTokens = [
    "<s>",
    "<pad>",
    "</s>",
    ...namesOf("bin", BINS),
    ...namesOf("code", codes),
  ];
  const tokenizer = trainBpe(textsOfTasks(), {
    vocabSize: TEXT_TOKENS + specialTokens.length,
    specialTokens,
  });
  const loaded = await loadTokenizer({
    tokenizer,
    config: { pad_token: "<pad>", eos_token: "</s>" },
  });
  return createVocabulary(loaded, spanMarks(loaded), { bins: BINS, codes, alwaysBlank: true });
}

function textsOfTasks(): string[] {
  return TASKS.flatMap(({ name, instruction, draw }) => {
    const random = createRandom(0, `vocabulary, ${name}`);
    const values = Array.from({ length: TEXTS }, () =>
      Object.entries(draw(random, "train").record),
    );
    const structures = new Set(
      Array.from(instruction.matchAll(/\[STRUCT:(\w+)/g), ([, slot]) => slot),
    );
    const texts = values.flat().flatMap(([slot, value]) => {
      if (structures.has(slot)) return linearise(value as Structure); // as the slot says
      return typeof value === "string" ? value : [];
    });
    const words = instruction.replace(/\[[^\]]*\]|->/g, " ");
    return [...texts, ...Array<string>(TEXTS).fill(words)].map((text) => ` ${text}`);
  });
}

/** @param modalFfn whether modalities have feed-forward networks of their own */
export function ofasysConfig(
  vocabulary: Vocabulary,
  { width, layers, modalFfn }: { width: number; layers: number; modalFfn: boolean },
): TaskModelConfig {
  const config = readOfaConfig("recipes/ofasys", {
    model_type: "ofa",
    vocab_size: vocabulary.tokenizer.vocabSize,
    d_model: width,
    encoder_layers: layers,
    decoder_layers: layers,
    encoder_attention_heads: 4,
    decoder_attention_heads: 4,
    encoder_ffn_dim: 4 * width,
    decoder_ffn_dim: 4 * width,
    max_position_embeddings: 192,
    token_bucket_size: 32,
    image_bucket_size: PICTURE / PATCH,
    code_image_size: PICTURE,
    stem: { kind: "patch", size: PATCH },
    init_std: width ** -0.5,
    modal_ffn: modalFfn ? ["image", "video", "audio", "motion"] : [],
  });
  return {
    body: { kind: "ofa", config },
    bins: BINS,
    image: { size: PICTURE, patch: PATCH, layers: 0 },
    video: { ...VIDEO, patch: PATCH, layers: 0 },
    audio: { mels: 40, stack: 8, layers: 1, maxPositions: 16 },
    codes: CODES,
    motion: {
      features: 6 + 6 * figureSkeleton.joints.length,
      maxFrames: MOTION.duration * MOTION.framesPerSecond,
      rate: MOTION.framesPerSecond,
      ...statisticsOfMotions(),
    },
  };
}

/** Motions that mean and deviation are of. */
const MOTIONS = 200;

function statisticsOfMotions(): ReturnType<typeof motionStatistics> {
  const random = createRandom(0, "motion statistics");
  return motionStatistics(
    Array.from({ length: MOTIONS }, () => describeMotions(random, "train", MOTION).motion),
  );
}
