/** OFA's checkpoints as both projects store them (written by `reference/ofa.py`). */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { input, lower } from "../../../src/graph/index.ts";
import { fromValues } from "../../../src/graph/ndarray.ts";
import { loadOfa, ofaBody } from "../../../src/models/ofa/index.ts";
import { createParameters } from "../../../src/nn/index.ts";
import { createSession } from "../../../src/runtime/index.ts";
import { hashedWeight } from "./hashed-weights.ts";
import { LINE, maxDifference } from "./support.ts";

const root = join(import.meta.dirname, "../../fixtures/ofa");

async function specsAndLogits(source: string) {
  using model = await loadOfa(source);
  const body = ofaBody(model.config);
  const ids = input("ids", "i64", [1, 3]);
  const { root, specs } = createParameters();
  const embed = (side: "source" | "target") =>
    ({ modality: "text", embed: body.embedTokens(root, ids, side), layout: LINE }) as const;
  const logits = body.head(root, body.forward(root, [embed("source")], embed("target")));
  using session = await createSession(lower({ inputs: [ids], outputs: { logits } }), model);
  const run = await session.run({ ids: fromValues("i64", [1, 3], [0, 5, 9]) });
  const weights = [...specs.values()].map(({ name, shape }) => {
    const found = model.weights({ name, dtype: "f32", shape });
    return { name, found: found.data as Float32Array, shape };
  });
  return { config: model.config, logits: run.logits.data as Float32Array, weights };
}

describe("loadOfa", () => {
  it("reads a Hugging Face folder with pytorch_model.bin", async () => {
    const { weights } = await specsAndLogits(join(root, "hf"));
    expect(weights.length).toBeGreaterThan(60);
    for (const { name, found, shape } of weights) {
      expect(Array.from(found), name).toEqual(
        Array.from(hashedWeight(name, shape).data as Float32Array),
      );
    }
  });

  it("reads fairseq's file: its names, its settings from shapes, f16 among f32", async () => {
    const [own, port] = [
      await specsAndLogits(join(root, "fairseq.pt")),
      await specsAndLogits(join(root, "hf")),
    ];
    // Without a ResNet no shape tells which one; the size of code images is in no shape either.
    const { stem: _, codeImageSize: __, ...settings } = port.config;
    expect(own.config).toMatchObject(settings);
    expect(own.weights.map(({ name }) => name)).toEqual(port.weights.map(({ name }) => name));
    own.weights.forEach(({ name, found }, i) => {
      const limit = name.endsWith("fc1.weight") ? 3e-4 : 0;
      expect(maxDifference(found, port.weights[i].found), name).toBeLessThanOrEqual(limit);
    });
    expect(maxDifference(own.logits, port.logits)).toBeLessThan(5e-3);
  });

  it("names what is missing", async () => {
    await expect(loadOfa(join(root, "nowhere"))).rejects.toThrow(/nowhere: no such file or folder/);
    await expect(loadOfa(join(root, "text.safetensors"))).rejects.toThrow(
      /text\.safetensors: no tensor "encoder.embed_tokens.weight"/,
    );
  });
});
