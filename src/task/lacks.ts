/** What a plan needs that a model does not have. */

import { slotsOf } from "./grammar/check.ts";
import type { TaskModelConfig } from "./model/config.ts";
import type { Plan } from "./plan.ts";

type Part = Exclude<keyof TaskModelConfig, "body" | "fullSource">;

/** Parts of `task.json`, and what a model does with them. */
const what: Readonly<Record<Part, string>> = {
  image: "reads no images",
  video: "reads no videos",
  audio: "reads no sound",
  codes: "draws no images",
  speech: "speaks nothing",
  motion: "animates nothing",
  bins: "reads and writes no boxes",
};

/** The parts of a model that a plan needs. */
export function neededParts({ instruction, source, target }: Plan): Part[] {
  const needed = new Set<Part>();
  for (const { kind } of source) if (kind !== "text") needed.add(kind);
  if (target.kind !== "tokens") needed.add(target.kind);
  const slots = slotsOf([...instruction.source, ...instruction.target]);
  if (slots.some(({ modality }) => modality === "BOX")) needed.add("bins");
  return [...needed];
}

/**
 * The parts that a model lacks for a plan, each as half a sentence: empty where it can do it.
 * @example
 * lackedParts(planOf(parseInstruction("[AUDIO:wav] what is said? -> [TEXT:text]")), config);
 * // ['it reads no sound (task.json has no "audio")']
 */
export const lackedParts = (plan: Plan, c: TaskModelConfig): string[] =>
  neededParts(plan)
    .filter((part) => !c[part]) // no boxes: 0 bins
    .map((part) => `it ${what[part]} (task.json has no "${part}")`);

/** @throws Error naming what the model lacks for a plan */
export function requireParts(plan: Plan, config: TaskModelConfig): void {
  const lacked = lackedParts(plan, config);
  if (lacked.length === 0) return;
  throw new Error(`this model cannot do "${plan.instruction.text}": ${lacked.join(", and ")}`);
}
