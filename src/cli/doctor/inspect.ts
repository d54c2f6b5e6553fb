/** The checks behind `onefold doctor`. Each answers for itself: one failing hides no other. */

import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { cachedModels, hubCacheDir } from "../../checkpoint/index.ts";
import { engineInfo } from "../../runtime/index.ts";
import { describeError } from "../errors.ts";
import { defaultModelFolder, packageVersion } from "../package-root.ts";
import { formatBytes } from "../render.ts";

export interface Finding {
  readonly name: string;
  /** `note` is worth knowing and stops nothing; `missing` stops a command from working. */
  readonly status: "ok" | "note" | "missing";
  readonly value: string;
  readonly fix?: string;
}

/** Runs every check in the order in which they are shown. */
export async function inspect(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  return [
    { name: "onefold", status: "ok", value: packageVersion() },
    { name: "node", status: "ok", value: `${process.version} ${process.platform}-${process.arch}` },
    machine(),
    memory(),
    ...(await engine(env)),
    defaultModel(),
    ...(await hub(env)),
    { name: "python", status: "ok", value: "not needed" },
  ];
}

function machine(): Finding {
  const model = cpus()[0]?.model.trim() || "processor of unknown model";
  return { name: "processor", status: "ok", value: `${model}, ${availableParallelism()} threads` };
}

function memory(): Finding {
  const limit = process.constrainedMemory();
  // Without a container limit the call answers 0 or a number beyond the machine's memory.
  const isLimited = limit > 0 && limit < totalmem();
  const total = isLimited ? limit : totalmem();
  const free = isLimited ? Math.min(freemem(), limit) : freemem();
  const where = isLimited ? " (limit of this container)" : "";
  const value = `${formatBytes(free)} free of ${formatBytes(total)}${where}`;
  if (free >= 2 ** 30) return { name: "memory", status: "ok", value };
  const fix = "close other programs, or use a smaller model";
  return { name: "memory", status: "note", value, fix };
}

async function engine(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  try {
    const { library, version, providers, threads } = await engineInfo();
    const origin = env.ONEFOLD_ORT_LIBRARY ? "from ONEFOLD_ORT_LIBRARY" : "from onnxruntime-node";
    return [
      { name: "engine", status: "ok", value: `ONNX Runtime ${version}, ${origin}` },
      { name: "library", status: "ok", value: library },
      { name: "providers", status: "ok", value: providers.join(", ") },
      { name: "threads", status: "ok", value: String(threads) },
    ];
  } catch (error) {
    const fix = env.ONEFOLD_ORT_LIBRARY
      ? "unset ONEFOLD_ORT_LIBRARY, or point it at an ONNX Runtime library for this platform"
      : "run `npm ci` here (or `npm install onefold`) with optional dependencies on";
    return [{ name: "engine", status: "missing", value: describeError(error), fix }];
  }
}

function defaultModel(): Finding {
  const folder = defaultModelFolder();
  const name = "default model";
  const weights = ["model.safetensors", "model.safetensors.index.json"];
  if (weights.some((file) => existsSync(join(folder, file)))) {
    return { name, status: "ok", value: folder };
  }
  const fix = "name a model instead, such as `onefold run Qwen/Qwen3-0.6B`";
  return { name, status: "note", value: `${folder} has no weights`, fix };
}

async function hub(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const folder = hubCacheDir();
  const settings = ["HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE"];
  // Names only: a token or a mirror's address with a password must not end up in a bug report.
  const set = settings.filter((name) => env[name]);
  return [
    cache(folder, await cachedModels(folder)),
    { name: "hub settings", status: "ok", value: set.length > 0 ? set.join(", ") : "defaults" },
  ];
}

function cache(folder: string, models: readonly string[]): Finding {
  const name = "hub cache";
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
  } catch {
    const fix = "set HF_HOME to a folder that you may write to";
    return { name, status: "missing", value: `${folder}: ${place} is not writable`, fix };
  }
  const { bavail, bsize } = statfsSync(place);
  const count = models.length === 1 ? "1 model" : `${models.length} models`;
  return { name, status: "ok", value: `${folder}, ${count}, ${formatBytes(bavail * bsize)} free` };
}
