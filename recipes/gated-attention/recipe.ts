/** Gated attention (arXiv 2505.06708): loss, sinks, learning rates and length, with and without. */

import type { DecoderConfig } from "../../src/models/index.ts";
import { measureSinks } from "../../src/models/index.ts";
import { type AttentionGate, fusedHeadGate } from "../../src/nn/index.ts";
import { defineRecipe, type Outcome, type TrialContext, Trials } from "../../src/recipe/index.ts";
import { documents } from "../shared/copy-language.ts";
import {
  lossOf,
  parameterCount,
  pretrain,
  type TinySettings,
  tinyDecoder,
  UNIFORM_LOSS,
} from "../shared/pretrain.ts";

const gate: AttentionGate = { ...fusedHeadGate, layout: "separate" };
const gates: Readonly<Record<string, AttentionGate | undefined>> = {
  plain: undefined,
  gate,
  "gate-head": { ...gate, granularity: "head" },
  "non-sparse": { ...gate, activation: "non-sparse" },
};
/** Factor of the larger learning rate, and of the longer documents. */
const [RATE, LENGTH] = [8, 4];
const arms = [...Object.keys(gates), `plain-${RATE}x`, `gate-${RATE}x`];

async function runTrial({
  arm,
  seed,
  settings,
  ...context
}: TrialContext<TinySettings>): Promise<Outcome> {
  const [, name, larger] = /^(.*?)(-\d+x)?$/.exec(arm) ?? [];
  const config = tinyDecoder(settings, gates[name] ? { gate: gates[name] } : {});
  const learningRate = settings.learningRate * (larger ? RATE : 1);
  const trained = await pretrain(config, { ...settings, learningRate }, { seed, ...context });
  const { hasDiverged, weights, curve } = trained;
  const count = parameterCount(config);
  if (hasDiverged) {
    return { metrics: { loss: UNIFORM_LOSS, diverged: 1, parameters: count }, curves: { curve } };
  }
  const held = documents(settings.held, settings.length, seed, "validation");
  const loss = await lossOf(config, weights, held);
  const long = documents(Math.ceil(settings.held / LENGTH), LENGTH * settings.length, seed, "long");
  const stretchedLoss = await lossOf(stretched(config, settings), weights, long);
  const sinks = await measureSinks({ config, weights }, held);
  const gateScores = sinks.layers.flatMap((layer) => layer.gate?.mean ?? []);
  return {
    metrics: {
      loss,
      diverged: 0,
      parameters: count,
      firstToken: sinks.firstToken,
      chance: sinks.chance,
      sinkHeads: 100 * sinks.sinkHeads,
      maxActivation: sinks.maxActivation,
      longRise: stretchedLoss - loss,
      ...(gateScores.length > 0 && {
        gateScore: gateScores.reduce((a, b) => a + b) / gateScores.length,
      }),
    },
    curves: {
      curve,
      firstToken: sinks.layers.map(({ layer, firstToken = [] }): [number, number] => [
        layer,
        firstToken.reduce((a, b) => a + b, 0) / firstToken.length,
      ]),
    },
  };
}

/** YaRN as published checkpoints have it, over what the model was trained on. */
function stretched(c: DecoderConfig, { length }: TinySettings): DecoderConfig {
  const { theta, width } = c.rope;
  const attentionFactor = 0.1 * Math.log(LENGTH) + 1;
  return {
    ...c,
    rope: {
      type: "yarn",
      theta,
      width,
      factor: LENGTH,
      originalLength: length,
      betaFast: 32,
      betaSlow: 1,
      attentionFactor,
      truncate: true,
    },
  };
}

/** The difference of two arms where the plain model of the seed has a sink. */
const whereSink =
  (measure: (seed: number, trials: Trials) => number | undefined) =>
  (seed: number, trials: Trials): number | undefined => {
    const share = trials.metric("firstToken", "plain", seed) ?? 0;
    const chance = trials.metric("chance", "plain", seed) ?? 0;
    return share >= Math.max(0.15, 3 * chance) ? measure(seed, trials) : undefined;
  };

/** How much more the gated model loses at the larger rate than the plain one does. */
function rateTolerance(seed: number, trials: Trials): number | undefined {
  const rise = (arm: string): number =>
    (trials.metric("loss", `${arm}-${RATE}x`, seed) ?? Number.NaN) -
    (trials.metric("loss", arm, seed) ?? Number.NaN);
  const difference = rise("gate") - rise("plain");
  return Number.isFinite(difference) ? difference : undefined;
}

const tiny = { kvHeads: 2, heads: 4, learningRate: 3e-3 };

export default defineRecipe<TinySettings>({
  name: "gated-attention",
  title: "Gated attention",
  paper: "arXiv 2505.06708",
  claim:
    "a head-specific sigmoid gate after attention lowers the loss, removes the sink, bears larger learning rates and extrapolates to longer contexts",
  presets: {
    quick: {
      arms,
      seeds: [1, 2, 3],
      minutes: 15,
      settings: {
        ...tiny,
        layers: 4,
        hidden: 64,
        inner: 176,
        length: 128,
        batch: 16,
        steps: 300,
        held: 32,
      },
    },
    full: {
      arms,
      seeds: [1, 2, 3],
      minutes: 600,
      settings: {
        ...tiny,
        layers: 6,
        hidden: 128,
        inner: 352,
        length: 256,
        batch: 16,
        steps: 3000,
        held: 64,
      },
    },
  },
  runTrial,
  checks: [
    {
      claim: "the gate lowers validation loss at equal size",
      isCentral: true,
      measure: Trials.difference("loss", "gate", "plain"),
      unit: "nats",
      expected: "below",
    },
    {
      claim: "the gate lowers attention to the first token",
      isCentral: true,
      measure: whereSink(Trials.difference("firstToken", "gate", "plain")),
      expected: "below",
    },
    {
      claim: `at ${RATE} times the learning rate the gated model's loss rises less`,
      isCentral: true,
      measure: rateTolerance,
      unit: "nats",
      expected: "below",
    },
    {
      claim: `at ${LENGTH} times the length, by YaRN, the gated model's loss rises less`,
      isCentral: true,
      measure: Trials.difference("longRise", "gate", "plain"),
      unit: "nats",
      expected: "below",
    },
    {
      claim: "one score for each head lowers the loss too",
      isCentral: false,
      measure: Trials.difference("loss", "gate-head", "plain"),
      unit: "nats",
      expected: "below",
    },
    {
      claim: "a gate that cannot close leaves more attention on the first token",
      isCentral: false,
      measure: whereSink(Trials.difference("firstToken", "non-sparse", "gate")),
      expected: "above",
    },
    {
      claim: "the gate lowers the largest activation",
      isCentral: false,
      measure: Trials.difference("maxActivation", "gate", "plain"),
      expected: "below",
    },
  ],
  columns: {
    loss: "validation loss",
    firstToken: "attention to first token",
    chance: "its chance level",
    sinkHeads: "heads above 0.3, %",
    maxActivation: "largest activation",
    gateScore: "mean gate",
    longRise: `rise at ${LENGTH}x length`,
    diverged: "diverged",
    parameters: "parameters",
  },
  plots: (trials) => ({
    loss: {
      title: "Validation loss",
      x: { label: "step" },
      y: { label: "nats a token" },
      series: arms.map((arm) => ({ label: arm, ...trials.curve("curve", arm) })),
    },
    "first-token": {
      title: "Attention to the first token",
      x: { label: "layer" },
      y: { label: "mean over heads", include: [0] },
      series: Object.keys(gates).map((arm) => ({ label: arm, ...trials.curve("firstToken", arm) })),
    },
  }),
});
