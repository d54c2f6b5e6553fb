/** The language half of a vision-language checkpoint, under the names of a text model. */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";

const STORED = "model.language_model.";
const VISION = "model.visual.";
const TEXT = "model.";

/** The same checkpoint with `model.language_model.x` called `model.x`, without the vision tower. */
export function textWeights(checkpoint: Checkpoint): Checkpoint {
  if (!checkpoint.names.some((name) => name.startsWith(STORED))) return checkpoint;
  const stored = (name: string): string =>
    name.startsWith(TEXT) && !name.startsWith(STORED) ? STORED + name.slice(TEXT.length) : name;
  return {
    ...checkpoint,
    names: checkpoint.names
      .filter((name) => !name.startsWith(VISION))
      .map((name) => (name.startsWith(STORED) ? TEXT + name.slice(STORED.length) : name)),
    has: (name) => checkpoint.has(stored(name)),
    info: (name) => checkpoint.info(stored(name)),
    read: (name) => checkpoint.read(stored(name)),
    readAs: (name, dtype, into) => checkpoint.readAs(stored(name), dtype, into),
    readRows: (name, first, count) => checkpoint.readRows(stored(name), first, count),
    release: (name) => checkpoint.release(stored(name)),
  };
}
