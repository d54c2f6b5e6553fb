/** Prompts for models that score or continue a text. */

import type { EvalModel } from "../types.ts";
import type { Prompt } from "./types.ts";

/** A conversation as the text that the model continues: verdicts stand at the beginning of answers. */
export function asText(model: EvalModel, prompt: Prompt): string {
  if (typeof prompt === "string") return prompt;
  if (model.render) return model.render(prompt, { thinking: false });
  return `${prompt.map(({ content }) => content).join("\n\n")}\n\n`;
}
