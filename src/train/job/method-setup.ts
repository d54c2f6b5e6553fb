/** What methods are opened from, and what they open. */

import type { ChatTemplate, Tokenizer } from "../../media/text/index.ts";
import { decoderSpecs } from "../../models/decoder-parameters.ts";
import { loadModel } from "../../models/index.ts";
import { isLoraName } from "../../nn/lora.ts";
import type { BatchSource } from "../batches.ts";
import type { Reward } from "../rl/reward.ts";
import type { Rounds } from "../run.ts";
import type { Seekable } from "../run-state.ts";
import type { MicroBatch, Trainer } from "../trainer.ts";
import type { JobData } from "./data-source.ts";
import type { MemoryPlan } from "./memory.ts";
import { locateModel, type PreparedModel } from "./prepare.ts";
import type { TrainConfig } from "./schema.ts";
import { Teacher } from "./teacher.ts";

export interface MethodSetup {
  readonly file: string;
  readonly folder: string;
  readonly output: string;
  readonly config: TrainConfig;
  readonly data: JobData;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | Error;
  readonly model: PreparedModel;
  /** The caller's own, by whose names the config may use them. */
  readonly rewards?: readonly Reward[];
  /** Longest sequence: of the data's options, and of the model. */
  readonly maxLength: number;
  /** Bytes that the run may take (default: what is free). */
  readonly availableMemory?: number;
  readonly signal?: AbortSignal;
}

export interface OpenedMethod extends Disposable {
  readonly trainer: Trainer;
  /** Steps over micro-batches, or rounds that sample. */
  readonly work:
    | { readonly source: BatchSource; readonly accumulate: number }
    | { readonly source: Seekable; readonly rounds: Rounds };
  /** Identifies the data. */
  readonly hash: string;
  readonly samples: number;
  readonly tokens: number;
  /** Tokens that count in the loss; undefined where answers are sampled. */
  readonly learned: number | undefined;
  readonly cut: number;
  readonly memory: MemoryPlan;
  readonly heldOut?: readonly MicroBatch[];
  /** Of methods that learn from them. */
  readonly rewards?: readonly Reward[];
}

/** Parameters that are trained, unless the config freezes them. */
export function trainedNames({ config }: PreparedModel): string[] {
  const names = [...decoderSpecs(config).keys()];
  return config.lora ? names.filter(isLoraName) : names;
}

/** @throws Error for a teacher with another vocabulary, whose predictions would mean others */
export async function openTeacher(
  { file, folder, config, model }: MethodSetup,
  spec: string,
): Promise<Teacher> {
  const found = await loadModel(await locateModel(folder, spec));
  const [theirs, ours] = [found.config.vocabSize, model.config.vocabSize];
  if (theirs !== ours) {
    found[Symbol.dispose]();
    throw new Error(
      `${file}: the teacher ${spec} has a vocabulary of ${theirs}, the student one of ${ours}; ` +
        "choose a teacher with the same tokenizer",
    );
  }
  const teacher = await Teacher.create(found, config.train.threads);
  return Object.assign(teacher, {
    [Symbol.dispose]: disposeBoth(teacher, found),
  });
}

function disposeBoth(first: Disposable, second: Disposable): () => void {
  const close = first[Symbol.dispose].bind(first);
  return () => {
    close();
    second[Symbol.dispose]();
  };
}
