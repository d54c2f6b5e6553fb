// Post-trains the default model at length, for shipping: the recipe's stages, one seed.
// npx tsx recipes/qwen3-post-training/build.ts --run runs/post-training
// Goes on where an earlier call was killed; prints the folder of the last stage's model.
import { parseArgs } from "node:util";
import { coldStart, fusion, generalRl, reasoningRl } from "./stages.ts";
import { DEFAULT_MODEL, openWorkshop } from "./workshop.ts";

const { values } = parseArgs({
  options: {
    run: { type: "string", default: "runs/post-training" },
    from: { type: "string", default: DEFAULT_MODEL },
  },
});
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
let last = 0;
const shop = await openWorkshop({
  seed: 100,
  fingerprint: "build",
  dir: values.run,
  signal: stop.signal,
  progress: (_, note) => {
    if (performance.now() - last < 5000) return;
    last = performance.now();
    console.log(note);
  },
});
const rl = { questions: 32, answers: 8, learningRate: 1e-4 };
const cold = await coldStart(shop, values.from, { steps: 600, learningRate: 1e-3 });
const reasoned = await reasoningRl(shop, cold, { ...rl, rounds: 60 });
const fused = await fusion(shop, reasoned, { steps: 900, learningRate: 7e-4, questions: 12_000 });
console.log(await generalRl(shop, fused, { ...rl, rounds: 60 }));
process.exit(0);
