/** Writes a quantised model as a folder of its own, which `loadModel` reads. */

import { copyFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { saveDirectoryAtomically } from "../checkpoint/atomic.ts";
import { readConfigJson } from "../checkpoint/companions.ts";
import { checkOutputFolder } from "../checkpoint/output-path.ts";
import { type ResolveOptions, resolveModel } from "../checkpoint/resolve.ts";
import { loadModel } from "./load.ts";
import { type Quantization, quantizationSettings } from "./quantization.ts";
import { saveQuantized } from "./quantized-cache.ts";
import { planQuantization } from "./quantized-load.ts";

/** Files beside the weights that a copy needs: tokenizer, templates, generation settings, card. */
const COMPANION = /\.(json|jinja|txt|md|model)$|^LICENSE/i;

/**
 * Quantises a model into a new folder: weights as quantized-tensors.ts says, and a config.json
 * whose `quantization_config` is `{ "quant_method": "onefold", "version": 1, …settings }`.
 *
 * @param spec a folder in Hugging Face layout or a hub id that was pulled before
 * @param out the folder to write; one that holds a model already is replaced as a whole
 * @returns how many weights were quantised
 * @example
 * await saveQuantizedModel("models/onefold-mini", "mini-int4", "int4");
 * using model = await loadModel("mini-int4");
 */
export async function saveQuantizedModel(
  spec: string,
  out: string,
  quant: Quantization,
  options: ResolveOptions = {},
): Promise<number> {
  const dir = await resolveModel(spec, options);
  if (!(await stat(dir)).isDirectory()) {
    throw new Error(`${dir}: expected a folder with config.json; quantise what the file came from`);
  }
  await checkOutputFolder(out, [dir]);
  const { values } = await readConfigJson(dir);
  using model = await loadModel(dir);
  const { tiedHead } = model.config;
  const { source, formats } = planQuantization(model, quant);
  const floats = await source();
  const quantization_config = {
    quant_method: "onefold",
    version: 1,
    ...quantizationSettings(quant),
  };
  await saveDirectoryAtomically(out, async (temporary) => {
    for (const name of await readdir(dir)) {
      const isWeights = /safetensors/.test(name) || name === "config.json";
      if (name === "task.json") continue; // says what adaptors do, which are not written
      if (COMPANION.test(name) && !isWeights)
        await copyFile(join(dir, name), join(temporary, name));
    }
    const config = { ...values, tie_word_embeddings: tiedHead, quantization_config };
    await writeFile(join(temporary, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    await saveQuantized(temporary, floats, formats);
  });
  return formats.size;
}
