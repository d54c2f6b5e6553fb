/** VariantGen: what a generator wrote, judged, and that judgement as its reward in training. */

import type { PolicyPrompt, Reward } from "../../train/index.ts";
import { createLimiter } from "../limiter.ts";
import type { AskOptions } from "../types.ts";
import type { Qualification, VariantQual } from "./qual.ts";
import { gateProblem, type RewardOptions, variantReward } from "./reward.ts";
import type { ChoiceContent, Notation, VariantType } from "./types.ts";

/** What is known of a text that a generator wrote. */
export type Assessment =
  | { readonly variant: ChoiceContent; readonly qualification: Qualification }
  | { readonly variant?: ChoiceContent; readonly problem: string };

/** Reads and checks a text; only what passes is shown to the verifier. */
export async function assess(
  { notation, qual }: { readonly notation: Notation; readonly qual: VariantQual },
  { type, source }: VariantRow,
  text: string,
  ask?: AskOptions,
): Promise<Assessment> {
  const read = readVariant(notation, { type, source }, text);
  if ("problem" in read) return read;
  const { variant } = read;
  return { variant, qualification: await qual.qualify(type, source, variant, ask) };
}

/** The programmatic half of {@link assess}. */
export function readVariant(
  notation: Notation,
  { type, source }: VariantRow,
  text: string,
): { variant: ChoiceContent } | { variant?: ChoiceContent; problem: string } {
  try {
    const variant = notation.read(text, type);
    const problem = gateProblem(type, source, variant);
    return problem === undefined ? { variant } : { variant, problem };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What a prompt asks for; the rows of training data. */
export interface VariantRow {
  readonly type: VariantType;
  readonly source: ChoiceContent;
}

/** A prompt for `PolicyTrainer`, whose reward is {@link verifierReward}. */
export const variantPrompt = (
  notation: Notation,
  row: VariantRow,
  encode: (prompt: ReturnType<Notation["ask"]>) => ArrayLike<number>,
): PolicyPrompt => ({ tokens: encode(notation.ask(row.type, row.source)), row: { ...row } });

/**
 * The verifier as a reward: 0 for what fails the gate, what {@link variantReward} says otherwise.
 *
 * @example
 * const rewards = [verifierReward({ notation, qual }, { form: "product" })];
 * using trainer = await PolicyTrainer.create({ rewards, ...settings });
 */
export function verifierReward(
  judges: { readonly notation: Notation; readonly qual: VariantQual },
  options?: RewardOptions,
): Reward {
  const limit = createLimiter(judges.qual.model.concurrency);
  return {
    name: "variant",
    of: async ({ text, row }) => {
      const asked = row as unknown as VariantRow; // of variantPrompt
      const found = await limit(() => assess(judges, asked, text));
      if ("problem" in found) return 0;
      const { variant, qualification } = found;
      return variantReward(
        { source: asked.source, variant, scores: qualification.scores },
        options,
      );
    },
  };
}
