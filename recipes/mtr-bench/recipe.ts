/** MTR-Bench (Li et al. 2025, arXiv 2505.17123): what oracle, chance and onefold-mini score. */

import {
  createLocalModel,
  modelPlayer,
  oraclePlayer,
  randomPlayer,
} from "../../src/evaluate/index.ts";
import { type Check, defineRecipe, type TrialContext, Trials } from "../../src/recipe/index.ts";
import { MINI } from "../shared/mini.ts";
import { misordered, type Played, playAll, summarise } from "./play-all.ts";

interface Settings {
  /** Of each of the 120 cells, for oracle and random player. */
  readonly games: number;
  /** The same for the model, whose games take longer. */
  readonly modelGames: number;
  readonly maxTokens: number;
}

const SLOTS = 8;

async function runTrial({ arm, seed, settings, signal, progress }: TrialContext<Settings>) {
  const { games, modelGames, maxTokens } = settings;
  const shared = { seed, signal, onGame: progress };
  let played: Played;
  if (arm === "onefold-mini") {
    using model = await createLocalModel(MINI, { slots: SLOTS });
    const player = () => modelPlayer(model, { maxTokens, signal });
    played = await playAll({ ...shared, games: modelGames, concurrency: SLOTS, player });
  } else {
    const player: Parameters<typeof playAll>[0]["player"] =
      arm === "oracle" ? oraclePlayer : (task, instance) => randomPlayer(task, instance, seed);
    played = await playAll({ ...shared, games, concurrency: 1, player });
  }
  return { metrics: { ...summarise(played), misordered: misordered(played) } };
}

const between =
  (arm: string, a: string, b: string): Check["measure"] =>
  (seed, trials) => {
    const [x, y] = [trials.metric(a, arm, seed), trials.metric(b, arm, seed)];
    return x === undefined || y === undefined ? undefined : x - y;
  };

const checks: readonly Check[] = [
  {
    claim: "the model falls short of what the games allow: its accuracy less the oracle's",
    isCentral: true,
    measure: Trials.difference("accuracy", "onefold-mini", "oracle"),
    expected: "below",
    threshold: 0,
  },
  {
    claim: "levels order difficulty: accuracy at easy less that at hard, random player",
    isCentral: true,
    measure: between("random", "easy", "hard"),
    expected: "above",
  },
  {
    claim: "the middle level lies between them: easy less medium, random player",
    isCentral: false,
    measure: between("random", "easy", "medium"),
    expected: "above",
  },
  {
    claim: "… and medium less hard, random player",
    isCentral: false,
    measure: between("random", "medium", "hard"),
    expected: "above",
  },
  {
    claim: "every game can be won within its budget: accuracy of the oracle",
    isCentral: false,
    measure: (seed, trials) => trials.metric("accuracy", "oracle", seed),
    expected: "above",
    threshold: 0.999,
  },
  {
    claim: "onefold-mini is better than chance among legal commands",
    isCentral: false,
    measure: Trials.difference("accuracy", "onefold-mini", "random"),
    expected: "above",
  },
  {
    claim: "most of onefold-mini's games end on an invalid command",
    isCentral: false,
    measure: (seed, trials) => trials.metric("invalidGames", "onefold-mini", seed),
    expected: "above",
    threshold: 0.5,
  },
];

const cells = ["IP", "DA", "SO", "SG"].flatMap((kind) =>
  ["easy", "medium", "hard"].map((level) => `${kind} ${level}`),
);

export default defineRecipe<Settings>({
  name: "mtr-bench",
  title: "MTR-Bench: 40 games of many turns",
  paper:
    "MTR-Bench: A Comprehensive Benchmark for Multi-Turn Reasoning Evaluation (arXiv 2505.17123)",
  claim: "models fall short of what multi-turn games allow, the more so the harder the level",
  presets: {
    quick: {
      arms: ["oracle", "random", "onefold-mini"],
      seeds: [1, 2, 3],
      settings: { games: 5, modelGames: 2, maxTokens: 128 },
      minutes: 8,
    },
    full: {
      arms: ["oracle", "random", "onefold-mini"],
      seeds: [1, 2, 3, 4, 5],
      settings: { games: 30, modelGames: 10, maxTokens: 512 },
      minutes: 240,
    },
  },
  runTrial,
  checks,
  columns: {
    accuracy: "accuracy",
    ...{ easy: "easy", medium: "medium", hard: "hard" },
    ...{ IP: "IP", DA: "DA", SO: "SO", SG: "SG" },
    efficiency: "efficiency of won games",
    invalidGames: "games ended invalid",
    truncatedGames: "games ended cut off",
    overflows: "beyond the context",
    misordered: "tasks won more at hard than at easy",
  },
  plots: (trials) => ({
    random: {
      title: "Won by the random player, by class and level (mean and seeds)",
      y: { label: "share of games won" },
      bars: cells.map((cell) => {
        const points = trials.seeds.flatMap((seed) => trials.metric(cell, "random", seed) ?? []);
        return { label: cell, value: trials.estimate(cell, "random")?.mean ?? 0, points };
      }),
    },
  }),
});
