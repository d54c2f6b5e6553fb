/** Answers that a model writes: filtered in several ways, each scored. */

import { exactMatchOf, f1Of } from "../score/answers.ts";
import { seedOf } from "../seed.ts";
import type { EvalItem, GenerateRequest, ItemContext, ItemOutcome, MetricValue } from "../types.ts";
import type { Question, Target } from "./define-task.ts";
import { applyFilters, type FilterPipeline, takeFirst } from "./filters.ts";
import { showImages } from "./show-images.ts";

const plain: FilterPipeline = { name: "none", steps: [takeFirst] };

export async function askGeneration(
  question: Question,
  { id, doc, images }: EvalItem,
  { model, seed, signal }: ItemContext,
): Promise<ItemOutcome> {
  const { spec, style } = question;
  const { maxTokens, temperature, topP, topK, repeats = 1 } = spec;
  const text = spec.text(doc);
  const choices = spec.choices?.(doc);
  // Before the model is asked: an item without a right answer costs nothing.
  const references = referencesOf(spec.target(doc), choices);
  const asked = question.prompt({ question: String(text), prefix: spec.prefix?.(doc) });
  const isShown = typeof asked !== "string" && spec.shows !== undefined;
  if (images && !isShown) throw new Error(`the item has images, but ${spec.name} shows none`);
  const prompt = images && isShown ? showImages(asked, images) : asked;
  const until = spec.until ?? [style.fewshotDelimiter];
  const settings = { until, maxTokens, temperature, topP, topK };
  const requests = Array.from(
    { length: repeats },
    (_, i): GenerateRequest => ({ ...settings, prompt, seed: seedOf(seed, `${id}/${i}`) }),
  );
  const generations = await model.generate(requests, { signal });
  const answers = generations.map((generation) => generation.text);
  const values: Record<string, MetricValue> = {};
  const filtered: Record<string, readonly string[]> = {};
  for (const pipeline of spec.filters?.length ? spec.filters : [plain]) {
    const left = applyFilters(pipeline, answers, doc);
    filtered[pipeline.name] = left;
    const [answer = ""] = left;
    const scores = spec.score
      ? await spec.score(answer, doc, left)
      : { exact_match: exactMatchOf(answer, references), f1: f1Of(answer, references) };
    for (const { name, filter = pipeline.name } of spec.metrics ?? []) {
      if (filter !== pipeline.name || scores[name] === undefined) continue;
      values[filter === "none" ? name : `${name},${filter}`] = scores[name];
    }
  }
  const cut = generations.filter(({ finishReason }) => finishReason === "length").length;
  const reasoning = generations.flatMap((generation) => generation.reasoning ?? []);
  const shown = Object.entries(filtered).map(([name, texts]) => [name, texts.join(" | ")]);
  return {
    values,
    target: references.join(" | "),
    answer: shown.length === 1 ? shown[0]![1]! : Object.fromEntries(shown),
    asked: requests.map((request, i) => ({
      context: prompt,
      argument: {
        until,
        max_gen_toks: maxTokens ?? 256,
        temperature: temperature ?? 0,
        do_sample: (temperature ?? 0) > 0,
        seed: request.seed ?? 0,
      },
      response: answers[i]!,
    })),
    ...(cut > 0 ? { counts: { "answers cut off": cut } } : {}),
    ...(reasoning.length > 0 ? { details: { reasoning } } : {}),
  };
}

/** Right answers as texts. @throws Error for one that is none of the choices */
export function referencesOf(target: Target, choices: readonly string[] | undefined): string[] {
  const targets = typeof target === "object" ? [...target] : [target];
  return targets.map((each) => {
    if (typeof each !== "number" || !choices) return String(each);
    const choice = choices[each];
    if (choice !== undefined) return choice;
    throw new Error(`the answer ${each} is not among the ${choices.length} choices`);
  });
}
