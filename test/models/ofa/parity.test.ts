/**
 * Encoder states, logits and greedy tokens equal those of OFA's public Hugging Face port over the
 * option matrix of `reference/ofa.py`, whole sequence and step by step.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Checkpoint, openCheckpoint } from "../../../src/checkpoint/index.ts";
import { input, lower, notEqual, type Port, slice, type Tensor } from "../../../src/graph/index.ts";
import { fromValues, type NDArray, ndarray } from "../../../src/graph/ndarray.ts";
import { textBucket } from "../../../src/models/ofa/buckets.ts";
import { encode } from "../../../src/models/ofa/encoder.ts";
import { codeLayout, ofaBody, ofaImage, readOfaConfig } from "../../../src/models/ofa/index.ts";
import type { Embedded } from "../../../src/models/sequence-body.ts";
import { createParameters, type Scope } from "../../../src/nn/index.ts";
import { createSession } from "../../../src/runtime/index.ts";
import { hashed, hashedWeight } from "./hashed-weights.ts";
import { LINE, maxDifference } from "./support.ts";

const root = join(import.meta.dirname, "../../fixtures/ofa");
const cases = readdirSync(root)
  .filter((file) => file.endsWith(".safetensors") && file !== "buckets.safetensors")
  .map((file) => file.replace(".safetensors", ""));
const PAD = 1;
const TOLERANCE = 1e-4;

async function load(name: string) {
  const expected = await openCheckpoint(join(root, `${name}.safetensors`));
  const { keys, codes } = JSON.parse(expected.metadata.get("fixture")!);
  const config = readOfaConfig(name, keys);
  const body = ofaBody(config);
  const layout = codes ? codeLayout(config) : LINE;
  const target = (p: Scope, ids: Tensor): Embedded => ({
    modality: "text",
    embed: body.embedTokens(p, ids, "target"),
    layout,
  });
  return { expected, config, body, target, source: readSource(expected, name) };

  function readSource(from: Checkpoint, file: string) {
    const ids = from.read("input_ids");
    const [batch, length] = ids.shape as readonly number[];
    const isPadded = (ids.data as BigInt64Array).includes(BigInt(PAD));
    const size = from.has("image_size") ? from.read("image_size").data : undefined;
    const [height, width] = Array.from((size as BigInt64Array | undefined) ?? [0n, 0n], Number);
    const shape = [batch, 3, height, width];
    return { file, ids, batch, length, isPadded, shape, hasImage: size !== undefined };
  }
}

type Loaded = Awaited<ReturnType<typeof load>>;

/** The source's segments for the first `batch` samples, and what they are made of. */
function sourceOf({ source, body, config }: Loaded, batch: number) {
  const ids = input("ids", "i64", [batch, source.length]);
  const pixels = input("pixels", "f32", [batch, ...source.shape.slice(1)]);
  const segments = (p: Scope): Embedded[] => {
    const embed = body.embedTokens(p, ids, "source");
    const valid = source.isPadded ? { valid: notEqual(ids, PAD) } : {};
    const text: Embedded = { modality: "text", embed, layout: LINE, ...valid };
    return source.hasImage ? [ofaImage(p, config, pixels), text] : [text];
  };
  const size = batch * source.length;
  const values: Record<string, NDArray> = {
    ids: ndarray("i64", [batch, source.length], (source.ids.data as BigInt64Array).slice(0, size)),
  };
  if (source.hasImage) {
    const [all, ...rest] = source.shape;
    const count = rest.reduce((a, b) => a * b, 1);
    const of = Float32Array.from(hashed("pixels", all * count)).slice(0, batch * count);
    values.pixels = ndarray("f32", [batch, ...rest], of);
  }
  const tokens = (source.length + (source.shape[2] / 16) * (source.shape[3] / 16)) as number;
  return { segments, values, inputs: source.hasImage ? [ids, pixels] : [ids], length: tokens };
}

