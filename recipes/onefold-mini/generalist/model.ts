/** The generalist's vocabulary, losses and preparation, as training and evaluation share them. */

import { loadTokenizer, motionToFeatures } from "../../../src/media/index.ts";
import { codeCount } from "../../../src/models/image-codes.ts";
import { createRandom } from "../../../src/nn/random.ts";
import {
  chatMarks,
  createVocabulary,
  type TaskModelConfig,
  type Vocabulary,
} from "../../../src/task/index.ts";
import { describeMotions } from "../../../src/task/worlds/index.ts";
import { tokenizerConfig } from "../tokenizer.ts";
import { codes, generalist, MOTION } from "./config.ts";
import { extendedTokenizer } from "./tokenizer.ts";

const MOTIONS = 300;
/** Numbers that hardly change are not blown up. */
const LEAST_DEVIATION = 0.05;

/** The config, with what training's motions are like. */
export function generalistConfig(): TaskModelConfig {
  const random = createRandom(0, "motion statistics");
  const rows: Float32Array[] = [];
  let width = 0;
  for (let i = 0; i < MOTIONS; i++) {
    const { motion } = describeMotions(random, "train", MOTION);
    const features = motionToFeatures(motion);
    width = features.length / motion.frames;
    for (let at = 0; at < features.length; at += width)
      rows.push(features.subarray(at, at + width));
  }
  const columns = Array.from({ length: width }, (_, i) => rows.map((row) => row[i]));
  const mean = columns.map((values) => values.reduce((sum, x) => sum + x, 0) / values.length);
  const deviation = columns.map((values, i) => {
    const variance = values.reduce((sum, x) => sum + (x - mean[i]) ** 2, 0) / values.length;
    return Math.max(LEAST_DEVIATION, Math.sqrt(variance));
  });
  const short = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(6)));
  return generalist({ mean: short(mean), deviation: short(deviation) });
}

export async function generalistVocabulary(bins: number): Promise<{
  readonly vocabulary: Vocabulary;
  readonly json: object;
}> {
  const count = codeCount(codes);
  const json = await extendedTokenizer({ bin: bins, code: count });
  const tokenizer = await loadTokenizer({ tokenizer: json, config: tokenizerConfig });
  const vocabulary = createVocabulary(tokenizer, chatMarks(tokenizer), { bins, codes: count });
  return { vocabulary, json };
}
