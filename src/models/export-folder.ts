/** A model as a folder that other tools load: safetensors, or the layout of transformers.js. */

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { saveDirectoryAtomically } from "../checkpoint/atomic.ts";
import { openCheckpoint } from "../checkpoint/checkpoint.ts";
import { convertArray } from "../checkpoint/convert.ts";
import { checkOutputFolder } from "../checkpoint/output-path.ts";
import { type ResolveOptions, resolveModel } from "../checkpoint/resolve.ts";
import { saveSharded } from "../checkpoint/save.ts";
import { type DType, isFloat } from "../graph/dtype.ts";
import { companionFiles } from "./companion-files.ts";
import {
  type ExportTextGenerationOptions,
  exportTextGeneration,
  type OnnxExport,
} from "./export-onnx.ts";
import { type LoadOptions, loadModel } from "./load.ts";
import { type Quantization, refuseQuantized } from "./quantization.ts";
import { torchDType } from "./save.ts";

export interface ExportSafetensorsOptions extends ResolveOptions {
  /** Of the floating-point tensors (default: each as it is stored; quantised blocks as f16). */
  readonly dtype?: "f32" | "f16" | "bf16";
}

/**
 * Writes a model as a folder in Hugging Face layout: config.json, tokenizer, safetensors.
 *
 * @param model folder, hub id that was pulled before, or GGUF file
 * @param out folder to write; a model that is there is replaced once all of the new one is on disk
 * @example
 * await exportSafetensors("model.gguf", "model", { dtype: "bf16" });
 */
export async function exportSafetensors(
  model: string,
  out: string,
  { dtype, ...where }: ExportSafetensorsOptions = {},
): Promise<void> {
  const source = await resolveModel(model, where);
  await checkOutputFolder(out, [source]);
  const files = await companionFiles(source);
  // All tensors are written, so a task model's adaptors too: here alone it stays one.
  const taskFile = join(source, "task.json");
  if (existsSync(taskFile)) files["task.json"] = await readFile(taskFile);
  if (dtype) refuseQuantized(join(source, "config.json"), files["config.json"]);
  using checkpoint = await openCheckpoint(source);
  const tensors = checkpoint.names.map((name) => {
    const { dtype: stored, shape, encoding } = checkpoint.info(name);
    const target: DType = isFloat(stored) ? (dtype ?? (encoding ? "f16" : stored)) : stored;
    const load = () => {
      const array = convertArray(checkpoint.readAs(name, target), target);
      return { dtype: target, shape, data: array.data };
    };
    return { name, dtype: target, shape, load };
  });
  const widest = dtype ?? tensors.find(({ dtype: each }) => isFloat(each))?.dtype ?? "f32";
  const config = { ...files["config.json"], torch_dtype: torchDType(widest) };
  await saveDirectoryAtomically(out, async (folder) => {
    await writeFiles(folder, { ...files, "config.json": config });
    await saveSharded(folder, tensors);
  });
}

export interface ExportTransformersJsOptions
  extends Omit<LoadOptions, "quant" | "onChoice">,
    ExportTextGenerationOptions {
  readonly quant?: Quantization;
}

/** What transformers.js calls the kinds of weights, in the model's file name. */
const fileNames = { f32: "model.onnx", int4: "model_q4.onnx", int8: "model_int8.onnx" } as const;

/**
 * Writes a model as a folder that transformers.js loads: `onnx/model.onnx`, config.json,
 * generation_config.json and the tokenizer's files. With `quant`, the file is `model_q4.onnx`
 * (its dtype "q4") or `model_int8.onnx` ("int8").
 *
 * @param model folder, hub id that was pulled before, or GGUF file
 * @param out folder to write; a model that is there is replaced once all of the new one is on disk
 * @example
 * await exportTransformersJs("models/onefold-mini", "web/onefold-mini");
 * // AutoModelForCausalLM.from_pretrained("onefold-mini", { dtype: "fp32" })
 */
export async function exportTransformersJs(
  model: string,
  out: string,
  { weights, logits, ...load }: ExportTransformersJsOptions = {},
): Promise<OnnxExport> {
  await checkOutputFolder(out, [await resolveModel(model, load)]);
  using opened = await loadModel(model, load);
  const files = await companionFiles(opened.dir);
  let written: OnnxExport | undefined;
  await saveDirectoryAtomically(out, async (folder) => {
    await mkdir(join(folder, "onnx"));
    const { quant } = load;
    const name = fileNames[(typeof quant === "object" ? quant.kind : quant) ?? "f32"];
    const file = join(folder, "onnx", name);
    written = await exportTextGeneration(opened, file, { weights, logits });
    const count = written.dataFiles.length;
    const external = { use_external_data_format: { [name]: count } };
    const config = {
      ...files["config.json"],
      // How many files of weights to load beside the model (transformers.js, utils/model-loader).
      ...(count > 0 ? { "transformers.js_config": external } : {}),
    };
    await writeFiles(folder, { ...files, "config.json": config });
  });
  return written!; // the callback has run
}

async function writeFiles(folder: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const isBytes = content instanceof Uint8Array;
    const bytes = isBytes ? content : `${JSON.stringify(content, null, 2)}\n`;
    await writeFile(join(folder, name), bytes);
  }
}