function compile(build: (p: Scope) => Readonly<Record<string, Tensor>>, inputs: readonly Tensor[]) {
  const { root } = createParameters();
  const outputs = build(root);
  const weights = ({ name, shape }: Port) => hashedWeight(name, shape as readonly number[]);
  return createSession(lower({ inputs, outputs }), { weights });
}

describe.each(cases)("%s", (name) => {
  it("gives the reference's encoder states and logits", async () => {
    const loaded = await load(name);
    const { expected, body, config, target, source } = loaded;
    const given = sourceOf(loaded, source.batch);
    const decoderIds = expected.read("decoder_input_ids");
    const ids = input("decoder_ids", "i64", decoderIds.shape);
    using session = await compile(
      (p) => ({
        states: encode(p, config, given.segments(p)).states,
        logits: body.head(p, body.forward(p, given.segments(p), target(p, ids))),
      }),
      [...given.inputs, ids],
    );
    const { states, logits } = await session.run({ ...given.values, decoder_ids: decoderIds });
    for (const [key, found] of Object.entries({ states, logits })) {
      const reference = expected.read(key).data as Float32Array;
      expect(maxDifference(found.data as Float32Array, reference), key).toBeLessThan(TOLERANCE);
    }
  });

  it("gives the reference's greedy tokens, step by step", async () => {
    const loaded = await load(name);
    const { expected, body, target, source } = loaded;
    const greedy = Array.from(expected.read("greedy").data as BigInt64Array, Number);
    const capacity = greedy.length + 2;
    const given = sourceOf(loaded, 1);
    using begin = await compile((p) => body.begin(p, given.segments(p), capacity), given.inputs);
    const state = await begin.run(given.values);
    const ports = body.statePorts(given.length, capacity);
    expect(Object.keys(state).sort()).toEqual(ports.map((port) => port.name).sort());
    const id = input("id", "i64", [1, 1]);
    const past = input("past", "i32", [1]);
    const held = Object.fromEntries(
      ports.map(({ name, dtype, shape }) => [name, input(name, dtype, [1, ...shape])]),
    );
    using step = await compile(
      (p) => {
        const { hidden, state } = body.step(p, target(p, id), held, past);
        const after = Object.entries(state).map(([key, value]) => [`present_${key}`, value]);
        return { logits: slice(body.head(p, hidden), 1, 0, 1), ...Object.fromEntries(after) };
      },
      [id, past, ...Object.values(held)],
    );
    // Bound in place: what a step writes is what the next one reads.
    const present = Object.fromEntries(
      ports
        .filter((port) => port.isWritten)
        .map((port) => [`present_${port.name}`, state[port.name]]),
    );
    const text = [Number((expected.read("decoder_input_ids").data as BigInt64Array)[0])];
    const seen = new Set(text);
    const row = new Float32Array(body.vocabSize);
    const logits = ndarray("f32", [1, 1, body.vocabSize], row);
    for (let i = 0; i < greedy.length; i++) {
      const inputs = {
        id: fromValues("i64", [1, 1], [text[i]]),
        past: fromValues("i32", [1], [i]),
        ...state,
      };
      await step.run(inputs, { outputs: { logits, ...present } });
      let best = -1;
      for (let v = 0; v < row.length; v++) {
        if (!seen.has(v) && (best < 0 || row[v] > row[best])) best = v;
      }
      text.push(best);
      seen.add(best);
    }
    expect(text.slice(1)).toEqual(greedy);
    expect(source.file).toBe(name);
  });
});

it("gives the reference's buckets of distances", async () => {
  using buckets = await openCheckpoint(join(root, "buckets.safetensors"));
  for (const size of [8, 32, 256]) {
    const table = buckets.read(`text.${size}`).data as BigInt64Array;
    const found = [-1, 1].flatMap((sign) =>
      Array.from({ length: 1024 }, (_, i) => textBucket(sign * i, size)),
    );
    expect(found).toEqual(Array.from(table, Number));
  }
});
