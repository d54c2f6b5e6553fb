/** A target in the engine: its steps, rows and searches against a forward pass a step. */

import { afterAll, describe, expect, it } from "vitest";
import {
  beamSearch,
  greedySearch,
  type SearchStart,
  type TargetSession,
} from "../../src/generate/search/index.ts";
import { input, lower } from "../../src/graph/index.ts";
import { fromValues, type NDArray } from "../../src/graph/ndarray.ts";
import { dim } from "../../src/graph/shape.ts";
import { createRandom, initialise } from "../../src/nn/index.ts";
import { createParameters } from "../../src/nn/scope.ts";
import { createSession, type Session } from "../../src/runtime/index.ts";
import { bodyOf, type TaskModelConfig } from "../../src/task/index.ts";
import { groupArrays } from "../../src/task/model/group-arrays.ts";
import { groupInput, sourceInputs } from "../../src/task/model/network.ts";
import type { PreparedGroup } from "../../src/task/prepare/sample.ts";
import { TargetRun } from "../../src/task/run/target-run.ts";
import { TaskEngine } from "../../src/task/run/task-engine.ts";
import { noise } from "../models/ofa/support.ts";
import { codes, decoderModel, ofaModel } from "./support.ts";

const kinds = ["text", "image", "text"] as const;
const groups: readonly PreparedGroup[] = [
  { kind: "text", ids: [70, 71, 72] },
  { kind: "image", pixels: noise([3, 16, 16], 5).data as Float32Array },
  { kind: "text", ids: [80, 81, 82, 83, 84] },
];

/** A model, and its scores computed anew over the whole target. */
async function open(config: TaskModelConfig) {
  const body = bodyOf(config);
  const { root, specs } = createParameters();
  const { inputs, embed } = sourceInputs(config, body, kinds, false);
  const ids = input("ids", "i64", [dim("batch"), dim("length")]);
  const program = (isCodes: boolean) => {
    const layout = isCodes
      ? { kind: "grid", rows: codes.size / codes.patch, columns: codes.size / codes.patch }
      : { kind: "line" };
    const target = {
      modality: "text",
      embed: body.embedTokens(root, ids, "target"),
      layout,
    } as Parameters<typeof body.forward>[2];
    const scores = body.head(root, body.forward(root, embed(root), target));
    return lower({ inputs: [...inputs, ids], outputs: { scores } });
  };
  const programs = { text: program(false), codes: program(true) };
  const values = initialise(
    Array.from(specs.values(), (spec) => ({
      ...spec,
      init: spec.name.endsWith("running_var")
        ? spec.init
        : ({ kind: "normal", deviation: 0.35 } as const),
    })),
    3,
  );
  const weights = ({ name }: { readonly name: string }): NDArray => values.get(name)!;
  const engine = new TaskEngine({ config, weights, threads: 1 });
  const sessions = {
    text: await createSession(programs.text, { weights, threads: 1 }),
    codes: await createSession(programs.codes, { weights, threads: 1 }),
  };
  const source: Record<string, NDArray> = {};
  groups.forEach((group, i) => {
    for (const [what, array] of Object.entries(groupArrays(config, [group], false))) {
      source[groupInput(i, what)] = array;
    }
  });
  const forward = async (tokens: readonly number[], kind: "text" | "codes" = "text") => {
    const given = fromValues("i64", [1, tokens.length], tokens);
    const { scores } = await sessions[kind].run({ ...source, ids: given });
    return (scores.data as Float32Array).slice(-body.vocabSize);
  };
  return {
    engine,
    vocabSize: body.vocabSize,
    forward,
    /** A run on the engine. */
    async start(prefix: readonly number[], capacity: number, kind: "text" | "codes" = "text") {
      const opened = await engine.read(groups, kind, capacity);
      const options = { ...opened, ports: engine.ports, vocabSize: body.vocabSize };
      return TargetRun.open(options, prefix);
    },
    /** The same by forward passes over whole targets. */
    async naive(prefix: readonly number[]): Promise<SearchStart> {
      let texts = [[...prefix]];
      const session: TargetSession = {
        vocabSize: body.vocabSize,
        get rows() {
          return texts.length;
        },
        async step(tokens) {
          texts = texts.map((text, row) => [...text, tokens[row]!]);
          const rows = await Promise.all(texts.map((text) => forward(text)));
          return Float32Array.from(rows.flatMap((row) => [...row]));
        },
        async reorder(from) {
          texts = from.map((row) => [...texts[row]!]);
        },
      };
      return { session, scores: await forward(prefix) };
    },
    close(): void {
      engine[Symbol.dispose]();
      for (const session of Object.values<Session>(sessions)) session.dispose();
    },
  };
}

