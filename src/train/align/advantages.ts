/** From rewards to advantages, group by group of answers to the same prompt. */

export interface AdvantageOptions {
  /**
   * "group": divided by the group's deviation (GRPO, GSPO, DAPO). "none": only centred (Dr.GRPO,
   * which shows that the division favours prompts that are very easy or very hard).
   */
  readonly scale?: "group" | "none";
}

/** Keeps a group whose rewards hardly differ from being blown up; TRL's value. */
const EPSILON = 1e-4;

/**
 * Advantages of a group's answers: reward minus the group's mean, over its deviation (n - 1).
 * Answers without a reward (undefined: the reward did not apply) have advantage 0 and do not count
 * in the mean. A group of equal rewards has advantages 0 and teaches nothing.
 *
 * @throws Error for a reward that is not finite
 * @example
 * groupAdvantages([1, 0, 0, 1]); // about [0.87, -0.87, -0.87, 0.87]
 */
export function groupAdvantages(
  rewards: readonly (number | undefined)[],
  { scale = "group" }: AdvantageOptions = {},
): number[] {
  const wrong = rewards.find((r) => r !== undefined && !Number.isFinite(r));
  if (wrong !== undefined) throw new Error(`reward ${wrong} is not a finite number`);
  const known = rewards.filter((r) => r !== undefined);
  if (known.length === 0) return rewards.map(() => 0);
  const mean = known.reduce((sum, r) => sum + r, 0) / known.length;
  const squares = known.reduce((sum, r) => sum + (r - mean) ** 2, 0);
  const deviation = known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : 0;
  const divisor = scale === "group" ? deviation + EPSILON : 1;
  return rewards.map((r) => (r === undefined || deviation === 0 ? 0 : (r - mean) / divisor));
}
