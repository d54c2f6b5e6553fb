/** Calls of models that are made once, with what each has cost: a run that was killed repeats none. */

import { type AnswerStore, keyOf } from "../../model/answer-store.ts";
import { generationQuestion, likelihoodQuestion } from "../../model/cache-answers.ts";
import type { EvalModel } from "../../types.ts";

/** What calls have cost, whenever they were made. */
export interface Spending {
  calls: number;
  promptTokens: number;
  /** Of these, read before by the endpoint's account. */
  cachedTokens: number;
  completionTokens: number;
  /** In which the model was busy. */
  seconds: number;
}

export const noSpending = (): Spending => ({
  calls: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  seconds: 0,
});

export interface KeptCalls {
  /** The model, with its calls kept, and counted into `spending`. */
  for(spending: Spending): EvalModel;
  /** Calls that this process made; the others were found. */
  readonly made: number;
  /** Items to work on at a time. */
  readonly concurrency: number;
}

type Tokens = Omit<Spending, "calls" | "seconds">;

interface KeptCall<Answer> {
  readonly answer: Answer;
  readonly cost: Omit<Spending, "calls">;
}

/**
 * Keys are hashes of role, model, prompt and settings, the seed among them. Failures are not kept.
 *
 * @param role what the model is asked for ("gen"): the same words to two roles are two calls
 */
export function keepCalls(model: EvalModel, role: string, store: AnswerStore): KeptCalls {
  const clock = busyClock();
  // Likelihoods do not say what they cost: it is what the model's counter grew by beside texts.
  let counted = model.usage().promptTokens;
  let made = 0;

  const ask = async <Request, Answer>(
    requests: readonly Request[],
    spending: Spending,
    question: (request: Request) => readonly unknown[],
    call: (missing: readonly Request[]) => Promise<readonly Answer[]>,
    tokensOf: (answer: Answer) => Tokens | undefined,
  ): Promise<Answer[]> => {
    const keys = requests.map((request) => keyOf([role, model.identity, ...question(request)]));
    // Written by this function alone, under keys of this kind of request.
    const kept = (await Promise.all(keys.map((key) => store.get(key)))) as (
      | KeptCall<Answer>
      | undefined
    )[];
    const missing = [...kept.keys()].filter((i) => kept[i] === undefined);
    if (missing.length > 0) {
      const [answers, seconds] = await clock(() => call(missing.map((i) => requests[i]!)));
      made += missing.length;
      const known = answers.map(tokensOf);
      counted += known.reduce((sum, tokens) => sum + (tokens?.promptTokens ?? 0), 0);
      const rest = model.usage().promptTokens - counted;
      if (known.some((tokens) => !tokens)) counted += rest;
      for (const [at, i] of missing.entries()) {
        const read = { promptTokens: rest / missing.length, cachedTokens: 0, completionTokens: 0 };
        const tokens = known[at] ?? read;
        const cost = { ...tokens, seconds: seconds / missing.length };
        kept[i] = { answer: answers[at]!, cost };
      }
      await Promise.all(missing.map((i) => store.put(keys[i]!, kept[i])));
    }
    return kept.map((each) => {
      const { answer, cost } = each!; // all of them are there by now
      spending.calls++;
      spending.promptTokens += cost.promptTokens;
      spending.cachedTokens += cost.cachedTokens;
      spending.completionTokens += cost.completionTokens;
      spending.seconds += cost.seconds;
      return answer;
    });
  };

  const { logLikelihoods } = model;
  return {
    concurrency: model.concurrency,
    get made() {
      return made;
    },
    for: (spending) => ({
      ...model,
      ...(logLikelihoods
        ? {
            logLikelihoods: (requests, options) =>
              ask(
                requests,
                spending,
                likelihoodQuestion,
                (missing) => logLikelihoods(missing, options),
                () => undefined,
              ),
          }
        : {}),
      // One by one: each is kept as soon as it is there, whatever becomes of the others.
      generate: async (requests, options) => {
        const answers = requests.map((request) =>
          ask(
            [request],
            spending,
            generationQuestion,
            (missing) => model.generate(missing, options),
            ({ promptTokens, cachedTokens = 0, completionTokens }) => {
              return { promptTokens, cachedTokens, completionTokens };
            },
          ),
        );
        return (await Promise.all(answers)).flat();
      },
    }),
  };
}

/**
 * Shares out the time in which any work is going on: what several do side by side counts once.
 *
 * @returns what the work gave, and its share in seconds
 */
function busyClock() {
  let [running, since, unshared] = [0, 0, 0];
  const pass = (): void => {
    const now = performance.now();
    if (running > 0) unshared += now - since;
    since = now;
  };
  return async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    pass();
    running++;
    try {
      const result = await work();
      pass();
      // The others that are under way get theirs when they end.
      const share = unshared / running;
      unshared -= share;
      return [result, share / 1000];
    } finally {
      pass();
      running--;
    }
  };
}
