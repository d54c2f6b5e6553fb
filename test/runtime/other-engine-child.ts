/**
 * A process of other-engine.test.ts: onnxruntime-node's own binding beside ours, in the order of
 * the arguments. Prints what each session computes.
 */

import { InferenceSession, Tensor } from "onnxruntime-node";
import { fromValues } from "../../src/graph/ndarray.ts";
import { createSession } from "../../src/runtime/index.ts";
import { doubled } from "./programs.ts";

/** Sessions stay open: what one set up, the other meets. */
const open: unknown[] = [];
const results: string[] = [];
for (const engine of process.argv.slice(2)) {
  if (engine === "ours") {
    const session = await createSession(doubled());
    const { y } = await session.run({ x: fromValues("f32", [1, 2], [1, 2]) });
    open.push(session);
    results.push(`ours ${y!.data}`);
  } else {
    const session = await InferenceSession.create(doubled().model);
    const x = new Tensor("float32", Float32Array.of(3, 4), [1, 2]);
    const { y } = await session.run({ x });
    open.push(session);
    results.push(`theirs ${y!.data}`);
  }
}
console.log(results.join("; "));
