/** OFA, small: two layers each of encoder and decoder, pictures as nine patches. */

import { readOfaConfig } from "../../src/models/ofa/index.ts";
import type { TaskModelConfig, Vocabulary } from "../../src/task/index.ts";
import { IMAGE, sceneVocabulary } from "../shared/scenes.ts";
import { unifiedTasks, wordsOf } from "./tasks.ts";

export interface OfaSize {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

/** Boxes in whole pixels. */
const BINS = 48;

/** One vocabulary for all trials; it knows the words of all instructions, unseen ones too. */
export const ofaVocabulary = (): Promise<Vocabulary> =>
  sceneVocabulary(
    unifiedTasks.flatMap(({ known, unseen }) => [...known, ...unseen]).map(wordsOf),
    BINS,
  );

export const ofaConfig = (
  { width, layers, heads }: OfaSize,
  vocabulary: Vocabulary,
): TaskModelConfig => ({
  body: {
    kind: "ofa",
    config: readOfaConfig("ofa recipe", {
      model_type: "ofa",
      vocab_size: vocabulary.tokenizer.vocabSize,
      d_model: width,
      encoder_layers: layers,
      decoder_layers: layers,
      encoder_attention_heads: heads,
      decoder_attention_heads: heads,
      encoder_ffn_dim: 4 * width,
      decoder_ffn_dim: 4 * width,
      max_position_embeddings: 64,
      token_bucket_size: 32,
      image_bucket_size: IMAGE.size / IMAGE.patch,
      stem: { kind: "patch", size: IMAGE.patch },
    }),
  },
  bins: BINS,
  image: IMAGE,
});
