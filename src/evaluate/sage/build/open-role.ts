/** Generator and verifier by what people call them: a checkpoint here, or an endpoint's model. */

import { keyOf, openAnswerStore } from "../../model/answer-store.ts";
import { NoEchoError } from "../../model/echoed-likelihood.ts";
import { createEndpointModel, type EndpointOptions, RefusedError } from "../../model/endpoint.ts";
import { createLocalModel } from "../../model/local-model.ts";
import type { EvalModel } from "../../types.ts";
import type { TrainedRole } from "../trained-role.ts";

export type RoleOptions = Pick<EndpointOptions, "apiKey" | "concurrency" | "retries" | "backoffMs">;

/**
 * Opens a folder, a GGUF file, a hub id that was pulled, or `URL#MODEL` of an OpenAI-compatible
 * endpoint, URL as far as `/v1`.
 *
 * @throws Error for an address without a model, or a checkpoint without a chat template
 * @example using verifier = await openRole("http://localhost:8000/v1#qwen3");
 */
export async function openRole(spec: string, options: RoleOptions = {}): Promise<EvalModel> {
  if (!/^https?:\/\//.test(spec)) {
    const { concurrency: slots } = options;
    const model = await createLocalModel(spec, slots === undefined ? {} : { slots });
    if (model.render) return model;
    model[Symbol.dispose]();
    throw new Error(`${spec}: has no chat template, in which variants are asked for and judged`);
  }
  const [url = "", name = ""] = spec.split(/#(.*)/s);
  if (name === "" || !URL.canParse(url)) {
    throw new Error(`${spec}: expected an address with a model, as http://localhost:8000/v1#name`);
  }
  return createEndpointModel({ ...options, url, model: name });
}

/**
 * The same model without likelihoods, where its endpoint refuses them: verdicts are sampled then.
 * What an endpoint says is kept with its calls.
 *
 * @param calls folder of kept calls
 */
export async function likelyOrSampled(
  model: EvalModel,
  calls: string,
  signal?: AbortSignal,
): Promise<EvalModel> {
  const { logLikelihoods, ...rest } = model;
  if (!logLikelihoods || model.render) return model;
  const store = await openAnswerStore(calls);
  try {
    const key = keyOf(["gives likelihoods", model.identity]);
    let gives = await store.get(key);
    if (typeof gives !== "boolean") {
      gives = await logLikelihoods([{ context: "1 + 1 =", continuation: " 2" }], { signal }).then(
        () => true,
        (error: unknown) => {
          if (error instanceof RefusedError || error instanceof NoEchoError) return false;
          throw error;
        },
      );
      await store.put(key, gives);
    }
    return gives ? model : rest;
  } finally {
    await store.close();
  }
}

/** A judge has the blind spots of what it judges, where both have the same weights. */
export function sharedWeights(
  gen: EvalModel,
  qual: EvalModel,
  trainedGen?: TrainedRole,
  trainedQual?: TrainedRole,
): string[] {
  if (gen.identity === qual.identity) {
    return [
      "generator and verifier have the same weights: what one does not know, the other does not see",
    ];
  }
  const base = trainedGen?.base;
  if (base === undefined || base.digest !== trainedQual?.base.digest) return [];
  return [
    `generator and verifier were trained from the same weights (${base.name}): they share blind spots`,
  ];
}
