/** Saves a folder and a file again and again until it is killed; every save has one value. */

import { join } from "node:path";
import {
  saveDirectoryAtomically,
  saveSafetensors,
  saveSharded,
} from "../../src/checkpoint/index.ts";
import { fromValues } from "../../src/graph/ndarray.ts";

const root = process.argv[2];
for (let round = 1; ; round++) {
  const values = new Array<number>(60_000).fill(round);
  const tensors = ["a", "b", "c", "d"].map((name) => ({
    name,
    array: fromValues("f32", [values.length], values),
  }));
  await saveDirectoryAtomically(join(root, "folder"), (tmp) =>
    saveSharded(tmp, tensors, { maxShardBytes: 500_000 }),
  );
  await saveSafetensors(join(root, "file.safetensors"), tensors);
  process.stdout.write(`${round}\n`);
}
