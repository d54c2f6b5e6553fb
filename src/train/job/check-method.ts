/** What the schema cannot say: which options go with which method. */

import { isPreference, isRl, type Method } from "./method-names.ts";
import type { TrainConfig } from "./schema.ts";

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
