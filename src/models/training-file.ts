/** training.json: what a model was trained with that whoever serves it should keep to. */

import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isObject, readJsonObject } from "../checkpoint/json.ts";
import type { ChatTemplate } from "../media/text/index.ts";

/** Beside config.json; transformers ignores it. */
export const TRAINING_FILE = "training.json";

/** SHA-256 of each of a checkpoint's chat templates, by name. */
export function templateHashes({ sources }: ChatTemplate): Record<string, string> {
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  return Object.fromEntries([...sources].map(([name, text]) => [name, hash(text)]));
}

/**
 * Contents of training.json.
 *
 * @param template that rendered the conversations; undefined: none did
 * @param facts further keys, for people
 */
export function trainingFile(
  template: ChatTemplate | undefined,
  facts: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { chat_template_sha256: template ? templateHashes(template) : null, ...facts };
}

/**
 * Compares a model's chat template with the one that it was trained with.
 *
 * @param template that the model is to be served with; undefined: none
 * @returns one sentence where they differ; undefined where they do not, or nothing is known
 */
export async function templateMismatch(
  dir: string,
  template: ChatTemplate | undefined,
): Promise<string | undefined> {
  const file = join(dir, TRAINING_FILE);
  const isThere = await stat(file).then(
    (info) => info.isFile(),
    () => false,
  );
  if (!isThere) return undefined;
  const { chat_template_sha256: trained } = await readJsonObject(file);
  if (!isObject(trained)) return undefined;
  const served: Record<string, string> = template ? templateHashes(template) : {};
  const names = new Set([...Object.keys(trained), ...Object.keys(served)]);
  const differing = [...names].filter((name) => trained[name] !== served[name]);
  if (differing.length === 0) return undefined;
  return (
    `${file}: the model was trained with another chat template (${differing.join(", ")} differs), ` +
    "so its prompts now look other than those it learned from; put the template back, or train again"
  );
}
