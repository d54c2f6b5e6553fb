/** Runs the calls of test/fixtures/ops-b, made by reference/ops_b.py. */

import { input, type NDArray, type Tensor } from "../../src/graph/index.ts";
import { evaluate, expectClose, readFixture, type Tolerance } from "./support.ts";

type Build = (inputs: Tensor[], options: Readonly<Record<string, unknown>>) => readonly Tensor[];

/** Compares every stored call of `op` with what `build` traces, fused and decomposed. */
export async function checkCases(
  file: string,
  op: string,
  build: Build,
  tolerance: Tolerance = {},
): Promise<void> {
  const { arrays, cases } = await readFixture(`ops-b/${file}`);
  const feeds: Record<string, NDArray> = {};
  const outputs: Record<string, Tensor> = {};
  // One program for all calls: creating sessions is what takes time.
  for (const { name, inputs, outputs: results, options } of cases.filter((c) => c.op === op)) {
    const leaves = inputs.map((key) => {
      feeds[key] = arrays[key];
      return input(key, arrays[key].dtype, arrays[key].shape);
    });
    const traced = build(leaves, options);
    if (traced.length !== results.length) throw new Error(`${name}: ${traced.length} results`);
    results.forEach((key, i) => {
      outputs[key] = traced[i];
    });
  }
  if (Object.keys(outputs).length === 0) throw new Error(`fixture ${file}: no case of ${op}`);
  for (const fuse of [true, false]) {
    const found = await evaluate(outputs, feeds, { fuse });
    for (const key of Object.keys(outputs)) {
      expectClose(found[key], arrays[key], tolerance, `${key}${fuse ? "" : " decomposed"}`);
    }
  }
}