const models = {
  decoder: await open(decoderModel),
  "encoder-decoder": await open(ofaModel),
};
afterAll(() => {
  for (const model of Object.values(models)) model.close();
});

function expectClose(own: Float32Array, expected: Float32Array): void {
  expect(own.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < own.length; i++) worst = Math.max(worst, Math.abs(own[i]! - expected[i]!));
  expect(worst).toBeLessThan(1e-4);
}

describe.each(Object.entries(models))("%s", (_, model) => {
  const { vocabSize } = model;

  it("steps give the forward pass's scores", async () => {
    for (const kind of ["text", "codes"] as const) {
      const { run, start } = await model.start([5, 90, 91], 8, kind);
      using _ = run;
      expectClose(start.scores, await model.forward([5, 90, 91], kind));
      expectClose(await run.step([92]), await model.forward([5, 90, 91, 92], kind));
      expectClose(await run.step([93]), await model.forward([5, 90, 91, 92, 93], kind));
    }
  });

  it("rows go on from the rows they are told, however many", async () => {
    const { run } = await model.start([5, 90], 64);
    using _ = run;
    const random = createRandom(4, "rows");
    let texts = [[5, 90]];
    // Grows, stays, shrinks, and comes back to a number of rows that it had before.
    for (const count of [3, 3, 5, 5, 2, 5, 1, 4, 4]) {
      const from = Array.from({ length: count }, () => random.below(texts.length));
      await run.reorder(from);
      expect(run.rows).toBe(count);
      const tokens = Array.from({ length: count }, () => random.below(vocabSize));
      texts = from.map((row, i) => [...texts[row]!, tokens[i]!]);
      const scores = await run.step(tokens);
      const rows = await Promise.all(texts.map((text) => model.forward(text)));
      expectClose(scores, Float32Array.from(rows.flatMap((row) => [...row])));
    }
  });

  it("greedy answers take the forward pass's likeliest token each time", async () => {
    const { run, start } = await model.start([5, 90], 32);
    using _ = run;
    const own = await greedySearch(start, { eos: 2, maxLength: 12, minLength: 8 });
    const tokens = [5, 90];
    for (const token of own.subarray(0, 8)) {
      const scores = await model.forward(tokens);
      scores[2] = -Infinity;
      expect(token).toBe(scores.indexOf(Math.max(...scores)));
      tokens.push(token);
    }
  });

  it("beams are those over forward passes", async () => {
    const options = { eos: 2, maxLength: 8, minLength: 5, beam: 4, noRepeatNgram: 2 };
    const { run, start } = await model.start([5, 90], 32);
    using _ = run;
    const own = await beamSearch(start, options);
    const expected = await beamSearch(await model.naive([5, 90]), options);
    expect(own.map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => [...tokens]));
    own.forEach(({ score }, i) => {
      expect(score).toBeCloseTo(expected[i]!.score, 4);
    });
  });

  it("refuses to write behind its room", async () => {
    const { run } = await model.start([5], 32);
    using _ = run;
    for (let i = 1; i < 32; i++) await run.step([90]);
    await expect(run.step([90])).rejects.toThrow("task: the target has room for 32 positions");
  });
});
