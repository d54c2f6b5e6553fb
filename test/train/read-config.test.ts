import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeOptions } from "../../src/train/job/describe-schema.ts";
import { readTrainConfig } from "../../src/train/job/read-config.ts";
import { trainConfigSchema } from "../../src/train/job/schema.ts";
import { temporaryFolder } from "./support.ts";

const good = `
model: {hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2}
tokenizer: {size: 300}
data: {files: rows.jsonl}
train: {steps: 10}
output: out
`;

function write(text: string, name = "train.yaml"): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
}

it("reads YAML and JSON alike and fills the defaults", async () => {
  const yaml = await readTrainConfig(write(good));
  const json = await readTrainConfig(
    write(
      JSON.stringify({
        model: { hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2 },
        tokenizer: { size: 300 },
        data: { files: "rows.jsonl" },
        train: { steps: 10 },
        output: "out",
      }),
      "train.json",
    ),
  );
  expect(json.config).toEqual(yaml.config);
  expect(yaml.config.train).toMatchObject({ lr: 3e-4, schedule: "cosine", accumulate: 1, clip: 1 });
  expect(yaml.config.dtype).toBe("bf16");
});

it("takes overrides, typed as in YAML", async () => {
  const sets = [
    "train.lr=1e-4",
    "train.schedule=wsd",
    "data.files=[a.jsonl, b.jsonl]",
    "model=./m",
  ];
  const { config } = await readTrainConfig(write(good), sets);
  expect(config.train).toMatchObject({ lr: 1e-4, schedule: "wsd", steps: 10 });
  expect(config.data.files).toEqual(["a.jsonl", "b.jsonl"]);
  expect(config.model).toBe("./m");
});

it.each([
  [["train.lrr=1"], '--set: unknown key "train.lrr"; did you mean "train.lr"?'],
  [["train.lr=-1"], '--set: "train.lr" must be a number above 0, found -1'],
  [["train.lr=fast"], '--set: "train.lr" must be a number above 0, found "fast"'],
  [["train.steps=1.5"], '--set: "train.steps" must be a whole number of at least 1, found 1.5'],
  [["train.floor=2"], '"train.floor" must be a number from 0 to 1, found 2'],
  [
    ["train.schedule=cosin"],
    '"train.schedule" must be one of cosine, linear, wsd, constant, found "cosin"',
  ],
  [["data.files=[]"], '"data.files" must be text, or a list, found an array'],
  [["model.hidden_siz=3"], 'unknown key "model.hidden_siz"; did you mean "model.hidden_size"?'],
  [["model.hidden_size=big"], '"model.hidden_size" must be a whole number of at least 1'],
  [["model=3"], '"model" must be text, or a group of keys, found 3'],
  [["train=3"], '"train" must be a group of keys, found 3'],
  [["train.lr"], "--set train.lr: expected key.path=value, as in train.lr=1e-4"],
  [["output.x=1"], '--set output.x: "output" is "out" in the config, not a group of keys'],
  [["__proto__.x=1"], "expected key.path=value"],
])("refuses --set %j", async (sets, message) => {
  await expect(readTrainConfig(write(good), sets)).rejects.toThrow(message);
});

it.each([
  [good.replace("data:", "dta:"), 'train.yaml: unknown key "dta"; did you mean "data"?'],
  [good.replace("output: out", ""), 'train.yaml: "output" must be text, found nothing'],
  [`${good}output: again\n`, /train\.yaml: .*unique.* at line 7, column 1$/],
  ["[1, 2]", 'must hold keys such as "model" and "data", found an array'],
  ["a: [1", /train\.yaml: [^\n]*line 1[^\n]*$/],
  ["", "found null"],
])("refuses the file %j in a sentence", async (text, message) => {
  await expect(readTrainConfig(write(text))).rejects.toThrow(message);
});

it("names a file that is not there", async () => {
  await expect(readTrainConfig("/none/train.yaml")).rejects.toThrow(
    "/none/train.yaml: no such file or folder",
  );
});

it("documents every option, here and in docs/training.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/training.md"), "utf8");
  const options = describeOptions(trainConfigSchema);
  expect(options.length).toBeGreaterThan(35);
  for (const { key, description } of options) {
    expect(description, key).not.toBe("");
    expect(page).toContain(`| \`${key}\``);
  }
});
