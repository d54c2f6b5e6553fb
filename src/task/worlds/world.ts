/**
 * Worlds: endless generated data for tasks of every modality. The same seed gives the same samples
 * everywhere, nothing is downloaded, and what the held-out split holds never comes up in training.
 */

import { createRandom, pick, type Random } from "../../nn/random.ts";

export { pick };

export type Split = "train" | "heldout";

/** Draws the next sample of a split. */
export type World<Sample> = (random: Random, split: Split) => Sample;

/**
 * A world's endless stream.
 *
 * @example
 * const { image, caption } = streamWorld(captionScenes, 1, "train").next().value;
 */
export function* streamWorld<Sample>(
  world: World<Sample>,
  seed: number,
  split: Split,
): Generator<Sample, never> {
  const random = createRandom(seed, split);
  while (true) yield world(random, split);
}

/**
 * Whether what `key` names belongs to the held-out split: one key in eight, by hash, for ever.
 *
 * @param world what the keys are of, so that two worlds do not hold out the same keys
 */
export function isHeldOut(world: string, key: string): boolean {
  return createRandom(0, `${world}:${key}`).below(8) === 0;
}

/** Draws until `key` of the draw belongs to the split. */
export function drawInSplit<Draw>(
  world: string,
  split: Split,
  draw: () => Draw,
  key: (value: Draw) => string,
): Draw {
  for (let tries = 0; tries < 1000; tries++) {
    const value = draw();
    if (isHeldOut(world, key(value)) === (split === "heldout")) return value;
  }
  throw new Error(`${world}: 1000 draws gave nothing of the split "${split}"; expected more keys`);
}

/** How something may be said; held-out wordings are never seen in training. */
export interface Wordings {
  readonly train: readonly string[];
  readonly heldout: readonly string[];
}

/** A question about a sample's content. */
export interface Question {
  /** What it asks for: "colour", "count", … */
  readonly kind: string;
  readonly question: string;
  readonly answer: string;
  /** Whether training words this kind of question otherwise. */
  readonly isNewWording: boolean;
}

/**
 * Words a question. In the held-out split every second question has a held-out wording.
 *
 * @param slots what stands for `{name}` in the wording
 */
export function askQuestion(
  random: Random,
  split: Split,
  kind: string,
  wordings: Wordings,
  slots: Readonly<Record<string, string>>,
  answer: string,
): Question {
  const isNewWording = split === "heldout" && chance(random, 0.5);
  const question = fill(pick(random, wordings[isNewWording ? "heldout" : "train"]), slots);
  return { kind, question, answer, isNewWording };
}

/** Puts values in for the `{name}`s of a wording. */
export function fill(wording: string, slots: Readonly<Record<string, string>>): string {
  return wording.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = slots[name];
    if (value === undefined) throw new Error(`wording "${wording}": no value for {${name}}`);
    return value;
  });
}

/** "a red circle", "an orange circle". */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

/** Distinct items in random order. */
export function pickSome<T>(random: Random, items: readonly T[], count: number): T[] {
  const rest = [...items];
  return Array.from({ length: count }, () => rest.splice(random.below(rest.length), 1)[0]);
}

export function chance(random: Random, p: number): boolean {
  return random.uniform() < p;
}

/** Uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** Uniform integer, both ends included. */
export function integer(random: Random, low: number, high: number): number {
  return low + random.below(high - low + 1);
}
