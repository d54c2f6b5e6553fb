/** `trainFromConfig` in a process of its own, to be killed: kill-child.ts CONFIG. */

import { trainFromConfig } from "../../src/train/index.ts";

await trainFromConfig(process.argv[2]!, {
  onStep: ({ step }) => process.stdout.write(`${step}\n`),
});
