/**
 * What a question with a file beside it is taken for. The first row of `routes` that fits decides,
 * by the file's kind and the question's first words: nothing is guessed by a model.
 */

import type { Box, Image, Motion } from "../media/types.ts";
import type { ModalityMap } from "./grammar/modality.ts";
import { parseInstruction } from "./grammar/parse.ts";
import { requireParts } from "./lacks.ts";
import { type Plan, planOf } from "./plan.ts";
import type { TaskRecord } from "./prepare/context.ts";
import type { GenerateOptions } from "./run/options.ts";
import type { TaskModel } from "./run/task-model.ts";

export interface Question {
  readonly text?: string;
  /** At most one of these. */
  readonly image?: ModalityMap["IMAGE"]["in"];
  readonly audio?: ModalityMap["AUDIO"]["in"];
  readonly video?: ModalityMap["VIDEO"]["in"];
}

export interface Route {
  readonly name: string;
  /** What lies beside the question; left out: nothing. */
  readonly file?: "image" | "audio" | "video";
  /** Of the question without the signs at its end; the group `value` goes into the slot. */
  readonly question: RegExp;
  /** Slot that takes what was asked. */
  readonly slot?: string;
  readonly instruction: string;
}

const NOTHING = /^$/;
const ANYTHING = /^(?<value>.+)$/s;

/** In order; the first that fits is taken. */
export const routes: readonly Route[] = [
  {
    name: "caption",
    file: "image",
    question: NOTHING,
    instruction: "[IMAGE:image] what does the image describe? -> [TEXT:answer]",
  },
  {
    name: "detect",
    file: "image",
    question:
      /^(find (all|every)( the)? objects?|find everything|what are the objects in the (image|picture))$/i,
    instruction: "[IMAGE:image] what are the objects in the image? -> ( [BOX:box] [TEXT:label])*",
  },
  {
    name: "find",
    file: "image",
    question:
      /^(find|locate|where( is|'s| are))\s+(?!in the (image|picture)\b)(?<value>.+?)(\s+in the (image|picture))?$/is,
    slot: "phrase",
    instruction:
      '[IMAGE:image] which region does the text " [TEXT:phrase] " describe? -> [BOX:box]',
  },
  {
    name: "image question",
    file: "image",
    question: ANYTHING,
    slot: "question",
    instruction: "[IMAGE:image] [TEXT:question] -> [TEXT:answer]",
  },
  {
    name: "transcribe",
    file: "audio",
    question: NOTHING,
    instruction: "[AUDIO:audio] what is said? -> [TEXT:answer]",
  },
  {
    name: "audio question",
    file: "audio",
    question: ANYTHING,
    slot: "question",
    instruction: "[AUDIO:audio] [TEXT:question] -> [TEXT:answer]",
  },
  {
    name: "describe",
    file: "video",
    question: NOTHING,
    instruction: "[VIDEO:video] what does the video describe? -> [TEXT:answer]",
  },
  {
    name: "video question",
    file: "video",
    question: ANYTHING,
    slot: "question",
    instruction: "[VIDEO:video] [TEXT:question] -> [TEXT:answer]",
  },
  {
    name: "draw",
    question: /^draw\s+(?<value>.+)$/is,
    slot: "caption",
    instruction: "what is the complete image? caption: [TEXT:caption] -> [IMAGE:image]",
  },
  {
    name: "animate",
    question: /^animate\s+(?<value>.+)$/is,
    slot: "text",
    instruction: "motion capture: [TEXT:text] -> [MOTION:motion]",
  },
];

/** A question as a task. */
export interface RoutedQuestion {
  readonly route: string;
  readonly instruction: string;
  readonly plan: Plan;
  readonly record: TaskRecord;
}

/**
 * The task that a question is taken for; undefined where it is plain text, for a chat.
 *
 * @throws Error where more than one file lies beside it, or where neither words nor file are given
 * @example
 * routeQuestion({ text: "where is the red circle?", image: "scene.png" })?.record;
 * // { image: "scene.png", phrase: "the red circle" }
 */
export function routeQuestion(question: Question): RoutedQuestion | undefined {
  const { text = "" } = question;
  const files = (["image", "audio", "video"] as const).filter(
    (kind) => question[kind] !== undefined,
  );
  if (files.length > 1) {
    throw new Error(`a question takes one file, got ${files.join(" and ")}; ask one after another`);
  }
  const [file] = files;
  const asked = text.trim();
  if (file === undefined && asked === "") throw new Error("the question is empty");
  for (const route of routes) {
    if (route.file !== file) continue;
    // A wish or a name stands without the sign at its end; a question keeps it.
    const isWhole = route.question === ANYTHING;
    const found = route.question.exec(isWhole ? asked : asked.replace(/[\s.?!]+$/, ""));
    if (!found) continue;
    const { name, slot, instruction } = route;
    const value = found.groups?.value;
    const record = {
      ...(file && { [file]: question[file] }),
      ...(slot !== undefined && { [slot]: value }),
    };
    return { route: name, instruction, plan: planOf(parseInstruction(instruction)), record };
  }
  return undefined;
}

export type Reply =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "box"; readonly box: Box }
  | { readonly kind: "boxes"; readonly boxes: readonly { box: Box; label: string }[] }
  | { readonly kind: "image"; readonly image: Image }
  | { readonly kind: "motion"; readonly motion: Motion };

/** How a question was understood, and the answer. */
export type AskResult = { readonly route: string; readonly instruction: string } & Reply;

/**
 * Answers a question about a file, draws ("draw …") or animates ("animate …").
 *
 * @param question words, and an image, a recording or a video beside them
 * @throws Error where it is no task (`routeQuestion`), or the model lacks what it needs
 * @example
 * const reply = await ask(model, { image: "scene.png", text: "how many circles are there?" });
 * if (reply.kind === "text") console.log(reply.text);
 */
export async function ask(
  model: TaskModel,
  question: Question,
  options: GenerateOptions = {},
): Promise<AskResult> {
  const routed = routeQuestion(question);
  if (!routed) {
    throw new Error(
      'ask: a text without a file is for a chat, unless it begins with "draw" or "animate"',
    );
  }
  const { route, instruction, plan, record } = routed;
  requireParts(plan, model.config);
  const values = await model.infer(plan, record, options);
  return { route, instruction, ...replyOf(plan, values) };
}

/** What a route's plan gave: one slot, or a group of boxes with labels. */
export function replyOf({ target }: Plan, values: Readonly<Record<string, unknown>>): Reply {
  // `infer` gives a slot's own type; the routes above name them.
  if (target.kind === "tokens") {
    if (target.repeated) return { kind: "boxes", boxes: values.items as never };
    const [{ modality, name }] = target.generated;
    if (modality === "BOX") return { kind: "box", box: values[name] as Box };
    return { kind: "text", text: values[name] as string };
  }
  const value = values[target.slot.name];
  if (target.kind === "codes") return { kind: "image", image: value as Image };
  return { kind: "motion", motion: value as Motion };
}
