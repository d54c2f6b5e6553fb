/** Items a second of `onefold eval`'s library on the file that bench/torch/eval_items.py reads. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalModel, evaluate, loadTask } from "../src/evaluate/index.ts";

const [spec = "models/onefold-mini", threads = "2"] = process.argv.slice(2);
using model = await createLocalModel(spec, { engine: { threads: Number(threads) } });
const task = await loadTask("test/fixtures/evaluate/parity/endings.yaml");
const folder = await mkdtemp(join(tmpdir(), "onefold-items-"));
await evaluate({ model, tasks: [task], out: join(folder, "first"), limit: 20 });
const start = performance.now();
const { results } = await evaluate({ model, tasks: [task], out: join(folder, "all") });
const rate = (1000 * results[0]!.scored) / (performance.now() - start);
const acc = results[0]!.metrics[0]!.value.toFixed(4);
console.log(`onefold: ${rate.toFixed(1)} items/s, acc ${acc}, ${threads} threads`);
await rm(folder, { recursive: true });
