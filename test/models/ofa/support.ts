/** What the tests of OFA share: small models, and running a body whole or step by step. */

import { input, lower, type Tensor } from "../../../src/graph/index.ts";
import { type NDArray, ndarray, zeros } from "../../../src/graph/ndarray.ts";
import { type OfaConfig, readOfaConfig } from "../../../src/models/ofa/index.ts";
import type { BodyState, Embedded, SequenceBody } from "../../../src/models/sequence-body.ts";
import { createParameters, initialise, type Scope } from "../../../src/nn/index.ts";
import { createSession } from "../../../src/runtime/index.ts";

export const smallConfig = (keys: Readonly<Record<string, unknown>> = {}): OfaConfig =>
  readOfaConfig("config.json", {
    model_type: "ofa",
    vocab_size: 40,
    d_model: 32,
    encoder_layers: 2,
    decoder_layers: 2,
    encoder_attention_heads: 4,
    decoder_attention_heads: 4,
    encoder_ffn_dim: 64,
    decoder_ffn_dim: 64,
    max_position_embeddings: 64,
    token_bucket_size: 8,
    image_bucket_size: 6,
    code_image_size: 24,
    stem: { kind: "patch", size: 4 },
    ...keys,
  });

export const LINE = { kind: "line" } as const;

export type Arrays = Readonly<Record<string, NDArray>>;

/** Runs a traced function once over values of parameters (default: fresh, with nothing at zero). */
export async function runOnce(
  build: (p: Scope) => Readonly<Record<string, Tensor>>,
  inputs: readonly Tensor[],
  values: Arrays,
  weights?: ReadonlyMap<string, NDArray>,
): Promise<Record<string, NDArray>> {
  const { root, specs } = createParameters();
  const outputs = build(root);
  const all = weights ?? freshWeights(specs.values());
  using session = await createSession(lower({ inputs, outputs }), {
    weights: ({ name }) => all.get(name)!,
  });
  return session.run(values);
}

type Specs = Parameters<typeof initialise>[0];

/** Seeded values of a wide enough spread that every parameter matters. */
export function freshWeights(specs: Specs): Map<string, NDArray> {
  const all = Array.from(specs, (spec) => {
    const isPositive = spec.name.endsWith("running_var");
    const init = isPositive ? spec.init : ({ kind: "normal", deviation: 0.2 } as const);
    return { ...spec, init };
  });
  return initialise(all, 7);
}

/** A body's forward pass and steps of the given sizes over the same target, as hidden states. */
export async function wholeAndStepwise(
  body: SequenceBody,
  batch: number,
  target: {
    readonly embed: NDArray;
    readonly modality?: string;
    readonly layout?: Embedded["layout"];
  },
  source: {
    readonly segments: (p: Scope) => readonly Embedded[];
    readonly inputs: readonly Tensor[];
    readonly values: Arrays;
    readonly length: number;
  },
  sizes: readonly number[],
  { full = false, capacity = (target.embed.shape[1] as number) + 3 } = {},
): Promise<{ whole: Float32Array; steps: Float32Array[] }> {
  const { modality = "text", layout = LINE } = target;
  const length = target.embed.shape[1] as number;
  const embedded = (embed: Tensor): Embedded => ({ modality, layout, embed });
  const all = input("target", "f32", [batch, length, body.width]);
  const { hidden } = await runOnce(
    (p) => ({ hidden: body.forward(p, source.segments(p), embedded(all), { full }) }),
    [...source.inputs, all],
    { ...source.values, target: target.embed },
  );
  const ports = body.statePorts(source.length, capacity);
  const begun = await runOnce(
    (p) => body.begin(p, source.segments(p), capacity),
    source.inputs,
    source.values,
  );
  const steps: Float32Array[] = [];
  let state: Record<string, NDArray> = begun;
  let past = 0;
  for (const size of sizes) {
    const next = input("target", "f32", [batch, size, body.width]);
    const before = input("past", "i32", [batch]);
    const held = Object.fromEntries(
      ports.map(({ name, dtype, shape }) => [name, input(name, dtype, [batch, ...shape])]),
    ) as Record<string, Tensor>;
    const results = await runOnce(
      (p) => {
        const { hidden, state } = body.step(p, embedded(next), held as BodyState, before, { full });
        const after = Object.entries(state).map(([name, t]) => [`present_${name}`, t] as const);
        return { hidden, ...Object.fromEntries(after) };
      },
      [next, before, ...Object.values(held)],
      {
        ...state,
        target: part(target.embed, past, size),
        past: ndarray("i32", [batch], new Int32Array(batch).fill(past)),
      },
    );
    steps.push(results.hidden.data as Float32Array);
    const written = ports.filter(({ isWritten }) => isWritten);
    state = {
      ...state,
      ...Object.fromEntries(written.map(({ name }) => [name, results[`present_${name}`]])),
    };
    past += size;
  }
  return { whole: hidden.data as Float32Array, steps };
}

/** Positions [start, start + size) of x [batch, length, width]. */
export function part(x: NDArray, start: number, size: number): NDArray {
  const [batch, length, width] = x.shape as readonly number[];
  const y = zeros("f32", [batch, size, width]);
  const from = x.data as Float32Array;
  for (let b = 0; b < batch; b++) {
    const row = (b * length + start) * width;
    (y.data as Float32Array).set(from.subarray(row, row + size * width), b * size * width);
  }
  return y;
}

/** Seeded numbers. */
export function noise(shape: readonly number[], seed: number): NDArray {
  const spec = { name: `noise ${seed}`, shape, init: { kind: "normal", deviation: 1 } } as const;
  return initialise([spec], seed).get(spec.name)!;
}

export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`);
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst;
}
