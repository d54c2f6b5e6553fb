/** Examples before a question. */

import { createRandom } from "../../nn/random.ts";
import type { EvalItem, JsonObject } from "../types.ts";
import type { Target, TaskSpec } from "./define-task.ts";
import type { Turn } from "./prompt.ts";

export interface Fewshot<D extends JsonObject = JsonObject> {
  readonly count: number;
  /** Documents to take examples from, read once. */
  docs(): AsyncIterable<D> | Iterable<D>;
  /**
   * "first": the first ones, the same for every question, whose computation is then shared;
   * "random" (default): drawn for each question by seed and id. (lm-evaluation-harness draws from
   * Python's generator in the order of the questions: the examples differ, "first" has the same.)
   */
  readonly sampler?: "first" | "random";
  /** The examples come from the questions themselves: a question is never its own example. */
  readonly isSameSplit?: boolean;
  /** Limits examples to those of the question's own subject, say. */
  readonly isFitting?: (example: D, doc: D) => boolean;
  /** How an example is written, where it differs from questions. */
  readonly text?: (doc: D) => string | number;
  readonly target?: (doc: D) => Target;
  readonly choices?: (doc: D) => readonly string[];
}

/** Gives each item its examples. */
export function fewshotExamples(
  spec: TaskSpec,
): (item: EvalItem, seed: number) => Promise<readonly Turn[]> {
  const { fewshot } = spec;
  if (!fewshot || fewshot.count === 0) return async () => [];
  const { count, sampler = "random", isSameSplit = false, isFitting } = fewshot;
  let pool: Promise<JsonObject[]> | undefined;
  const { text = spec.text, target = spec.target, choices = spec.choices } = fewshot;
  const toTurn = (doc: JsonObject): Turn => {
    const question = text(doc);
    const texts = choices?.(doc);
    return {
      question: typeof question === "number" ? (texts?.[question] ?? "") : question,
      answer: answerText(target(doc), texts),
      prefix: spec.prefix?.(doc),
    };
  };
  return async ({ id, doc }, seed) => {
    pool ??= listOf(fewshot.docs());
    const own = JSON.stringify(doc);
    const fitting = (await pool).filter(
      (each) =>
        (!isFitting || isFitting(each, doc)) && !(isSameSplit && JSON.stringify(each) === own),
    );
    if (fitting.length < count) {
      throw new Error(`${count} examples are asked for, but there are ${fitting.length}`);
    }
    if (sampler === "first") return fitting.slice(0, count).map(toTurn);
    const random = createRandom(seed, `fewshot/${spec.name}/${id}`);
    for (let i = 0; i < count; i++) {
      const other = i + random.below(fitting.length - i);
      [fitting[i], fitting[other]] = [fitting[other]!, fitting[i]!];
    }
    return fitting.slice(0, count).map(toTurn);
  };
}

async function listOf<T>(items: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The first right answer as text. */
function answerText(target: Target, choices: readonly string[] | undefined): string {
  const first = typeof target === "object" ? target[0] : target;
  if (typeof first === "number" && choices) {
    const choice = choices[first];
    if (choice === undefined) {
      throw new Error(`an example's answer ${first} is not among its ${choices.length} choices`);
    }
    return choice;
  }
  return String(first ?? "");
}
