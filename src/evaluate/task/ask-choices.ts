/** Multiple choice: the likelihood of each choice behind the question. */

import { argmax, type ChoiceMetric, choiceMetrics, scoreChoices } from "../score/choices.ts";
import type { EvalItem, ItemContext, ItemOutcome, LogLikelihoodRequest } from "../types.ts";
import type { Question, Target } from "./define-task.ts";
import { continuationDelimiter } from "./prompt.ts";

/** @throws Error where the model gives no likelihoods, or the answer is none of the choices */
export async function askChoices(
  question: Question,
  { doc }: EvalItem,
  { model, signal }: ItemContext,
): Promise<ItemOutcome> {
  const { spec, style, isChat } = question;
  if (!model.logLikelihoods) {
    throw new Error(
      `${model.name} gives no likelihoods of given texts, which ${spec.name} needs; ` +
        "use a local model, or an endpoint with completions and echo",
    );
  }
  const choices = checkChoices(spec.choices?.(doc));
  const text = spec.text(doc);
  const prefix = spec.prefix?.(doc);
  const target = spec.target(doc);
  const isInput = typeof text === "number"; // the choices are contexts, the target follows them
  const gold = goldOf(isInput ? text : target, choices);
  const gap = continuationDelimiter(style, prefix, isChat);
  const requests: LogLikelihoodRequest[] = choices.map((choice) =>
    isInput
      ? {
          context: question.text({ question: choice, prefix }, model),
          continuation: gap + String(target),
        }
      : { context: question.text({ question: text, prefix }, model), continuation: gap + choice },
  );
  const named = (spec.metrics ?? []).filter(({ filter = "none" }) => filter === "none");
  const metrics = named.flatMap(({ name }) => choiceMetrics.find((each) => each === name) ?? []);
  const isMutual = metrics.includes("acc_mutual_info");
  const aside = isMutual
    ? choices.map((choice) => ({ context: "", continuation: gap + choice }))
    : [];
  const all = await model.logLikelihoods([...requests, ...aside], { signal });
  const unknown = all.findIndex(({ logLikelihood }) => Number.isNaN(logLikelihood));
  if (unknown >= 0) {
    throw new Error(
      `${model.name} gives no likelihood of choice ${(unknown % choices.length) + 1}`,
    );
  }
  const scores = all.slice(0, choices.length);
  const unconditional = isMutual ? all.slice(choices.length) : undefined;
  const scored = { choices, scores, unconditional, gold };
  const values = metrics.map((metric: ChoiceMetric) => [metric, scoreChoices(metric, scored)]);
  const joined = scores.filter(({ isJoined }) => isJoined).length;
  return {
    values: Object.fromEntries(values),
    target: gold.map((i) => choices[i]!).join(" | "),
    answer: choices[argmax(scores.map(({ logLikelihood }) => logLikelihood))]!,
    asked: [...requests, ...aside].map(({ context, continuation }, i) => ({
      context,
      argument: continuation,
      response: [all[i]!.logLikelihood, all[i]!.isGreedy],
    })),
    ...(joined > 0 ? { counts: { "tokens across the border": joined } } : {}),
  };
}

/** Documents come from files: what a task calls a list of texts may be anything. */
function checkChoices(choices: unknown): readonly string[] {
  if (!Array.isArray(choices) || choices.length === 0) throw new Error("the item has no choices");
  const wrong = choices.findIndex((choice) => typeof choice !== "string");
  if (wrong < 0) return choices as string[]; // every one was looked at
  throw new Error(`choice ${wrong + 1} is ${JSON.stringify(choices[wrong])}, expected a text`);
}

/** Indices of the right choices. */
function goldOf(target: Target, choices: readonly string[]): number[] {
  const targets = typeof target === "object" ? target : [target];
  const indices = targets.map((each) => (typeof each === "number" ? each : choices.indexOf(each)));
  const wrong = indices.findIndex((i) => !(Number.isInteger(i) && i >= 0 && i < choices.length));
  if (targets.length > 0 && wrong === -1) return indices;
  const found = JSON.stringify(targets[wrong] ?? null);
  throw new Error(`the answer ${found} is not among the ${choices.length} choices`);
}
