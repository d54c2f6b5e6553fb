import { describe, expect, test } from "vitest";
import { ndarray, zeros } from "../../../src/graph/ndarray.ts";
import { lower } from "../../../src/graph/onnx/lowering.ts";
import { input } from "../../../src/graph/ops/leaf.ts";
import { dim } from "../../../src/graph/shape.ts";
import { speechInput, speechOutput } from "../../../src/models/adaptors/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { createParameters } from "../../../src/nn/scope.ts";
import { createSession } from "../../../src/runtime/index.ts";
import { TaskModel } from "../../../src/task/index.ts";
import { bodyOf } from "../../../src/task/model/config.ts";
import { groupArrays } from "../../../src/task/model/group-arrays.ts";
import { groupInput, sourceInputs } from "../../../src/task/model/network.ts";
import { startingValues } from "../../../src/task/model/starting-model.ts";
import { generateFrames } from "../../../src/task/run/generate-speech.ts";
import { tinyStart } from "../tiny.ts";

const POSITIONS = 5;

describe.each(["decoder", "ofa"] as const)("speech over %s", (kind) => {
  test("frame by frame is what the whole network gives for the frames before", async () => {
    const { config, vocabulary } = await tinyStart(kind);
    const values = startingValues({ config }, 3);
    const random = createRandom(3);
    for (const { data } of values.values()) {
      for (let i = 0; i < data.length; i++) data[i] = 0.2 * random.normal();
    }
    const weights = ({ name }: { readonly name: string }) => values.get(name)!;
    (values.get("adaptors.speech.stop.bias")!.data as Float32Array).fill(-100); // goes on
    using model = new TaskModel({ config, vocabulary, weights, threads: 1 });
    const group = { kind: "text", ids: [5, 9, 14] } as const;
    const frames = await generateFrames(model.engine, [group], { positions: POSITIONS });
    const speech = config.speech!;
    const width = speech.stack * speech.mels;
    expect(frames).toHaveLength(POSITIONS * width);

    const body = bodyOf(config);
    const { root } = createParameters();
    const source = sourceInputs(config, body, ["text"], false);
    const fed = input("fed", "f32", [dim("batch"), dim("positions"), width]);
    const p = root.in("adaptors", "speech");
    const target = {
      modality: "audio",
      embed: speechInput(p, fed, body.width),
      layout: { kind: "line" },
    } as const;
    const outputs = speechOutput(p, speech, body.forward(root, source.embed(root), target));
    const program = lower({ inputs: [...source.inputs, fed], outputs: { ...outputs } });
    using session = await createSession(program, { weights, threads: 1 });
    const before = zeros("f32", [1, POSITIONS, width]);
    (before.data as Float32Array).set(frames.subarray(0, -width), width);
    const { ids } = groupArrays(config, [group], false);
    const whole = await session.run({ [groupInput(0, "ids")]: ids, fed: before });
    const worst = Math.max(
      ...frames.map((value, i) => Math.abs(value - Number(whole.frames.data[i]))),
    );
    expect(worst).toBeLessThan(1e-4);
    expect(Math.max(...frames.map(Math.abs))).toBeGreaterThan(1e-3);
  });

  test("ends where the network says so, and is sound", async () => {
    const { config, vocabulary } = await tinyStart(kind);
    const values = startingValues({ config }, 3);
    const stop = values.get("adaptors.speech.stop.bias")!.data as Float32Array;
    const weights = ({ name }: { readonly name: string }) => values.get(name)!;
    stop.fill(100);
    using model = new TaskModel({ config, vocabulary, weights, threads: 1 });
    const { voice } = await model.infer("[PHONE:text] -> [AUDIO:voice]", { text: "w ˈʌ n" });
    // One position of four frames, 256 samples apart.
    expect(voice.samples).toHaveLength(3 * 256);
    expect(voice.sampleRate).toBe(16_000);
    expect(voice.samples.every(Number.isFinite)).toBe(true);
    await expect(
      model.infer("[PHONE:text] -> [AUDIO:voice]", { text: "x" }, { positions: 65 }),
    ).rejects.toThrow("task: positions is 65, expected a whole number from 1 to 64");
  });
});

test("speech needs a model that gives it", async () => {
  const { config, vocabulary } = await tinyStart("decoder");
  const { speech: _, ...mute } = config;
  const weights = () => ndarray("f32", [1], new Float32Array(1));
  using model = new TaskModel({ config: mute, vocabulary, weights, threads: 1 });
  await expect(model.infer("[TEXT:a] -> [AUDIO:b]", { a: "x" })).rejects.toThrow(
    "this model does not take or give AUDIO",
  );
});
