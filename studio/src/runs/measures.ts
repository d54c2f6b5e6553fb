/** The metrics of runs: what they are called, in which order and group they are shown. */

export interface Measure {
  /** As in the file; measures on held-out rows with `held.` before. */
  readonly name: string;
  readonly label: string;
}

export interface MeasureGroup {
  readonly title: string;
  readonly measures: readonly Measure[];
  /** Of little interest in most cases. */
  readonly isFolded?: boolean;
}

export const HELD = "held.";

const known: readonly (readonly [title: string, Readonly<Record<string, string>>])[] = [
  [
    "Learning",
    {
      loss: "Loss",
      "held.loss": "Held-out loss",
      "held.accuracy": "Held-out accuracy",
      "held.reward": "Held-out reward",
      reward: "Reward",
      task_loss: "Loss without balance terms",
    },
  ],
  ["Rewards", { zeroVariance: "Prompts of equal scores" }],
  [
    "Policy",
    {
      ratio: "Importance ratio",
      clipped: "Clipped share",
      kl: "KL divergence",
      entropy: "Entropy",
      tokenDrift: "Drift of tokens",
      answerDrift: "Drift of answers",
      mismatch: "Engine against training graph",
      length: "Answer length",
      cut: "Answers cut off",
    },
  ],
  [
    "Experts",
    {
      moe_balance: "Balance loss",
      moe_z: "Router z-loss",
      moe_entropy: "Routing entropy",
      moe_dropped: "Dropped share",
    },
  ],
  [
    "Optimiser",
    {
      gradientNorm: "Gradient norm",
      learningRate: "Learning rate",
      tokensPerSecond: "Tokens per second",
    },
  ],
];
const folded: Readonly<Record<string, string>> = {
  tokens: "Tokens a step",
  supervised: "Learned tokens a step",
  gradientSeconds: "Seconds for gradients",
  optimizerSeconds: "Seconds for the optimiser",
};

/** Groups of the measures that exist; those that nobody foresaw come under names made of theirs. */
export function groupMeasures(names: Iterable<string>): MeasureGroup[] {
  const left = new Set(names);
  const take = (labels: Readonly<Record<string, string>>): Measure[] =>
    Object.entries(labels).flatMap(([name, label]) => (left.delete(name) ? { name, label } : []));
  const takeLike = (pattern: RegExp): Measure[] =>
    [...left]
      .filter((name) => pattern.test(name))
      .map((name) => {
        left.delete(name);
        return { name, label: labelOf(name) };
      });
  const groups: MeasureGroup[] = known.map(([title, labels]) => ({
    title,
    measures: [
      ...take(labels),
      ...takeLike(title === "Rewards" ? /^reward / : title === "Experts" ? /^moe_/ : /^$/),
    ],
  }));
  const last = { title: "Each step", measures: take(folded), isFolded: true };
  const others = { title: "More", measures: takeLike(/./).sort(byLabel) };
  return [...groups, others, last].filter(({ measures }) => measures.length > 0);
}

const byLabel = (a: Measure, b: Measure): number => a.label.localeCompare(b.label);

/** @example labelOf("held.exactMatch") // "Held-out exact match" */
function labelOf(name: string): string {
  const isHeld = name.startsWith(HELD);
  const words = (isHeld ? name.slice(HELD.length) : name)
    .replaceAll(/[_-]+/g, " ")
    .replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  const text = isHeld ? `Held-out ${words}` : words;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
