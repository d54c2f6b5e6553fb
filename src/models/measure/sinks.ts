/**
 * Attention sinks, residual sinks and massive activations of a decoder, as it reads given tokens.
 *
 * Definitions: first-token attention and sink heads after Gu et al., "When Attention Sink Emerges"
 * (2024); massive activations after Sun et al., "Massive Activations in Large Language Models"
 * (2024); residual sinks, channels that are large for almost all tokens, after "A Unified View of
 * Attention and Residual Sinks" (arXiv 2601.22966).
 */

import { fromValues, type NDArray } from "../../graph/ndarray.ts";
import type { WeightSource } from "../../graph/program.ts";
import { createSession } from "../../runtime/index.ts";
import type { DecoderConfig } from "../decoder.ts";
import { probeProgram } from "./probe.ts";
import { type ResidualSummary, residualReport, StreamStatistics } from "./residual.ts";

/** A head whose mean attention to the first token is above this is a sink head. */
const SINK_HEAD = 0.3;

export interface SinkLayer {
  /** From 0. */
  readonly layer: number;
  /**
   * Each head's mean attention to the first token, over the queries after it; undefined where the
   * layer has no attention.
   */
  readonly firstToken?: readonly number[];
  /** What that would be with equal attention to all that a query sees. */
  readonly chance?: number;
  /** Mean score of its gate, and the share of scores below 0.1. */
  readonly gate?: { readonly mean: number; readonly closed: number };
  /** The residual stream after the layer. */
  readonly residual: ResidualSummary;
}

export interface SinkReport {
  readonly windows: number;
  readonly tokens: number;
  readonly layers: readonly SinkLayer[];
  /** Mean over the heads of all layers. */
  readonly firstToken: number;
  readonly chance: number;
  /** Share of heads whose mean attention to the first token is above 0.3. */
  readonly sinkHeads: number;
  /** Largest number in the residual stream after any layer, and whether it is a massive one. */
  readonly maxActivation: number;
  readonly isMassive: boolean;
  /** Largest mean size of a channel over the median of all channels, in any layer. */
  readonly residualSink: number;
}

/**
 * Measures a model.
 *
 * @param model weights may be quantised
 * @param windows token ids of at least two tokens, each read from its first one on
 * @throws Error for a window of fewer than two tokens
 * @example
 * using model = await loadModel("models/onefold-mini");
 * const { firstToken, chance } = await measureSinks(model, [[1, 2, 3, 4]]);
 */
export async function measureSinks(
  model: { readonly config: DecoderConfig; readonly weights: WeightSource },
  windows: readonly (readonly number[])[],
  { signal, threads }: { readonly signal?: AbortSignal; readonly threads?: number } = {},
): Promise<SinkReport> {
  const short = windows.findIndex((ids) => ids.length < 2);
  if (short >= 0 || windows.length === 0) {
    throw new Error(
      `sinks: window ${Math.max(0, short)} has ${windows[short]?.length ?? 0} tokens; attention ` +
        "to the first one is measured from the second on, so give two or more",
    );
  }
  const { config: read, weights } = model;
  const config: DecoderConfig = { ...read, kvCache: undefined };
  const prepack = config.quantized !== undefined; // floats are read where they lie
  using session = await createSession(probeProgram(config), { weights, prepack, signal, threads });
  const streams = Array.from({ length: config.layers }, () => new StreamStatistics());
  const sums = new Map<string, Float64Array>();
  for (const [w, ids] of windows.entries()) {
    const tokens = fromValues("i64", [1, ids.length], ids);
    const found = await session.run({ tokens }, { signal });
    for (const [name, array] of Object.entries(found)) {
      const [kind, layer] = name.split(".");
      if (kind === "residual") streams[Number(layer)].add(array, ids, w);
      else addTo(sums, name, array);
    }
  }
  const means = (name: string): number[] | undefined => {
    const sum = sums.get(name);
    return sum && Array.from(sum, (value) => value / windows.length);
  };
  const lengths = windows.map((ids) => ids.length);
  const layers = streams.map((stream, layer): SinkLayer => {
    const firstToken = means(`first.${layer}`);
    const gate = means(`gate.${layer}`);
    return {
      layer,
      ...(firstToken && { firstToken, chance: chanceLevel(lengths, config.windows[layer]) }),
      ...(gate && { gate: { mean: gate[0], closed: gate[1] } }),
      residual: residualReport(stream),
    };
  });
  return { windows: windows.length, tokens: total(lengths), layers, ...summary(layers) };
}

function addTo(sums: Map<string, Float64Array>, name: string, { data }: NDArray): void {
  const sum = sums.get(name) ?? new Float64Array(data.length);
  for (let i = 0; i < sum.length; i++) sum[i] += Number(data[i]);
  sums.set(name, sum);
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const average = (values: readonly number[]): number =>
  values.length === 0 ? 0 : total(values) / values.length;

function summary(layers: readonly SinkLayer[]) {
  const heads = layers.flatMap(({ firstToken = [] }) => firstToken);
  const residuals = layers.map(({ residual }) => residual);
  return {
    firstToken: average(heads),
    chance: average(layers.flatMap(({ chance = [] }) => chance)),
    sinkHeads: average(heads.map((share) => (share > SINK_HEAD ? 1 : 0))),
    maxActivation: Math.max(...residuals.map(({ max }) => max.value)),
    isMassive: residuals.some(({ isMassive }) => isMassive),
    residualSink: Math.max(...residuals.map(({ sink }) => sink.ratio)),
  };
}

/**
 * Mean attention to the first of n tokens, over the queries after it, where each query attends
 * equally to all that it sees: (H(n) - 1) / (n - 1) without a window.
 *
 * @param lengths of what is read; the mean over them
 * @param window of the layer; 0: none
 * @example
 * chanceLevel([64]); // 0.0594
 */
export function chanceLevel(lengths: readonly number[], window = 0): number {
  const of = (n: number): number => {
    let sum = 0;
    // The query at place i sees i + 1 tokens, and the first of them only within the window.
    for (let i = 1; i < n && (window === 0 || i < window); i++) sum += 1 / (i + 1);
    return sum / (n - 1);
  };
  return average(lengths.map(of));
}
