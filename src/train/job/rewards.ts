/** The rewards of a config: built-in ones, and those of a user's own modules. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { closestNames } from "../../checkpoint/names.ts";
import type { PolicyPrompt } from "../rl/policy-trainer.ts";
import { exactMatch, type Reward, rewardOf, softOverlong, thinkFormat } from "../rl/reward.ts";
import type { TrainConfig } from "./schema.ts";

type Rl = NonNullable<TrainConfig["rl"]>;
type Spec = Exclude<Rl["rewards"][number], string>;

const builtIn: Readonly<Record<string, (spec: Spec, maxTokens: number) => Reward>> = {
  exact: ({ column }) => exactMatch(column),
  format: () => thinkFormat(),
  length: ({ margin }, maxTokens) =>
    softOverlong(maxTokens, margin ?? Math.max(1, Math.ceil(maxTokens / 4))),
};

/**
 * @param given the caller's own, which come before those built in
 * @throws Error naming the reward, and the nearest name or what its module must export
 */
export async function loadRewards(
  { rewards, max_tokens: maxTokens }: Rl,
  folder: string,
  where: string,
  given: readonly Reward[] = [],
): Promise<Reward[]> {
  const loaded: Reward[] = [];
  for (const each of rewards) {
    const spec: Spec = typeof each === "string" ? { use: each } : each;
    const own = given.find(({ name }) => name === spec.use);
    const make = Object.hasOwn(builtIn, spec.use) ? builtIn[spec.use] : undefined;
    const reward =
      own ?? (make ? make(spec, maxTokens) : await fromModule(spec.use, folder, where));
    if (loaded.some(({ name }) => name === reward.name)) {
      throw new Error(`${where}: "rl.rewards" has two rewards of the name "${reward.name}"`);
    }
    loaded.push({ ...reward, ...(spec.weight !== undefined && { weight: spec.weight }) });
  }
  return loaded;
}

async function fromModule(use: string, folder: string, where: string): Promise<Reward> {
  if (!/\.[cm]?[jt]s$/.test(use)) {
    const names = Object.keys(builtIn);
    const [near] = closestNames(use, names, 1);
    throw new Error(
      `${where}: unknown reward "${use}" in "rl.rewards"; ` +
        (near ? `did you mean "${near}"?` : `expected ${names.join(", ")}, or a module's path`),
    );
  }
  const file = resolve(folder, use);
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(file).href)) as typeof loaded;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const hint =
      code === "ERR_UNKNOWN_FILE_EXTENSION"
        ? `this Node (${process.version}) loads no TypeScript: use 22.18 or later, or a .mjs file`
        : message.split("\n")[0];
    throw new Error(`${file}: cannot be loaded as a reward: ${hint}`, { cause: error });
  }
  const { default: reward } = loaded;
  if (isReward(reward)) return reward;
  throw new Error(
    `${file}: must export a reward as default: {name: "...", of: ({text, answer, row}) => number}`,
  );
}

const isReward = (value: unknown): value is Reward =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "of" in value &&
  typeof value.of === "function";

/** Rows on which rewards are tried before the first step. */
const TRIALS = 64;

/**
 * Tries every reward on answers that end at once, so that one that throws, misses a column or
 * gives no number is told before the first step.
 */
export async function tryRewards(
  rewards: readonly Reward[],
  prompts: readonly PolicyPrompt[],
  stopToken: number,
): Promise<void> {
  for (const { tokens: prompt, row } of prompts.slice(0, TRIALS)) {
    const scores = Float32Array.of(0);
    const answer = { prompt, tokens: [stopToken], text: "", isComplete: true, scores };
    await rewardOf(rewards, { text: "", answer, row });
  }
}
