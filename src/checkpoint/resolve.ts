/** From what a user types as MODEL to a folder on disk: local paths first, then the hub's cache. */

import { readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { isGguf } from "./gguf/path.ts";
import {
  hubCacheDir,
  isCommit,
  isModelId,
  isOffline,
  repositoryDir,
  requireRevision,
} from "./hub-cache.ts";
import { clip } from "./json.ts";
import { closestNames } from "./names.ts";

export interface ResolveOptions {
  /** The hub's cache (default: HF_HUB_CACHE, HF_HOME/hub, ~/.cache/huggingface/hub). */
  readonly cacheDir?: string;
  /** Branch, tag or commit (default main). */
  readonly revision?: string;
  /** Only changes the advice of the error (default: HF_HUB_OFFLINE). */
  readonly offline?: boolean;
}

/**
 * The folder of a model, or its GGUF file. An existing folder or file is taken as it is; otherwise
 * `org/name` is looked up in the hub's cache. Nothing is downloaded. A folder whose only weights
 * are a GGUF file means that file.
 *
 * @param spec `./folder`, `/folder`, `~/folder`, `folder` or a hub id
 * @returns the folder or file, or the snapshot's folder in the cache
 * @throws Error of one sentence with the command that gets the model
 * @example
 * using checkpoint = await openCheckpoint(await resolveModel("Qwen/Qwen3-0.6B"));
 */
export async function resolveModel(spec: string, options: ResolveOptions = {}): Promise<string> {
  if (spec === "") throw new Error('the model is "": expected a folder or a hub id ORG/NAME');
  const path = spec.startsWith("~/") ? join(homedir(), spec.slice(2)) : spec;
  if (await exists(path)) return ggufWithin(path);
  if (isAbsolute(path) || /^\.{1,2}([/\\]|$)/.test(path) || !isModelId(spec)) {
    throw new Error(
      `${spec.slice(0, 300)}: no such folder; give an existing folder or a hub id ORG/NAME`,
    );
  }
  const cacheDir = options.cacheDir ?? hubCacheDir();
  const snapshot = await findSnapshot(spec, cacheDir, options.revision);
  if (snapshot !== undefined) return ggufWithin(snapshot);
  const wanted = options.revision ? `${spec} at revision ${options.revision}` : spec;
  const flag = options.revision ? ` --revision ${options.revision}` : "";
  const near = closestNames(spec, await cachedModels(cacheDir), 1);
  const others = near.length > 0 ? ` (the cache has ${near[0]})` : "";
  const advice =
    (options.offline ?? isOffline())
      ? "the hub is switched off by HF_HUB_OFFLINE, unset it and run"
      : "run";
  throw new Error(
    `${wanted} is neither a folder here nor in the cache ${cacheDir}${others}; ` +
      `${advice} \`onefold pull ${spec}${flag}\``,
  );
}

/** The one GGUF file of a folder that holds a model in no other form; else the path itself. */
async function ggufWithin(path: string): Promise<string> {
  const names = await readdir(path).catch(() => []);
  if (names.some((name) => name.endsWith(".safetensors"))) return path;
  const files = names.filter((name) => isGguf(name)).sort();
  if (files.length > 1) {
    throw new Error(
      `${path}: which weights? The folder has ${clip(files.join(", "))}; name one of these files`,
    );
  }
  return files.length === 1 ? join(path, files[0]!) : path;
}

/** The snapshot folder of a cached model, or undefined. */
export async function findSnapshot(
  id: string,
  cacheDir: string,
  revision = "main",
): Promise<string | undefined> {
  requireRevision(revision);
  const repository = repositoryDir(cacheDir, id);
  let commit = revision;
  if (!isCommit(revision)) {
    const text = await readFile(join(repository, "refs", revision), "utf8").catch(() => "");
    commit = text.trim();
    if (!isCommit(commit)) return undefined;
  }
  const snapshot = join(repository, "snapshots", commit);
  return (await exists(snapshot)) ? snapshot : undefined;
}

/** Ids of the models in the cache. */
export async function cachedModels(cacheDir: string = hubCacheDir()): Promise<string[]> {
  const names = await readdir(cacheDir).catch(() => []);
  return names
    .filter((name) => name.startsWith("models--"))
    .map((name) => name.slice("models--".length).replace("--", "/"))
    .sort();
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
