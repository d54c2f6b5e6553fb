/** What the schema cannot say: which options go with which method. */

import { checkExperts } from "./check-experts.ts";
import { describeOptions } from "./describe-schema.ts";
import { isPreference, isRl, type Method, samplesAnswers } from "./method-names.ts";
import { type TrainConfig, trainConfigSchema } from "./schema.ts";

/** Groups of options that belong to some methods. */
const groups: readonly (readonly [
  key: "rl" | "distill" | "preference",
  has: (method: Method) => boolean,
  methods: string,
  isRequired: boolean,
])[] = [
  ["rl", isRl, "grpo, dr-grpo, dapo, gspo and gspo-token", true],
  ["distill", (method) => method === "distill", "distill", true],
  ["preference", isPreference, "dpo, kto and simpo", false],
];

/** Options that count in one setting alone: set in another, they would change nothing. */
const conditional: readonly (readonly [
  keys: readonly string[],
  setting: string,
  holds: (config: TrainConfig) => boolean,
])[] = [
  [["preference.gamma"], "method simpo", ({ method }) => method === "simpo"],
  [["preference.form", "preference.label_smoothing"], "method dpo", (c) => c.method === "dpo"],
  [
    ["preference.desirable_weight", "preference.undesirable_weight"],
    "method kto",
    ({ method }) => method === "kto",
  ],
  [["distill.k", "distill.weight"], "distill.mode stored", (c) => !samplesAnswers(c)],
  [
    ["distill.beta", "distill.prompts", "distill.max_tokens", "distill.slots"],
    "distill.mode on-policy",
    samplesAnswers,
  ],
  [["rl.old"], "rl.temperature 1", ({ rl }) => rl?.temperature === 1],
  [["train.accumulate"], "methods that learn from given rows", (c) => !samplesAnswers(c)],
  [["train.decay_steps"], "train.schedule wsd", ({ train }) => train.schedule === "wsd"],
  [["train.momentum", "train.nesterov"], "train.optimizer sgd", (c) => c.train.optimizer === "sgd"],
  [["train.epsilon"], "train.optimizer adamw", ({ train }) => train.optimizer === "adamw"],
  [
    ["data.fim_lines", "data.fim_suffix_first"],
    "data.fim_rate above 0",
    (c) => c.data.fim_rate > 0,
  ],
  [
    ["balance.capacity_mode", "balance.capacity_min"],
    "balance.capacity_factor",
    ({ balance }) => balance?.capacity_factor !== undefined,
  ],
  [["data.temperature"], "data.mix", ({ data }) => data.mix !== undefined],
  [
    ["data.shuffle_buffer", "data.epochs"],
    "data.streaming or data.mix",
    ({ data }) => data.streaming || data.mix !== undefined,
  ],
];

function checkConditional(config: TrainConfig, where: string): void {
  const defaults = new Map(
    describeOptions(trainConfigSchema).map((option) => [option.key, option.default]),
  );
  for (const [keys, setting, holds] of conditional) {
    if (holds(config)) continue;
    for (const key of keys) {
      const [group, name] = key.split(".") as ["train", keyof TrainConfig["train"]]; // one for all
      const value = config[group]?.[name];
      if (value === undefined || value === defaults.get(key)) continue;
      throw new Error(
        `${where}: "${key}" counts with ${setting} alone; change that, or leave it out`,
      );
    }
  }
}

/** @throws Error naming the option that does not go with the method, or is missing */
export function checkMethod(config: TrainConfig, where: string): void {
  const { method, data, lora, train } = config;
  for (const [key, has, methods, isRequired] of groups) {
    if (config[key] !== undefined && !has(method)) {
      throw new Error(
        `${where}: "${key}" belongs to the methods ${methods}, but "method" is ${method}; ` +
          `change the method, or leave "${key}" out`,
      );
    }
    if (config[key] === undefined && isRequired && has(method)) {
      const example = key === "rl" ? "{rewards: [exact]}" : "{teacher: FOLDER}";
      throw new Error(`${where}: the method ${method} needs "${key}", as in ${key}: ${example}`);
    }
  }
  if (method !== "sft" && method !== "pretrain") {
    const set = data.mix ? "mix" : data.streaming ? "streaming" : undefined;
    if (set || data.packing !== "none" || data.fim_rate > 0) {
      const key = set ?? (data.fim_rate > 0 ? "fim_rate" : "packing");
      throw new Error(
        `${where}: "data.${key}" belongs to the methods sft and pretrain, but "method" is ` +
          `${method}; leave it out`,
      );
    }
  }
  if (lora && typeof config.model !== "string") {
    throw new Error(
      `${where}: "lora" adapts an existing model, but "model" describes a fresh one; name a ` +
        'folder or ORG/NAME, or leave "lora" out',
    );
  }
  if (lora && lora.kind === "dora" && lora.quant !== "none") {
    throw new Error(
      `${where}: "lora.kind" dora needs an unquantised base, but "lora.quant" is ${lora.quant}; ` +
        "choose lora or rslora, or none",
    );
  }
  if (lora && train.freeze.length > 0) {
    throw new Error(
      `${where}: "train.freeze" has no use with "lora", which freezes the model; leave one out`,
    );
  }
  checkConditional(config, where);
  checkExperts(config, where);
  checkEvaluation(config, where);
}

function checkEvaluation({ eval: held, method, data, distill }: TrainConfig, where: string): void {
  if (!held) return;
  if ((held.files === undefined) === (held.share === undefined)) {
    throw new Error(`${where}: give held-out rows in one of "eval.files" and "eval.share"`);
  }
  if (held.share !== undefined && (data.streaming || data.mix)) {
    throw new Error(
      `${where}: "eval.share" cannot be taken from data that is streamed; give "eval.files"`,
    );
  }
  if (held.accuracy && method !== "sft") {
    throw new Error(`${where}: "eval.accuracy" belongs to the method sft, not ${method}`);
  }
  if (distill?.mode === "on-policy") {
    throw new Error(
      `${where}: "eval" has no use with distill.mode on-policy, which has no loss on given rows; ` +
        "leave it out",
    );
  }
}
