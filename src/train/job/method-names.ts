/** Methods of training, and the rows that each takes; loads no schema. */

import type { RecordKind } from "../data/record.ts";

export const rlMethods = ["grpo", "dr-grpo", "dapo", "gspo", "gspo-token"] as const;
export const preferenceMethods = ["dpo", "kto", "simpo"] as const;
export const methods = ["sft", "pretrain", ...preferenceMethods, "distill", ...rlMethods] as const;

export type Method = (typeof methods)[number];
export type RlMethod = (typeof rlMethods)[number];
export type PreferenceMethod = (typeof preferenceMethods)[number];

export const isRl = (method: Method): method is RlMethod =>
  rlMethods.some((each) => each === method);
export const isPreference = (method: Method): method is PreferenceMethod =>
  preferenceMethods.some((each) => each === method);

/** Whether answers are sampled, rather than learned from given rows. */
export const samplesAnswers = (config: {
  readonly method: Method;
  readonly distill?: { readonly mode: string };
}): boolean => isRl(config.method) || config.distill?.mode === "on-policy";

/** Rows that a method takes. */
export function kindsOf(method: Method): readonly RecordKind[] {
  if (isRl(method)) return ["reward"];
  switch (method) {
    case "pretrain":
      return ["text", "repository"];
    case "dpo":
    case "simpo":
      return ["preference"];
    case "kto":
      return ["unpaired", "preference"];
    case "distill":
      return ["messages", "completion", "text"];
    default:
      return ["messages", "completion", "text", "repository"];
  }
}
