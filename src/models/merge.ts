/** An adapter's change worked into the weights of its base. */

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { saveDirectoryAtomically } from "../checkpoint/atomic.ts";
import { openCheckpoint } from "../checkpoint/checkpoint.ts";
import { convertArray } from "../checkpoint/convert.ts";
import { checkOutputFolder } from "../checkpoint/output-path.ts";
import { type ResolveOptions, resolveModel } from "../checkpoint/resolve.ts";
import { saveSharded } from "../checkpoint/save.ts";
import { type DType, isFloat } from "../graph/dtype.ts";
import type { NDArray } from "../graph/ndarray.ts";
import { lower } from "../graph/onnx/lowering.ts";
import { add, div, mul, sqrt, square } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/leaf.ts";
import { matmul } from "../graph/ops/matmul.ts";
import { sum } from "../graph/ops/reduce.ts";
import { expandDims } from "../graph/ops/reshape.ts";
import type { Program } from "../graph/program.ts";
import { dim } from "../graph/shape.ts";
import { type LoraConfig, loraScale } from "../nn/lora.ts";
import { createSession, type Session } from "../runtime/index.ts";
import { type Adapter, openAdapter } from "./adapter.ts";
import { companionFiles } from "./companion-files.ts";
import { loadModel } from "./load.ts";
import { torchDType } from "./save.ts";
import { TRAINING_FILE } from "./training-file.ts";

export interface MergeOptions extends ResolveOptions {
  /** Of the floating-point tensors (default: each as the base stores it). */
  readonly dtype?: "f32" | "f16" | "bf16";
}

/**
 * Writes base and adapter as one model folder, which needs no adapter any more.
 *
 * @param base folder or hub id that was pulled before, not quantised
 * @param adapter folder of a PEFT adapter
 * @param out folder to write; a model that is there is replaced once all of the new one is on disk
 * @returns how many weights were changed
 * @example
 * await mergeAdapter("models/onefold-mini", "runs/sums/final", "models/sums", { dtype: "bf16" });
 */
export async function mergeAdapter(
  base: string,
  adapter: string,
  out: string,
  { dtype, ...where }: MergeOptions = {},
): Promise<number> {
  const dir = await resolveModel(base, where);
  await checkOutputFolder(out, [dir, adapter]);
  using model = await loadModel(dir, where);
  if (model.config.quantized) {
    throw new Error(`${dir}: weights are quantised; merge into the model that they were made from`);
  }
  using opened = await openAdapter(adapter, model.config);
  using checkpoint = await openCheckpoint(dir);
  const { targets } = opened.lora as { targets: readonly string[] }; // openAdapter lists them
  const changed = new Map(targets.map((path) => [`${path}.weight`, path]));
  for (const name of changed.keys()) {
    if (checkpoint.has(name)) continue;
    throw new Error(
      `${dir}: has no tensor "${name}" of its own (${model.config.modelType} stores it with ` +
        "others), so the adapter cannot be merged; serve it beside the base",
    );
  }
  using session = await createSession(mergeProgram(opened.lora));
  const tensors = checkpoint.names.map((name) => {
    const { dtype: stored, shape, encoding } = checkpoint.info(name);
    const target: DType = isFloat(stored) ? (dtype ?? (encoding ? "f16" : stored)) : stored;
    const path = changed.get(name);
    const load = (): NDArray => {
      if (path === undefined) return convertArray(checkpoint.readAs(name, target), target);
      const weight = checkpoint.readAs(name, "f32");
      return convertArray(mergeOne(session, opened, path, weight), target);
    };
    return { name, dtype: target, shape, load };
  });
  const files = { ...(await companionFiles(dir)), ...(await trainingOf(adapter)) };
  const widest = dtype ?? tensors.find(({ dtype: each }) => isFloat(each))?.dtype ?? "f32";
  const config = { ...files["config.json"], torch_dtype: torchDType(widest) };
  await saveDirectoryAtomically(out, async (folder) => {
    for (const [name, content] of Object.entries({ ...files, "config.json": config })) {
      const isBytes = content instanceof Uint8Array;
      const bytes = isBytes ? content : `${JSON.stringify(content, null, 2)}\n`;
      await writeFile(join(folder, name), bytes);
    }
    await saveSharded(folder, tensors);
  });
  return changed.size;
}

/** What the adapter was trained with, which holds for the merged model too. */
async function trainingOf(adapter: string): Promise<Record<string, Uint8Array>> {
  const file = join(adapter, TRAINING_FILE);
  return existsSync(file) ? { [TRAINING_FILE]: await readFile(file) } : {};
}

/** Inputs w [outputs, inputs], a [rank, inputs], b [outputs, rank], with DoRA m [outputs]. */
function mergeProgram(lora: LoraConfig): Program {
  const [outputs, inputs] = [dim("outputs"), dim("inputs")];
  const w = input("w", "f32", [outputs, inputs]);
  const a = input("a", "f32", [lora.rank, inputs]);
  const b = input("b", "f32", [outputs, lora.rank]);
  const m = input("m", "f32", [outputs]);
  const moved = add(w, mul(matmul(b, a), loraScale(lora)));
  if (!lora.isDora) return lower({ inputs: [w, a, b], outputs: { merged: moved } });
  const norms = sqrt(sum(square(moved), { axes: [1] }));
  const merged = mul(moved, expandDims(div(m, norms), 1));
  return lower({ inputs: [w, a, b, m], outputs: { merged } });
}

function mergeOne(session: Session, { lora, weights }: Adapter, path: string, w: NDArray): NDArray {
  const [outputs, inputs] = w.shape as [number, number];
  const part = (name: string, shape: readonly number[]): NDArray =>
    weights({ name: `${path}.${name}`, dtype: "f32", shape });
  const a = part("lora_A.weight", [lora.rank, inputs]);
  const b = part("lora_B.weight", [outputs, lora.rank]);
  const factors: Record<string, NDArray> = { w, a, b };
  if (lora.isDora) factors.m = part("lora_magnitude_vector", [outputs]);
  return session.runSync(factors).merged!;
}
