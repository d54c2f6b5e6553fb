/** Prepared samples of the generalist's tasks, and of the text skills that it must not forget. */

import { createRandom } from "../../../src/nn/random.ts";
import {
  type PreparedSample,
  type PrepareOptions,
  parseInstruction,
  planOf,
  prepareSample,
  type TrainTask,
} from "../../../src/task/index.ts";
import { FOLLOW_UP_SHARE, generate } from "../data.ts";
import type { Render } from "../render.ts";
import { toSequence } from "../tokenizer.ts";
import { run } from "./config.ts";
import type { GeneralistTask } from "./tasks.ts";

/** A task over a generated world. */
export function worldTask(task: GeneralistTask, preparation: PrepareOptions): TrainTask {
  const plans = task.instructions.map((text) => planOf(parseInstruction(text)));
  return {
    name: task.name,
    weight: task.weight,
    lossScale: task.lossScale,
    async samples(k) {
      const random = createRandom(run.seed, `${task.name} ${k}`);
      const samples: PreparedSample[] = [];
      for (let i = 0; i < run.poolSize; i++) {
        const { record } = task.draw(random, "train");
        const plan = plans[random.below(plans.length)];
        const sample = await prepareSample(plan, record, { ...preparation, random });
        samples.push(
          task.isSpelled ? spelled(sample, record.answer as string, preparation) : sample,
        );
      }
      return samples;
    },
  };
}

/** With an answer one character at a time, as the text model learned words that it edits. */
function spelled(
  { groups, target }: PreparedSample,
  answer: string,
  { vocabulary }: PrepareOptions,
): PreparedSample {
  if (target.kind !== "tokens") throw new Error("only text can be spelled");
  const end = target.ids.at(-1)!;
  const ids = [
    // A blank between lines is a character too, which encoding a text would trim.
    ...Array.from(answer).flatMap((c) => Array.from(vocabulary.tokenizer.encode(c))),
    end,
  ];
  return { groups, target: { ...target, ids } };
}

/** Share of micro-batches that are the text model's own examples, beside those of tasks.ts. */
const TEXT_WEIGHT = 11;

/** The text model's examples: prompt as source, thinking and answer as target. */
export const textTask = (
  render: Render,
  tokenizer: PrepareOptions["vocabulary"]["tokenizer"],
  weight = TEXT_WEIGHT,
): TrainTask => ({
  name: "text",
  weight,
  async samples(k) {
    const seed = `generalist/${run.seed}/${k}`;
    const examples = generate({
      seed,
      split: "train",
      n: run.poolSize,
      followUps: FOLLOW_UP_SHARE,
    });
    return examples.map((example): PreparedSample => {
      const { tokens, learned } = toSequence(example, render, tokenizer);
      const ids = Array.from(tokens);
      const first = Array.from(learned).indexOf(1);
      return {
        groups: [{ kind: "text", ids: ids.slice(0, first - 1) }],
        target: { kind: "tokens", start: ids[first - 1], ids: ids.slice(first), prefix: 0 },
      };
    });
  },
});
