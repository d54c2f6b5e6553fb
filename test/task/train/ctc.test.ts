/** The CTC term of tasks that write down what is said. */

import { describe, expect, test } from "vitest";
import { fromValues } from "../../../src/graph/ndarray.ts";
import { lower } from "../../../src/graph/onnx/lowering.ts";
import { slice } from "../../../src/graph/ops/join.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { dim, dimAdd } from "../../../src/graph/shape.ts";
import { createRandom } from "../../../src/nn/index.ts";
import { createParameters } from "../../../src/nn/scope.ts";
import { createSession } from "../../../src/runtime/index.ts";
import {
  layoutOf,
  type PreparedSample,
  preset,
  type TaskModelConfig,
  task,
  taskLoss,
} from "../../../src/task/index.ts";
import { bodyOf } from "../../../src/task/model/config.ts";
import { groupArrays } from "../../../src/task/model/group-arrays.ts";
import { groupInput, sourceInputs } from "../../../src/task/model/network.ts";
import { batchOf, weighed } from "../../../src/task/train/batch.ts";
import {
  createTaskTrainer,
  decoderModel,
  ofaModel,
  prepare,
  spans,
  tone,
  vocabulary,
  weightsOf,
} from "../support.ts";

const START = vocabulary.marks.targetStart;
const INSTRUCTION = "hear [AUDIO:s] now -> [TEXT:a]";

/** -log of the summed probability of all paths that become `labels`, one by one. */
function pathsLoss(logits: Float32Array, classes: number, labels: readonly number[]): number {
  const symbols = [START, ...new Set(labels)];
  const time = logits.length / classes;
  const rows = Array.from({ length: time }, (_, t) => {
    const row = logits.subarray(t * classes, (t + 1) * classes);
    const normaliser = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
    return symbols.map((symbol) => row[symbol]! - normaliser);
  });
  let total = 0;
  for (let path = 0; path < symbols.length ** time; path++) {
    let [log, rest] = [0, path];
    const heard: number[] = [];
    let before = START;
    for (const row of rows) {
      const at = rest % symbols.length;
      rest = (rest - at) / symbols.length;
      log += row[at]!;
      if (symbols[at] !== before && symbols[at] !== START) heard.push(symbols[at]!);
      before = symbols[at]!;
    }
    if (`${heard}` === `${labels}`) total += Math.exp(log);
  }
  return -Math.log(total);
}

describe.each(Object.entries({ decoder: decoderModel, ofa: ofaModel }))("%s", (kind, config) => {
  const marks = kind === "ofa" ? { vocabulary: spans } : {};
  const sample = (seconds: number, a: string): Promise<PreparedSample> =>
    prepare(INSTRUCTION, { s: tone(seconds * 16_000), a }, { config, ...marks });
  const plain = { source: ["text", "audio", "text"], target: "tokens" } as const;
  const ctc = { weight: 0.5, blank: START };

  test("adds its weight times the loss over all ways to place the labels", async () => {
    const two = [await sample(0.25, "ab"), await sample(0.1, "b")];
    expect(layoutOf(two[0]!)).toEqual(plain);
    const losses = { plain: taskLoss(config, plain), heard: taskLoss(config, { ...plain, ctc }) };
    const weights = weightsOf(losses);
    using trainer = await createTaskTrainer(losses, weights);
    const total = async (loss: "plain" | "heard"): Promise<number> => {
      const batch = batchOf(config, START, two, createRandom(1), loss === "heard");
      const own = weighed(batch, "task", 1, "tokens", loss === "heard" ? { ctc } : {});
      return (await trainer.evaluate([{ ...own, loss }])) * own.supervised;
    };
    const more = (await total("heard")) - (await total("plain"));
    let expected = 0;
    for (const each of two) {
      if (each.target.kind !== "tokens") throw new Error("expected tokens");
      const labels = each.target.ids.slice(each.target.prefix, -1);
      const logits = await soundLogits(config, each, (name) => weights.get(name)!);
      expected += pathsLoss(logits, bodyOf(config).vocabSize, labels);
    }
    expect(expected).toBeGreaterThan(1);
    expect(more / expected).toBeCloseTo(0.5, 4);
  });
});

/** Of the sound's positions of one sample: [positions, vocabulary]. */
async function soundLogits(
  c: TaskModelConfig,
  { groups }: PreparedSample,
  weights: (name: string) => ReturnType<ReturnType<typeof weightsOf>["get"]> & object,
): Promise<Float32Array> {
  const body = bodyOf(c);
  const { root } = createParameters();
  const kinds = groups.map(({ kind }) => kind);
  const { inputs, embed } = sourceInputs(c, body, kinds, false);
  const ids = input("target.ids", "i64", [dim("batch"), 1]);
  const segments = embed(root);
  const { source } = body.forwardBoth(root, segments, {
    modality: "text",
    embed: body.embedTokens(root, ids, "target"),
    layout: { kind: "line" },
  });
  const [text, sound] = segments.map((segment) => segment.embed.shape[1]!);
  const logits = body.head(root, slice(source, 1, text!, dimAdd(text!, sound!)));
  const program = lower({ inputs: [...inputs, ids], outputs: { logits } });
  using session = await createSession(program, {
    weights: ({ name }) => weights(name),
    threads: 1,
  });
  const given = groups.flatMap((group, i) =>
    Object.entries(groupArrays(c, [group], false)).map(([what, array]) => [
      groupInput(i, what),
      array,
    ]),
  );
  const result = await session.run({
    ...Object.fromEntries(given),
    "target.ids": fromValues("i64", [1, 1], [START]),
  });
  return result.logits!.data as Float32Array;
}

test("is refused where no sound tells a text", () => {
  const message = "its ctc needs a source with AUDIO, and a target of text without closed set";
  expect(() => task("[TEXT:a] -> [TEXT:b]", { ctc: 0.3 })).toThrow(message);
  expect(() => task("[AUDIO:a] -> [TEXT:b,closed_set]", { ctc: 0.3, closedSet: ["x"] })).toThrow(
    message,
  );
  expect(() => task("[AUDIO:a] -> [TEXT:b]", { ctc: -1 })).toThrow("expected a weight from 0 on");
  expect(preset("asr").ctc).toBe(0.3);
  expect(preset("caption").ctc).toBe(0);
});
