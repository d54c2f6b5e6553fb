/** Items a second of multiple choice: options that share their context, against each one alone. */

import { createTokenScorer } from "../src/generate/index.ts";
import { loadModel } from "../src/models/index.ts";

const [spec = "models/onefold-mini", items = "60"] = process.argv.slice(2);
using model = await loadModel(spec);
using scorer = await createTokenScorer(model);
const ids = (n: number, seed: number) => Array.from({ length: n }, (_, i) => (i * 31 + seed) % 997);
const questions = Array.from({ length: Number(items) }, (_, q) => {
  const context = ids(200, q * 17); // tokens of a question, 4 options of 8
  return [1, 2, 3, 4].map((o) => ({ context, continuation: ids(8, q + 101 * o) }));
});

/** Items a second. */
async function rate(isShared: boolean): Promise<number> {
  const start = performance.now();
  for (const options of questions) {
    if (isShared) await scorer.score(options);
    else {
      for (const [i, { context, continuation }] of options.entries()) {
        // Another first token: nothing of the text before can be taken over.
        await scorer.score([{ context: [i, ...context.slice(1)], continuation }]);
      }
    }
  }
  return (1000 * questions.length) / (performance.now() - start);
}

await rate(true); // loads both programs
const [shared, alone] = [await rate(true), await rate(false)];
console.log(
  `shared ${shared.toFixed(1)} items/s, alone ${alone.toFixed(1)}: ${(shared / alone).toFixed(2)} x`,
);
