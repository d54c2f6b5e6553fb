/** Which family reads a config.json, and what is said where none does. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { modelTypes, readModelConfig } from "../../src/models/index.ts";

const fixture = (name: string) =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../fixtures/qwen/${name}/config.json`), "utf8"),
  );

it("names the nearest family and the keys that it does not read", () => {
  const config = { ...fixture("qwen3-tied"), model_type: "acme", attn_sinks: 4, logit_cap: 30 };
  expect(() => readModelConfig("config.json", config)).toThrow(
    /"model_type" "acme" is none of .*; the nearest is qwen3, from which it differs in "attn_sinks", which it does not read, "logit_cap", which it does not read$/,
  );
});

it("chooses by what the config holds, not by the name alone", () => {
  const config = { ...fixture("qwen2-moe"), model_type: "qwen3_mod" };
  expect(() => readModelConfig("config.json", config)).toThrow("the nearest is qwen2_moe, whose");
});

it("names keys that the nearest family reads otherwise, and ignores what is switched off", () => {
  const { hidden_size, ...rest } = fixture("qwen2-untied-mha");
  const config = { ...rest, model_type: "acme", hidden_act: "gelu", moe_layers: [], experts: null };
  expect(() => readModelConfig("config.json", config)).toThrow(
    /differs in "hidden_size", which it reads otherwise, "hidden_act", which it reads otherwise$/,
  );
});

it("lists only so many differences", () => {
  const odd = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`odd_${i}`, 1]));
  const config = { ...fixture("qwen3-tied"), model_type: "acme", ...odd };
  expect(() => readModelConfig("config.json", config)).toThrow(/"odd_7", .* and 12 more$/);
});

it("refuses experts that cannot be", () => {
  const config = fixture("qwen3-moe");
  const read = (more: object) => () => readModelConfig("config.json", { ...config, ...more });
  expect(read({ num_experts_per_tok: 7 })).toThrow('"num_experts_per_tok" must be at most');
  expect(read({ mlp_only_layers: [2] })).toThrow('"mlp_only_layers" must be a list of layers');
  expect(modelTypes()).toContain("qwen3_moe");
});
