/** Runs of `onefold eval` that tests make with a model that says what they tell it. */

import { defineTask, type EvalModel, evaluate, writeResults } from "../../src/evaluate/index.ts";

/** What a page would do if it took a model's text for HTML. */
export const HOSTILE =
  "</script><script>document.title = 'owned'</script><img src=x onerror=alert(1)>";

/** A run of the items `w0`, `w1`, ... whose right answers are "yes". */
export async function writeEvaluation(out: string, name: string, answers: readonly string[]) {
  const model: EvalModel = {
    name,
    identity: name,
    concurrency: 1,
    generate: (requests) =>
      Promise.resolve(
        requests.map(({ prompt }) => {
          const text = answers[Number(prompt)]!;
          return { text, finishReason: "stop", promptTokens: 1, completionTokens: 1 };
        }),
      ),
    usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]() {},
  };
  const task = defineTask({
    name: "words",
    kind: "generate_until",
    items: () => answers.map((_, i) => ({ id: `w${i}`, doc: { number: i } })),
    text: (doc) => String(doc.number),
    target: () => "yes",
  });
  const evaluation = await evaluate({ model, tasks: [task], out });
  await writeResults(out, model, evaluation);
}
