/** Items a second of multiple choice: options that share their context, against each one alone. */

import { createTokenScorer } from "../src/generate/index.ts";
import { loadModel } from "../src/models/index.ts";

const [spec = "models/onefold-mini", items = "60"] = process.argv.slice(2);
using model = await loadModel(spec);
using scorer = await createTokenScorer(model);
const ids = (n: number, seed: number) => Array.from({ length: n }, (_, i) => (i * 31 + seed) % 997);

/** Tokens: of examples that all items share, of a question, of each of its four options. */
const shapes = {
  "a question, four endings": [0, 200, 8],
  "a question, four letters": [0, 200, 1],
  "five examples, a question, four endings": [500, 100, 8],
} as const;

for (const [name, [examples, question, option]] of Object.entries(shapes)) {
  const questions = Array.from({ length: Number(items) }, (_, q) => {
    const context = [...ids(examples, 5), ...ids(question, q * 17 + 3)];
    return [1, 2, 3, 4].map((o) => ({ context, continuation: ids(option, q + 101 * o) }));
  });
  /** Items a second. */
  const rate = async (isShared: boolean): Promise<number> => {
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
  };
  await rate(true); // loads the program for these shapes
  const [shared, alone] = [await rate(true), await rate(false)];
  const rates = `shared ${shared.toFixed(1)} items/s, alone ${alone.toFixed(1)}`;
  console.log(`${name}: ${rates}, ${(shared / alone).toFixed(2)} x`);
}
