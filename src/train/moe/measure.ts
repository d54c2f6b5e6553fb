/** What routers do with text of known domains: load, specialisation, entropy. */

import { fromValues, type NDArray, toValues } from "../../graph/ndarray.ts";
import { lower } from "../../graph/onnx/lowering.ts";
import { log, maximum, mul, neg } from "../../graph/ops/elementwise.ts";
import { input } from "../../graph/ops/leaf.ts";
import { sum } from "../../graph/ops/reduce.ts";
import type { WeightSource } from "../../graph/program.ts";
import { dim } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type DecoderConfig, decoder } from "../../models/decoder.ts";
import type { Routing } from "../../nn/moe-routing.ts";
import { createParameters } from "../../nn/scope.ts";
import { createSession } from "../../runtime/index.ts";
import { countsOf, routedLayer } from "./balance.ts";

export interface LayerRouting {
  /** e.g. `model.layers.0.mlp` */
  readonly path: string;
  /** Share of a domain's tokens that choose each expert: [domains][experts]; rows add up to k. */
  readonly frequencies: readonly (readonly number[])[];
  /** Mean entropy of a token's gates, in nats, by domain. */
  readonly entropy: readonly number[];
  /** Load of the experts over all domains, each domain weighing the same. */
  readonly load: LoadSummary;
  /** Mutual information of expert and domain in bits, domains being equally likely. */
  readonly information: number;
}

export interface LoadSummary {
  /** Largest load over the mean one, less 1 (MaxVio): 0 where even. */
  readonly maxViolation: number;
  /** Standard deviation over the mean. */
  readonly variation: number;
  /** Experts that no token chooses. */
  readonly dead: number;
}

export interface RoutingReport {
  readonly domains: readonly string[];
  readonly layers: readonly LayerRouting[];
}

/**
 * Measures a model's routers on held-out text; nothing is dropped.
 *
 * @param model a decoder with experts
 * @param domains token sequences by the name of their domain, one or more each
 * @throws Error where the model has no experts or a domain no tokens
 * @example
 * const report = await measureRouting(model, { code: [[1, 2, 3]], prose: [[4, 5, 6]] });
 * report.layers[0].information; // bits
 */
export async function measureRouting(
  model: { readonly config: DecoderConfig; readonly weights: WeightSource },
  domains: Readonly<Record<string, readonly (readonly number[])[]>>,
  { threads, signal }: { readonly threads?: number; readonly signal?: AbortSignal } = {},
): Promise<RoutingReport> {
  const names = Object.keys(domains);
  const empty = names.find((name) => !domains[name]!.some((ids) => ids.length > 0));
  if (names.length === 0 || empty !== undefined) {
    throw new Error(`routing: domain "${empty ?? ""}" has no tokens; give a sequence or more each`);
  }
  const { program, paths } = routingProgram(model.config);
  const { weights } = model;
  using session = await createSession(program, { weights, threads, signal });
  const totals = new Map<string, { counts: number[][]; entropy: number[]; tokens: number }>();
  for (const name of names) {
    const total = {
      counts: paths.map((): number[] => []),
      entropy: paths.map(() => 0),
      tokens: 0,
    };
    for (const ids of domains[name]!.filter(({ length }) => length > 0)) {
      const tokens = fromValues("i64", [1, ids.length], ids);
      const found = await session.run({ tokens }, { signal });
      paths.forEach((_, i) => {
        addTo(total.counts[i]!, found[`counts.${i}`]!);
        total.entropy[i]! += Number(found[`entropy.${i}`]!.data[0]);
      });
      total.tokens += ids.length;
    }
    totals.set(name, total);
  }
  const layers = paths.map((path, i): LayerRouting => {
    const all = [...totals.values()];
    const frequencies = all.map(({ counts, tokens }) => counts[i]!.map((c) => c / tokens));
    return {
      path,
      frequencies,
      entropy: all.map(({ entropy, tokens }) => entropy[i]! / tokens),
      load: summarizeLoad(meanRow(frequencies)),
      information: mutualInformation(frequencies),
    };
  });
  return { domains: names, layers };
}

function routingProgram(read: DecoderConfig) {
  const config: DecoderConfig = { ...read, kvCache: undefined };
  const tokens = input("tokens", "i64", [dim("batch"), dim("seq")]);
  const { root } = createParameters("f32", config.quantized);
  const found: Routing[] = [];
  const observed = root.withRoutes({ observe: (routing) => found.push(routing) });
  decoder(observed, config, { tokens });
  if (found.length === 0) throw new Error("routing: the model has no layer of experts");
  const outputs: Record<string, Tensor> = {};
  found.forEach((routing, i) => {
    const { probabilities } = routing;
    outputs[`counts.${i}`] = countsOf(routedLayer(routing));
    outputs[`entropy.${i}`] = neg(sum(mul(probabilities, log(maximum(probabilities, 1e-30)))));
  });
  const program = lower({ inputs: [tokens], outputs });
  return { program, paths: found.map(({ path }) => path) };
}

function addTo(sums: number[], array: NDArray): void {
  (toValues(array) as number[]).forEach((value, i) => {
    sums[i] = (sums[i] ?? 0) + value;
  });
}

const meanRow = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]!.map((_, e) => rows.reduce((n, row) => n + row[e]!, 0) / rows.length);

/**
 * How even a load is.
 *
 * @param load of each expert, in any unit
 * @example
 * summarizeLoad([1, 3]); // { maxViolation: 0.5, variation: 0.5, dead: 0 }
 */
export function summarizeLoad(load: readonly number[]): LoadSummary {
  const mean = load.reduce((a, b) => a + b, 0) / load.length;
  if (mean === 0) return { maxViolation: 0, variation: 0, dead: load.length };
  const variance = load.reduce((n, value) => n + (value - mean) ** 2, 0) / load.length;
  return {
    maxViolation: Math.max(...load) / mean - 1,
    variation: Math.sqrt(variance) / mean,
    dead: load.filter((value) => value === 0).length,
  };
}

/**
 * How much an expert tells of the domain, in bits: 0 where all domains choose alike, log2 of the
 * number of domains where no expert serves two.
 *
 * @param frequencies [domains][experts]; each row is made to add up to 1
 */
export function mutualInformation(frequencies: readonly (readonly number[])[]): number {
  const rows = frequencies.map((row) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((value) => value / total);
  });
  const marginal = meanRow(rows);
  const bits = rows.map((row) =>
    row.reduce((n, p, e) => n + (p > 0 ? p * Math.log2(p / marginal[e]!) : 0), 0),
  );
  return bits.reduce((a, b) => a + b, 0) / rows.length;
}
