/**
 * Scale moved between what a linear map multiplies and its weight, channel by channel, so that an
 * outlier among the channels does not spoil the precision of the others when each token is rounded
 * to 8 bits: x W = (x / s) (s W). 1 / s is folded into what makes x: the norm before q, k, v and
 * before gate, up; the rows of v before o, and of up before down. After SmoothQuant (Xiao et al.,
 * 2022), with an exponent for each place.
 */

import { ndarray } from "../graph/ndarray.ts";
import type { WeightFormats } from "../nn/scope.ts";
import type { DecoderConfig } from "./decoder.ts";
import type { ActivationStatistics, ChannelStatistics } from "./quantized-calibration.ts";
import type { FloatSource } from "./quantized-tensors.ts";

/** Factors by tensor name. */
export interface Migration {
  /** Of a weight's columns, [inputs]. */
  readonly columns: ReadonlyMap<string, Float32Array>;
  /** Of a weight's rows and its bias, or of a norm's weight: [outputs]. */
  readonly rows: ReadonlyMap<string, Float32Array>;
}

/** A place where scale can move. */
interface Joint {
  /** Weights [outputs, channels] that multiply x. */
  readonly consumers: readonly string[];
  /** What makes x: a norm's weight, or the weight whose rows (and bias) become x. */
  readonly producer: string;
  /** Channels of x that row r of the producer makes: the heads that share a value head. */
  readonly channelsOf?: (row: number) => readonly number[];
  readonly rows: number;
}

/** Exponents tried: 0 leaves everything where it is. */
const EXPONENTS = [0, 0.3, 0.5, 0.7];
/** The mildest exponent is taken whose error is at most this many times the least. */
const TOLERANCE = 1.5;
/** A token's largest number in a channel, in terms of the channel's root mean square. */
const PEAK = 3;
/** Channels below this share of the largest count as this: the text may not have used them. */
const FLOOR = 1e-3;

/**
 * Chooses what to move.
 *
 * @param formats of the weights to be quantised: only their places are touched
 */
export function planMigration(
  source: FloatSource,
  formats: WeightFormats,
  config: DecoderConfig,
  statistics: ActivationStatistics,
): Migration {
  const columns = new Map<string, Float32Array>();
  const rows = new Map<string, Float32Array>();
  for (const joint of jointsOf(source, config, formats)) {
    const factors = chooseFactors(source, joint, statistics);
    if (!factors) continue;
    const { perRow, perChannel } = factors;
    rows.set(
      joint.producer,
      perRow.map((s) => 1 / s),
    );
    for (const name of joint.consumers) columns.set(name, perChannel);
  }
  return { columns, rows };
}

function jointsOf(source: FloatSource, c: DecoderConfig, formats: WeightFormats): Joint[] {
  const names = new Set(source.names);
  const isNorm = (name: string): boolean => names.has(name) && source.shape(name).length === 1;
  const joints: Joint[] = [];
  for (let i = 0; i < c.layers; i++) {
    const at = (name: string): string => `model.layers.${i}.${name}.weight`;
    const [q, k, v] = ["q", "k", "v"].map((part) => at(`self_attn.${part}_proj`));
    const [o, gate, up] = [at("self_attn.o_proj"), at("mlp.gate_proj"), at("mlp.up_proj")];
    const rows = c.hiddenSize;
    if (!c.deltaNet?.layers[i]) {
      joints.push({ producer: at("input_layernorm"), consumers: [q!, k!, v!], rows });
      const [d, group] = [c.headDim, c.heads / c.kvHeads];
      const channelsOf = (row: number): number[] =>
        Array.from({ length: group }, (_, g) => (Math.floor(row / d) * group + g) * d + (row % d));
      joints.push({ producer: v!, consumers: [o], channelsOf, rows: c.kvHeads * d });
    }
    if (!c.moe?.layers[i]) {
      joints.push({ producer: at("post_attention_layernorm"), consumers: [gate, up], rows });
      joints.push({ producer: up, consumers: [at("mlp.down_proj")], rows: c.intermediateSize });
    }
  }
  // All that multiplies x must be scaled alike; blocks of a weight have scales of their own, and
  // activations beside them too; and what is kept as it is stays so.
  const isPerToken = (name: string): boolean => formats.get(name)?.kind === "per-token";
  return joints.filter(
    ({ producer, consumers }) =>
      consumers.every(isPerToken) && (isNorm(producer) || isPerToken(producer)),
  );
}

interface Factors {
  readonly exponent: number;
  /** What the producer's rows are divided by. */
  readonly perRow: Float32Array;
  /** What the consumers' columns are multiplied by. */
  readonly perChannel: Float32Array;
}

