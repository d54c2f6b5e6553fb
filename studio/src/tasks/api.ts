/** What the server tells of tasks, as src/serve/tasks writes it. No DOM but FormData here. */

import type { TaskOutput } from "../../../src/serve/tasks/task-output.ts";

export interface TaskList {
  readonly model: string;
  /** Modalities; none: the model takes and gives text alone. */
  readonly takes: readonly string[];
  readonly gives: readonly string[];
  readonly examples: readonly TaskExample[];
}

export interface TaskExample {
  readonly title: string;
  readonly instruction: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** A plan, or what is wrong with the instruction. */
export interface Explanation {
  readonly instruction: string;
  readonly plan: Plan | null;
  readonly problem: Problem | null;
}

export interface Problem {
  readonly message: string;
  /** Where in the instruction, from 0. */
  readonly position: number;
}

/** As `explainPlan` of onefold/task tells it, and the body. */
export interface Plan {
  readonly body: string;
  readonly parts: readonly PlanPart[];
  readonly generator: Named;
  readonly criterion: Named;
  /** What the model has no part for. */
  readonly lacks: readonly string[];
}

interface Named {
  readonly name: string;
  readonly settings: Readonly<Record<string, string | number>>;
}

export interface PlanPart {
  /** Fixed words, or the name of a slot. */
  readonly text?: string;
  readonly slot?: string;
  readonly modality: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly role: "read" | "given" | "written";
  readonly isRepeated: boolean;
  readonly preprocess: string;
  readonly adaptor: string;
  readonly positions: { readonly count: number } | { readonly most: number } | null;
}

export interface Slot {
  readonly modality: string;
  readonly name: string;
}

/** What must be given. */
export const slotsOf = ({ parts }: Plan): Slot[] =>
  parts.flatMap(({ slot, modality, role }) =>
    slot === undefined || role === "written" ? [] : [{ modality, name: slot }],
  );

/** Whether the answer is one of a set that the user gives. */
export const isClosed = ({ parts }: Plan): boolean =>
  parts.some(
    ({ role, modality, attributes }) =>
      role === "written" && (modality === "CATEGORY" || attributes.closed_set === true),
  );

export interface TaskResult {
  readonly outputs: Readonly<Record<string, TaskOutput>>;
  /** The image that boxes lie in. */
  readonly image?: { readonly slot: string; readonly width: number; readonly height: number };
  readonly timings: Readonly<Record<"wait_ms" | "decode_ms" | "run_ms" | "total_ms", number>>;
}

/** What slots are given: text or a file, by name. */
export type Inputs = Readonly<Record<string, string | File>>;

export interface TaskOptions {
  /** Answers to choose from, one a line. */
  readonly closedSet: string;
  readonly seed: string;
}

/** Options as the server takes them. */
export function toOptions({ closedSet, seed }: TaskOptions, plan: Plan): Record<string, unknown> {
  const answers = closedSet.split("\n").flatMap((line) => line.trim() || []);
  return {
    ...(isClosed(plan) && answers.length > 0 ? { closed_set: answers } : {}),
    ...(seed === "" ? {} : { seed: Number(seed) }),
  };
}

export interface TaskRequest {
  readonly model: string;
  readonly instruction: string;
  readonly inputs: Inputs;
  readonly options: Readonly<Record<string, unknown>>;
}

export function toForm({ model, instruction, inputs, options }: TaskRequest): FormData {
  const form = new FormData();
  form.set("model", model);
  form.set("instruction", instruction);
  if (Object.keys(options).length > 0) form.set("options", JSON.stringify(options));
  for (const [name, value] of Object.entries(inputs)) form.set(name, value);
  return form;
}
