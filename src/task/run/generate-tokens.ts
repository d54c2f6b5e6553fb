/** Answers in tokens: searched, chosen from a closed set, or drawn. */

import {
  beamSearch,
  greedySearch,
  onlyBlock,
  type SearchConstraint,
  type SearchOptions,
  sampleSentences,
} from "../../generate/search/index.ts";
import type { Block, Vocabulary } from "../model/vocabulary.ts";
import type { PreparedGroup } from "../prepare/sample.ts";
import { GENERATE_DEFAULTS, type GenerateOptions } from "./options.ts";
import { TargetRun } from "./target-run.ts";
import type { TaskEngine } from "./task-engine.ts";

/** What is generated, besides what `GenerateOptions` say. */
export interface TokenRequest {
  readonly groups: readonly PreparedGroup[];
  /** Given tokens before the answer, without the start. */
  readonly prefix: readonly number[];
  /** Most tokens, and fewest, without the end. */
  readonly maxLength: number;
  readonly minLength?: number;
  readonly constraint?: SearchConstraint;
  /** Codes of an image, which have their places in a grid. */
  readonly isCodes?: boolean;
}

/** @returns the answer's tokens, without the end */
export async function generateTokens(
  engine: TaskEngine,
  { marks }: Vocabulary,
  request: TokenRequest,
  options: GenerateOptions,
): Promise<number[]> {
  const { groups, prefix, maxLength, minLength = 1, constraint, isCodes = false } = request;
  const { signal, temperature, seed, topK, topP } = options;
  const room = 1 + prefix.length + maxLength;
  const isDrawn = temperature !== undefined && temperature > 0;
  const beam = isDrawn ? 1 : (options.beam ?? (constraint ? 1 : GENERATE_DEFAULTS.beam));
  const opened = await engine.read(groups, isCodes ? "codes" : "text", room, signal, beam);
  const { vocabSize } = engine.body;
  const { run, start } = await TargetRun.open(
    { ...opened, ports: engine.ports, vocabSize },
    [marks.targetStart, ...prefix],
    signal,
  );
  using _ = run;
  const search: SearchOptions = { eos: marks.targetEnd, maxLength, minLength, constraint, signal };
  const tokens = await find();
  return Array.from(tokens).slice(0, -1);

  async function find(): Promise<ArrayLike<number>> {
    if (isDrawn) {
      const [drawn] = await sampleSentences(start, { ...search, temperature, seed, topK, topP });
      return drawn.tokens;
    }
    const isFree = beam > 1 && !constraint;
    const noRepeatNgram = options.noRepeatNgram ?? (isFree ? GENERATE_DEFAULTS.noRepeatNgram : 0);
    if (beam === 1) return greedySearch(start, { ...search, noRepeatNgram });
    const { lengthPenalty = GENERATE_DEFAULTS.lengthPenalty } = options;
    const [best] = await beamSearch(start, { ...search, noRepeatNgram, beam, lengthPenalty });
    return best.tokens;
  }
}

/** Only tokens of a block, as many as are wanted. */
export const onlyTokens = ({ start, count }: Block, { marks }: Vocabulary): SearchConstraint =>
  onlyBlock({ first: start, end: start + count }, marks.targetEnd);
