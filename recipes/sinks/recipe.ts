/** Outliers and normalisation (arXiv 2601.22966): removed, clipped, absorbed, replaced by gates. */

import { type DecoderConfig, measureSinks } from "../../src/models/index.ts";
import { fusedHeadGate, roundedProducts } from "../../src/nn/index.ts";
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

const gate: DecoderConfig["gate"] = { ...fusedHeadGate, layout: "separate" };
const gatedNorm: DecoderConfig["norm"] = { kind: "gated", rank: 4, scale: 2 };
const changes: Readonly<Record<string, Pick<DecoderConfig, "gate" | "norm">>> = {
  rms: {},
  clipped: { norm: { kind: "clipped", limit: 4 } },
  tanh: { norm: { kind: "tanh", alpha: 0.5 } },
  "pre-affine": { norm: { kind: "pre-affine" } },
  "gated-norm": { norm: gatedNorm },
  gate: { gate },
  "gate+norm": { gate, norm: gatedNorm },
};
const arms = Object.keys(changes);
/** Channels this much larger than the median are a residual sink. */
const SINK = 5;

async function runTrial({
  arm,
  seed,
  settings,
  ...context
}: TrialContext<TinySettings>): Promise<Outcome> {
  const config = tinyDecoder(settings, changes[arm]);
  const trained = await pretrain(config, settings, { seed, ...context });
  const { hasDiverged, weights, curve } = trained;
  const parameters = parameterCount(config);
  if (hasDiverged) {
    return { metrics: { loss: UNIFORM_LOSS, diverged: 1, parameters }, curves: { curve } };
  }
  const held = documents(settings.held, settings.length, seed, "validation");
  const loss = await lossOf(config, weights, held);
  const w4a4 = roundedProducts({ weightBits: 4, activationBits: 4 });
  const rounded = await lossOf(config, weights, held, w4a4);
  const sinks = await measureSinks({ config, weights }, held);
  const residuals = sinks.layers.map(({ residual }) => residual);
  return {
    metrics: {
      loss,
      diverged: 0,
      parameters,
      residualSink: sinks.residualSink,
      peak: Math.max(...residuals.map(({ peak }) => peak.p99)),
      maxActivation: sinks.maxActivation,
      firstToken: sinks.firstToken,
      chance: sinks.chance,
      w4a4Rise: rounded - loss,
    },
    curves: {
      curve,
      sinks: residuals.map(({ sink }, layer): [number, number] => [layer, sink.ratio]),
    },
  };
}

function whereSink(measure: ReturnType<typeof Trials.difference>) {
  return (seed: number, trials: Trials): number | undefined =>
    (trials.metric("residualSink", "rms", seed) ?? 0) >= SINK ? measure(seed, trials) : undefined;
}

const loss = (arm: string) => ({ measure: Trials.difference("loss", arm, "rms"), unit: "nats" });
const tiny = { kvHeads: 2, heads: 4, learningRate: 3e-3 };

export default defineRecipe<TinySettings>({
  name: "sinks",
  title: "Attention and residual sinks",
  paper: "arXiv 2601.22966",
  claim:
    "outliers rescale through normalisation: without it, or clipped, quality drops; explicit gates shrink them, keep quality and help 4-bit inference",
  presets: {
    quick: {
      arms,
      seeds: [1, 2, 3],
      minutes: 18,
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
      minutes: 700,
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
      claim: "without a norm the loss is higher",
      isCentral: true,
      expected: "above",
      ...loss("tanh"),
    },
    {
      claim: "without a norm the residual sink is smaller",
      isCentral: true,
      measure: whereSink(Trials.difference("residualSink", "tanh", "rms")),
      expected: "below",
    },
    {
      claim: "with outliers clipped before the norm the loss is higher",
      isCentral: true,
      expected: "above",
      ...loss("clipped"),
    },
    {
      claim: "GatedNorm lowers the loss",
      isCentral: true,
      expected: "below",
      ...loss("gated-norm"),
    },
    {
      claim: "gated attention with GatedNorm loses less by W4A4",
      isCentral: true,
      measure: Trials.difference("w4a4Rise", "gate+norm", "rms"),
      unit: "nats",
      expected: "below",
    },
    {
      claim: "PreAffine lowers the loss",
      isCentral: false,
      expected: "below",
      ...loss("pre-affine"),
    },
    {
      claim: "GatedNorm lowers the peak of channels",
      isCentral: false,
      measure: Trials.difference("peak", "gated-norm", "rms"),
      expected: "below",
    },
    {
      claim: "GatedNorm alone loses less by W4A4",
      isCentral: false,
      measure: Trials.difference("w4a4Rise", "gated-norm", "rms"),
      unit: "nats",
      expected: "below",
    },
    {
      claim: "PreAffine loses less by W4A4",
      isCentral: false,
      measure: Trials.difference("w4a4Rise", "pre-affine", "rms"),
      unit: "nats",
      expected: "below",
    },
  ],
  columns: {
    loss: "validation loss",
    w4a4Rise: "rise by W4A4",
    residualSink: "residual sink",
    peak: "peak",
    maxActivation: "largest activation",
    firstToken: "attention to first token",
    chance: "its chance level",
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
    "residual-sink": {
      title: "Residual sink: largest channel over the median",
      x: { label: "layer" },
      y: { label: "ratio of mean sizes", include: [1] },
      series: arms.map((arm) => ({ label: arm, ...trials.curve("sinks", arm) })),
    },
  }),
});
