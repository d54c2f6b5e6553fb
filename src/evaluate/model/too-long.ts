/** A prompt that the model's context does not hold: an outcome of conversations, not a failure. */

export class PromptTooLongError extends Error {
  override readonly name = "PromptTooLongError";
}

/** Whether an endpoint's refusal says so: OpenAI's code, and the words of vLLM and llama.cpp. */
export const saysTooLong = (status: number, reason: string): boolean =>
  (status === 400 || status === 413 || status === 422) &&
  /context[ _-]?(?:length|size|window)/i.test(reason);
