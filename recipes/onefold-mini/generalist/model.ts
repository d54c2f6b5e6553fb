/** The generalist's vocabulary, losses and preparation, as training and evaluation share them. */

import { loadTokenizer, motionStatistics } from "../../../src/media/index.ts";
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

/** The config, with what training's motions are like. */
export function generalistConfig(): TaskModelConfig {
  const random = createRandom(0, "motion statistics");
  const { mean, deviation } = motionStatistics(
    Array.from({ length: MOTIONS }, () => describeMotions(random, "train", MOTION).motion),
  );
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
