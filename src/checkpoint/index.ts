/**
 * Checkpoints: safetensors files and sharded Hugging Face folders, read lazily, saved atomically,
 * found on disk and pulled from the hub.
 */

export { recoverDirectory, saveDirectoryAtomically, writeFileAtomically } from "./atomic.ts";
export { type Checkpoint, openCheckpoint, type TensorInfo } from "./checkpoint.ts";
export { type PullOptions, type PullProgress, pull } from "./hub.ts";
export { hubCacheDir } from "./hub-cache.ts";
export { readJson, readJsonObject } from "./json.ts";
export { cachedModels, type ResolveOptions, resolveModel } from "./resolve.ts";
export { type NamedTensor, saveSafetensors, saveSharded } from "./save.ts";
