/** What a sampler is told, and which values it may be told. */

export interface Sampling {
  /** Divides the logits; 0 takes the likeliest token always. */
  readonly temperature: number;
  /** Keep the k likeliest tokens, with all that tie with the last of them; 0 keeps all. */
  readonly topK: number;
  /** Keep the likeliest tokens up to this total probability; 1 keeps all. */
  readonly topP: number;
  /** Drop tokens less probable than this times the likeliest; 0 keeps all. */
  readonly minP: number;
  /** Divides positive and multiplies negative logits of tokens seen in prompt or answer. */
  readonly repetitionPenalty: number;
  /** Taken from the logits of tokens that were generated before (OpenAI's API). */
  readonly presencePenalty: number;
  /** Taken from a logit for each time its token was generated (OpenAI's API). */
  readonly frequencyPenalty: number;
}

/** Always the likeliest token: what transformers does without a generation_config.json. */
export const greedy: Sampling = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
};

const isFraction = (value: number): boolean => value >= 0 && value <= 1;
const rules: { readonly [K in keyof Sampling]: readonly [(value: number) => boolean, string] } = {
  temperature: [(value) => value >= 0, "at least 0"],
  topK: [(value) => Number.isInteger(value) && value >= 0, "an integer of at least 0"],
  topP: [isFraction, "between 0 and 1"],
  minP: [isFraction, "between 0 and 1"],
  repetitionPenalty: [(value) => value > 0, "above 0"],
  presencePenalty: [() => true, "finite"],
  frequencyPenalty: [() => true, "finite"],
};
export const samplingKeys = Object.keys(rules) as readonly (keyof Sampling)[];

/** @param where names the source in errors, e.g. a file and its key */
export function checkSamplingValue(key: keyof Sampling, value: unknown, where: string): number {
  const [isAllowed, expected] = rules[key];
  if (typeof value === "number" && Number.isFinite(value) && isAllowed(value)) return value;
  throw new RangeError(`${where} must be ${expected}, but is ${JSON.stringify(value)}`);
}

/**
 * The first given value of each setting.
 *
 * @param sources in order of preference: explicit options, the checkpoint's, the library's
 */
export function mergeSampling(...sources: readonly Partial<Sampling>[]): Sampling {
  const merged: { -readonly [K in keyof Sampling]: number } = { ...greedy };
  for (const key of samplingKeys) {
    for (const source of sources) {
      const value = source[key];
      if (value === undefined) continue;
      merged[key] = checkSamplingValue(key, value, key);
      break;
    }
  }
  return merged;
}
