/** A model to go on from: a task model, or one of text that is given adaptors. */

import { join } from "node:path";
import { readConfigJson } from "../../checkpoint/companions.ts";
import { readJsonObject } from "../../checkpoint/json.ts";
import type { NDArray } from "../../graph/ndarray.ts";
import { specialToken, type TokenizerJson } from "../../media/index.ts";
import { loadModel } from "../../models/load.ts";
import { loadOfa } from "../../models/ofa/index.ts";
import type { ParameterSpec } from "../../nn/scope.ts";
import { companionFiles, locateModel } from "../../train/job/prepare.ts";
import type { BodyConfig } from "../model/config.ts";
import { isTaskModel, TASK_FILE } from "../model/folder.ts";
import type { StartingModel } from "../model/starting-model.ts";
import { readTaskJson } from "../model/task-json.ts";
import type { Task } from "../task.ts";
import { codeCountOf, type Parts, partsOf } from "./parts.ts";
import { bodyKeys, type ModelKeys } from "./schema-model.ts";
import { blockTokens, openVocabulary } from "./vocabulary.ts";

/**
 * @param folder that a path in the config is relative to
 * @throws Error naming the key that has no place, or the file that does not fit
 */
export async function existingModel(
  { from, ...keys }: ModelKeys & { readonly from: string },
  tasks: readonly Task[],
  { where, folder }: { readonly where: string; readonly folder: string },
): Promise<StartingModel & Disposable & { readonly hasCodes: boolean }> {
  const strange = bodyKeys.find((key) => keys[key] !== undefined);
  if (strange) {
    throw new Error(
      `${where}: "model.${strange}" has no place beside "model.from", which brings its body`,
    );
  }
  const dir = await locateModel(folder, from);
  const task = (await isTaskModel(dir))
    ? readTaskJson(join(dir, TASK_FILE), await readJsonObject(join(dir, TASK_FILE)))
    : undefined;
  const { body: _, ...present } = task ?? { body: undefined };
  const { values } = await readConfigJson(dir);
  const kind = values.model_type === "ofa" ? "ofa" : "decoder";
  const opened = kind === "ofa" ? await loadOfa(dir) : await loadModel(dir);
  try {
    const parts = await partsOf(keys, tasks, where, present as Partial<Parts>);
    const files = await companionFiles(dir);
    const json = parsed(files, dir, "tokenizer.json");
    const tokenizerConfig =
      "tokenizer_config.json" in files ? parsed(files, dir, "tokenizer_config.json") : {};
    const blocks = { bins: parts.bins, codes: codeCountOf(parts) };
    const { vocabSize } = opened.config;
    const grown = withTokens(json as unknown as TokenizerJson, blockTokens(blocks)); // checked where it is loaded
    const vocabulary = await openVocabulary(kind, grown, tokenizerConfig, blocks);
    const body = {
      kind,
      config: { ...opened.config, vocabSize: Math.max(vocabSize, vocabulary.tokenizer.vocabSize) },
    } as BodyConfig; // kind and config are of the loader that was chosen
    const { checkpoint } = opened;
    return {
      hasCodes: task?.codes !== undefined,
      config: { ...parts, body },
      vocabulary,
      files: { ...files, "tokenizer.json": grown },
      weights(spec: ParameterSpec): NDArray | undefined {
        if (checkpoint.has(spec.name)) return checkpoint.readAs(spec.name, "f32");
        // Adaptors may be new; a decoder's own weights may lie under another name.
        const isNew = kind === "ofa" || spec.name.startsWith("adaptors.");
        return isNew ? undefined : opened.weights({ ...spec, dtype: "f32" });
      },
      [Symbol.dispose]: () => opened[Symbol.dispose](),
    };
  } catch (error) {
    opened[Symbol.dispose]();
    throw error;
  }
}

function parsed(
  files: Readonly<Record<string, unknown>>,
  dir: string,
  name: string,
): Record<string, unknown> {
  const bytes = files[name];
  if (!(bytes instanceof Uint8Array)) throw new Error(`${dir}: no ${name}`);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`${join(dir, name)}: not JSON`, { cause: error });
  }
}

/** Tokens behind those that there are; what it has already stays where it is. */
function withTokens(json: TokenizerJson, names: readonly string[]): TokenizerJson {
  const known = new Set(json.added_tokens.map(({ content }) => content));
  const missing = names.filter(
    (name) => !known.has(name) && !Object.hasOwn(json.model.vocab, name),
  );
  if (missing.length === 0) return json;
  const ids = [...Object.values(json.model.vocab), ...json.added_tokens.map(({ id }) => id)];
  const start = ids.reduce((most, id) => Math.max(most, id), -1) + 1;
  const added = missing.map((content, i) => specialToken(start + i, content));
  return { ...json, added_tokens: [...json.added_tokens, ...added] };
}
