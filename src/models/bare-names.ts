/** Checkpoints of a decoder without its head, saved without the prefix: Qwen3-Embedding's. */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";

const PREFIX = "model.";

/** The tensors of such a checkpoint under the names of a whole model; others as they are. */
export function bareWeights(checkpoint: Checkpoint): Checkpoint {
  const table = "embed_tokens.weight";
  if (!checkpoint.has(table) || checkpoint.has(PREFIX + table)) return checkpoint;
  const stored = (name: string): string =>
    name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
  return {
    ...checkpoint,
    names: checkpoint.names.map((name) => PREFIX + name),
    has: (name) => checkpoint.has(stored(name)),
    info: (name) => checkpoint.info(stored(name)),
    read: (name) => checkpoint.read(stored(name)),
    readAs: (name, dtype, into) => checkpoint.readAs(stored(name), dtype, into),
    readRows: (name, first, count) => checkpoint.readRows(stored(name), first, count),
    release: (name) => checkpoint.release(stored(name)),
  };
}
