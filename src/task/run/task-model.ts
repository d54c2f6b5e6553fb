/** A model that does what instructions say. */

import type { Image } from "../../media/types.ts";
import { createRandom } from "../../nn/random.ts";
import { parseTemplates } from "../grammar/parse.ts";
import type { ArgsOf, Checked, OutputOf } from "../grammar/types.ts";
import type { Vocabulary } from "../model/vocabulary.ts";
import { type Plan, planOf } from "../plan.ts";
import type { PrepareContext, PrepareOptions, TaskRecord } from "../prepare/context.ts";
import { emptySource, openRecord, prefixIds, prepareSource } from "../prepare/prepare.ts";
import { codesOf, generateImage } from "./draw-image.ts";
import { generateMotion } from "./generate-motion.ts";
import { generateSpeech } from "./generate-speech.ts";
import { inferTokens } from "./infer.ts";
import type { GenerateOptions } from "./options.ts";
import { TaskEngine, type TaskEngineOptions } from "./task-engine.ts";

export interface TaskModelOptions extends TaskEngineOptions {
  readonly vocabulary: Vocabulary;
  /** Closed with the model. */
  readonly files?: Disposable;
}

/** State with a lifetime: the engine's sessions. */
export class TaskModel implements Disposable {
  readonly engine: TaskEngine;
  readonly vocabulary: Vocabulary;
  readonly #files: Disposable | undefined;

  constructor(options: TaskModelOptions) {
    this.engine = new TaskEngine(options);
    this.vocabulary = options.vocabulary;
    this.#files = options.files;
  }

  get config() {
    return this.engine.config;
  }

  /** What preparing records for this model needs. */
  get preparation(): Pick<PrepareOptions, "config" | "vocabulary" | "encodeImage"> {
    const { codes } = this.config;
    return {
      config: this.config,
      vocabulary: this.vocabulary,
      ...(codes && { encodeImage: (image: Image) => codesOf(this.engine, codes, image) }),
    };
  }

  /**
   * Does a task once. Of several templates, the first is used.
   *
   * @param record the source's slots by name, and the target's that are given (no_loss)
   * @returns the generated slots by name; of a repeated group a list, `items`
   * @throws InstructionError for an instruction that is none; Error for records that do not fit
   * @example
   * const { cap } = await model.infer(
   *   "[IMAGE:img] what does the image describe? -> [TEXT:cap]", { img: "cat.jpg" });
   */
  infer<const I extends string>(
    instruction: Checked<I>,
    ...args: ArgsOf<I, GenerateOptions>
  ): Promise<OutputOf<I>>;
  infer(
    plan: Plan,
    record: TaskRecord,
    options?: GenerateOptions,
  ): Promise<Record<string, unknown>>;
  async infer(
    instruction: string | Plan,
    record: TaskRecord = {},
    options: GenerateOptions = {},
  ): Promise<Record<string, unknown>> {
    const plan =
      typeof instruction === "string" ? planOf(parseTemplates(instruction)[0]) : instruction;
    const { closedSet, maskSeed } = options;
    const masks = maskSeed === undefined ? undefined : createRandom(maskSeed, "masks");
    const context = await openRecord(plan, record, { ...this.preparation, closedSet, masks });
    const { target } = plan;
    if (target.kind === "tokens") {
      return inferTokens(this.engine, { ...plan, target }, context, options);
    }
    const value = await this.generate({ ...plan, target }, context, options);
    return { [target.slot.name]: value };
  }

  [Symbol.dispose](): void {
    this.engine[Symbol.dispose]();
    this.#files?.[Symbol.dispose]();
  }

  private async generate(plan: Plan, context: PrepareContext, options: GenerateOptions) {
    const { engine, vocabulary } = this;
    const groups = await prepareSource(plan, context);
    const { target } = plan;
    if (target.kind === "codes") {
      return generateImage(engine, vocabulary, groups, prefixIds(target, context), options);
    }
    if (target.kind === "motion") {
      const { attributes } = target.slot;
      return generateMotion(engine, groups, emptySource(vocabulary), attributes, options);
    }
    return generateSpeech(engine, groups, options);
  }
}
