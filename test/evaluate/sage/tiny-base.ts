/** A checkpoint of a few thousand random weights, with a tokenizer and a chat template of its own. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonNotation } from "../../../src/evaluate/sage/json-notation.ts";
import { chooseTypes } from "../../../src/evaluate/sage/known-types.ts";
import { trainFromConfig } from "../../../src/train/index.ts";
import { inventedItems, writeInvented } from "./invented.ts";

/** @returns the model's folder, in `folder`; its vocabulary is that of invented items */
export async function makeTinyBase(folder: string): Promise<string> {
  const types = chooseTypes("facts", ["restatement", "negation"]);
  const rows = inventedItems(8).flatMap((source) =>
    types.map((type) => ({
      messages: [
        ...(jsonNotation.ask(type, source) as object[]),
        { role: "assistant", content: writeInvented(type.id, source) },
      ],
    })),
  );
  writeFileSync(join(folder, "base.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  const size = { hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2 };
  const config = {
    model: { ...size, max_position_embeddings: 1024 },
    tokenizer: { size: 700 },
    data: { files: "base.jsonl", max_length: 600 },
    train: { steps: 1, lr: 0.001, threads: 1 },
    dtype: "f32",
    output: "base",
  };
  writeFileSync(join(folder, "base.json"), JSON.stringify(config));
  const { model } = await trainFromConfig(join(folder, "base.json"));
  return model!;
}
