/** A model that is asked nothing twice: its answers are kept on disk. */

import { join } from "node:path";
import type {
  AskOptions,
  EvalModel,
  GenerateRequest,
  Generation,
  LogLikelihood,
  LogLikelihoodRequest,
} from "../types.ts";
import { keyOf, openAnswerStore } from "./answer-store.ts";

/**
 * The same model behind a cache of its answers, keyed by the model's identity, the prompt and all
 * settings (the seed among them). Failures are not kept. An endpoint's identity is its address and
 * the model's name: empty the folder when what stands behind them changes.
 *
 * @param model is closed with what is returned
 * @param folder shared by any number of models and runs
 * @example
 * using model = await cacheAnswers(await createLocalModel("models/onefold-mini"), "runs/answers");
 */
export async function cacheAnswers(model: EvalModel, folder: string): Promise<EvalModel> {
  const store = await openAnswerStore(join(folder, model.identity));
  let cached = 0;

  /** Asks for what is not in the store, in one call. */
  const answer = async <Request, Answer>(
    requests: readonly Request[],
    question: (request: Request) => readonly unknown[],
    ask: (missing: readonly Request[]) => Promise<readonly Answer[]>,
  ): Promise<Answer[]> => {
    const keys = requests.map((request) => keyOf(question(request)));
    // Written by this function alone, under keys of this kind of request.
    const answers = (await Promise.all(keys.map((key) => store.get(key)))) as (
      | Answer
      | undefined
    )[];
    const missing = [...answers.keys()].filter((i) => answers[i] === undefined);
    cached += requests.length - missing.length;
    if (missing.length > 0) {
      const found = await ask(missing.map((i) => requests[i]!));
      for (const [at, i] of missing.entries()) answers[i] = found[at]!;
      await Promise.all(missing.map((i) => store.put(keys[i]!, answers[i])));
    }
    return answers as Answer[]; // all of them are there by now
  };

  const { logLikelihoods } = model;
  return {
    ...model,
    ...(logLikelihoods
      ? {
          logLikelihoods: (requests: readonly LogLikelihoodRequest[], options?: AskOptions) =>
            answer<LogLikelihoodRequest, LogLikelihood>(requests, likelihoodQuestion, (missing) =>
              logLikelihoods(missing, options),
            ),
        }
      : {}),
    generate: (requests, options) =>
      answer<GenerateRequest, Generation>(requests, generationQuestion, (missing) =>
        model.generate(missing, options),
      ),
    usage: () => ({ ...model.usage(), cached }),
    [Symbol.dispose]() {
      void store.close();
      model[Symbol.dispose]();
    },
  };
}

/** What decides a likelihood. */
export const likelihoodQuestion = ({ context, continuation, mode }: LogLikelihoodRequest) => [
  "likelihood",
  mode ?? "continuation",
  context,
  continuation,
];

/** What decides an answer. */
export const generationQuestion = (request: GenerateRequest) => {
  const { prompt, until = [], maxTokens = 256, temperature = 0, topP = 1, topK = 0 } = request;
  const { seed = 0, thinking = null } = request;
  return ["generation", prompt, until, maxTokens, temperature, topP, topK, seed, thinking];
};