/** The factors of least expected error; undefined where moving nothing is best. */
function chooseFactors(
  source: FloatSource,
  joint: Joint,
  statistics: ActivationStatistics,
): Factors | undefined {
  const found = statistics.get(joint.consumers[0]!);
  if (!found) return undefined;
  const channels = found.square.length;
  const channelsOf = joint.channelsOf ?? ((row: number) => [row]);
  const x = Float32Array.from({ length: joint.rows }, (_, r) =>
    Math.sqrt(Math.max(...channelsOf(r).map((k) => found.square[k]!))),
  );
  const least = FLOOR * x.reduce((a, b) => Math.max(a, b), 0);
  if (!(least > 0 && Number.isFinite(least))) return undefined;
  const energy = joint.consumers.map((name) => columnEnergy(source, name));
  const tried = EXPONENTS.map((exponent) => {
    const perRow = x.map((size) => Math.max(size, least) ** exponent);
    const middle = Math.exp(perRow.reduce((sum, s) => sum + Math.log(s), 0) / joint.rows);
    const perChannel = new Float32Array(channels);
    perRow.forEach((s, r) => {
      perRow[r] = s / middle;
      for (const k of channelsOf(r)) perChannel[k] = perRow[r]!;
    });
    const errors = joint.consumers.map((name, i) =>
      expectedError(source, name, perChannel, found, energy[i]!),
    );
    return { error: errors.reduce((a, b) => a + b), exponent, perRow, perChannel };
  });
  const best = Math.min(...tried.map(({ error }) => error));
  const chosen = tried.find(({ error }) => error <= TOLERANCE * best);
  return chosen && chosen.exponent > 0 ? chosen : undefined;
}

/** Rows of a weight, some at a time. */
function eachRows(
  source: FloatSource,
  name: string,
  f: (rows: Float32Array, inputs: number) => void,
): void {
  const [outputs, inputs] = source.shape(name) as readonly [number, number];
  const count = Math.max(1, Math.floor((1 << 20) / inputs));
  for (let first = 0; first < outputs; first += count) {
    f(source.rows(name, first, Math.min(count, outputs - first)), inputs);
  }
}

/** Sum of w² of each column. */
function columnEnergy(source: FloatSource, name: string): Float64Array {
  const energy = new Float64Array(source.shape(name)[1]!);
  eachRows(source, name, (rows, inputs) => {
    for (let at = 0; at < rows.length; at += inputs) {
      for (let k = 0; k < inputs; k++) energy[k]! += rows[at + k]! ** 2;
    }
  });
  return energy;
}

/**
 * The mean square of a product's error, up to a factor: numbers rounded to steps of size d are off
 * by d² / 12. A step of x is the largest number of a token / 127, and counts with the weights; one
 * of a weight the largest number of its row / 127, and counts with x.
 */
function expectedError(
  source: FloatSource,
  name: string,
  scale: Float32Array,
  { square }: ChannelStatistics,
  energy: Float64Array,
): number {
  let [mass, peak, weight] = [0, 0, 0];
  scale.forEach((s, k) => {
    mass += square[k]! / s ** 2;
    peak = Math.max(peak, (PEAK ** 2 * square[k]!) / s ** 2);
    weight += energy[k]! * s ** 2;
  });
  let error = peak * weight;
  eachRows(source, name, (rows, inputs) => {
    for (let at = 0; at < rows.length; at += inputs) {
      let extreme = 0;
      for (let k = 0; k < inputs; k++) {
        const w = Math.abs(rows[at + k]! * scale[k]!);
        if (w > extreme) extreme = w;
      }
      error += extreme ** 2 * mass;
    }
  });
  return error;
}

/**
 * The numbers of a model with its scales moved: equal to the model it was made of but for
 * rounding.
 *
 * @param offsetNorms norms multiply by 1 + weight
 */
export function migrated(
  source: FloatSource,
  { columns, rows }: Migration,
  statistics: ActivationStatistics,
  offsetNorms = false,
): FloatSource {
  const biasOf = (name: string): string => name.replace(/\.bias$/, ".weight");
  return {
    ...source,
    rows(name, first, count) {
      const [right, left] = [columns.get(name), rows.get(name)];
      const values = source.rows(name, first, count);
      if (!right && !left) return values;
      const result = Float32Array.from(values); // the source's may be the file's own memory
      const inputs = result.length / count;
      for (let r = 0; r < count; r++) {
        const factor = left?.[first + r] ?? 1;
        for (let k = 0; k < inputs; k++) result[r * inputs + k]! *= factor * (right?.[k] ?? 1);
      }
      return result;
    },
    importance(name) {
      const moved = columns.get(name);
      const found = statistics.get(name)?.square.map((mean, k) => mean / (moved?.[k] ?? 1) ** 2);
      if (!found) return undefined;
      // What the text did not use counts a little all the same.
      const least = (FLOOR * found.reduce((sum, mean) => sum + mean, 0)) / found.length;
      return least > 0 && Number.isFinite(least) ? found.map((mean) => mean + least) : undefined;
    },
    whole(name) {
      const factors = rows.get(biasOf(name));
      const shape = source.shape(name);
      if (!factors || shape.length !== 1) return source.whole(name);
      const offset = offsetNorms && name.endsWith(".weight") ? 1 : 0;
      const load = () => {
        const values = source.vector(name);
        return ndarray(
          "f32",
          shape,
          values.map((v, i) => (v + offset) * factors[i]! - offset),
        );
      };
      return { name, dtype: "f32", shape, load };
    },
  };
}
