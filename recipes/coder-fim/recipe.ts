/** Fill in the middle (arXiv 2207.14255, 2409.12186): completions that run, and what they cost. */

import { Sandbox } from "../../src/evaluate/index.ts";
import { loadTokenizer, type Tokenizer, trainBpe } from "../../src/media/text/index.ts";
import type { DecoderConfig } from "../../src/models/index.ts";
import { createRandom } from "../../src/nn/random.ts";
import { defineRecipe, type Outcome, type TrialContext, Trials } from "../../src/recipe/index.ts";
import { fileSequences } from "../../src/train/data/index.ts";
import { type MicroBatch, microBatch } from "../../src/train/index.ts";
import { lossOf, pretrain, type TinySettings, tinyDecoder } from "../shared/pretrain.ts";
import { createCompleter, fillIn, goOn, runsRight } from "./complete.ts";
import { program, withoutLine } from "./programs.ts";

/** Share of documents with their middle moved to the end. */
const RATES: Readonly<Record<string, number>> = { plain: 0, "fim-50": 0.5, "fim-90": 0.9 };
/** Of these, the share that is cut at line ends, as editors ask; the others between letters. */
const LINES = 0.5;
const MARKS = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"];

/** One vocabulary for all trials: byte pairs of programs that no trial sees. */
function createTokenizer(): Promise<Tokenizer> {
  const random = createRandom(0, "tokenizer");
  const texts = Array.from({ length: 400 }, () => program(random).text);
  const tokenizer = trainBpe(texts, { vocabSize: 384, specialTokens: MARKS });
  return loadTokenizer({ tokenizer, config: { pad_token: MARKS[0], eos_token: MARKS[0] } });
}

async function runTrial({
  arm,
  seed,
  settings,
  ...context
}: TrialContext<TinySettings>): Promise<Outcome> {
  const tokenizer = await createTokenizer();
  const config: DecoderConfig = { ...tinyDecoder(settings), vocabSize: tokenizer.vocabSize };
  /** The same programs for all arms; an arm only decides on their order. */
  const sequences = (count: number, stream: string, rate: number): number[][] => {
    const random = createRandom(seed, stream);
    const programs = Array.from({ length: count }, () => program(random).text);
    const cuts = createRandom(seed, `${stream}, cuts`);
    return programs.flatMap((text) =>
      fileSequences(tokenizer, text, cuts, settings.length, { rate, lines: LINES }),
    );
  };
  const batchOf = (of: readonly number[][]): MicroBatch =>
    microBatch(of.map((tokens) => ({ tokens, learned: tokens.map(() => 1) })));
  const rate = RATES[arm] as number;
  const held = sequences(settings.held, "validation", 0);
  const { weights, curve } = await pretrain(
    config,
    settings,
    { seed, ...context },
    {
      batch: (step) => batchOf(sequences(settings.batch, `step ${step}`, rate)),
      held: batchOf(held),
    },
  );
  const sandbox = await Sandbox.load();
  using completer = await createCompleter({ config, weights }, tokenizer);
  const random = createRandom(seed, "completions");
  const passed = { fill: 0, goOn: 0 };
  for (let i = 0; i < settings.held; i++) {
    const made = program(random);
    const parts = withoutLine(made, random);
    const right = (text: string): number => (runsRight(sandbox, made.name, parts, text) ? 1 : 0);
    if (rate > 0) passed.fill += right(await fillIn(completer.complete, tokenizer, parts));
    passed.goOn += right(await goOn(completer.complete, tokenizer, parts));
  }
  const share = (count: number): number => (100 * count) / settings.held;
  return {
    metrics: {
      loss: await lossOf(config, weights, held),
      goOn: share(passed.goOn),
      ...(rate > 0 && { fill: share(passed.fill) }),
    },
    curves: { curve },
  };
}

const shape = { layers: 3, heads: 4, kvHeads: 4, hidden: 96, inner: 256, length: 160 };

export default defineRecipe<TinySettings>({
  name: "coder-fim",
  title: "Fill in the middle",
  paper: "arXiv 2409.12186",
  claim:
    "pretraining with middles moved to the end teaches to fill in from both sides and costs nothing from left to right",
  presets: {
    quick: {
      arms: ["plain", "fim-50"],
      seeds: [1, 2, 3],
      minutes: 20,
      settings: { ...shape, batch: 24, steps: 700, held: 100, learningRate: 3e-3 },
    },
    full: {
      arms: Object.keys(RATES),
      seeds: [1, 2, 3, 4, 5],
      minutes: 400,
      settings: { ...shape, batch: 32, steps: 5000, held: 500, learningRate: 2e-3 },
    },
  },
  runTrial,
  checks: [
    {
      claim: "with the suffix, more completions run right than the plain model's without it",
      isCentral: true,
      measure: (seed, trials) => {
        const [fill, plain] = [
          trials.metric("fill", "fim-50", seed),
          trials.metric("goOn", "plain", seed),
        ];
        return fill === undefined || plain === undefined ? undefined : fill - plain;
      },
      unit: "points",
      expected: "above",
      threshold: 10,
    },
    {
      claim: "the loss of whole programs, left to right, rises by less than 0.02",
      isCentral: true,
      measure: Trials.difference("loss", "fim-50", "plain"),
      unit: "nats",
      expected: "below",
      threshold: 0.02,
    },
    {
      claim: "the suffix is what helps: the same model is right less often without it",
      isCentral: false,
      measure: (seed, trials) => {
        const [fill, without] = [
          trials.metric("fill", "fim-50", seed),
          trials.metric("goOn", "fim-50", seed),
        ];
        return fill === undefined || without === undefined ? undefined : fill - without;
      },
      unit: "points",
      expected: "above",
      threshold: 10,
    },
    {
      claim: "left to right, completions run right as often, to within 5 points",
      isCentral: false,
      measure: Trials.difference("goOn", "fim-50", "plain"),
      unit: "points",
      expected: "above",
      threshold: -5,
    },
  ],
  columns: {
    loss: "loss, left to right",
    fill: "right with suffix, %",
    goOn: "right without, %",
  },
  plots: (trials) => ({
    loss: {
      title: "Loss of whole programs",
      x: { label: "step" },
      y: { label: "nats a token" },
      series: Object.keys(RATES).map((arm) => ({ label: arm, ...trials.curve("curve", arm) })),
    },
  }),
});
