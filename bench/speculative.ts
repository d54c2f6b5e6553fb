/**
 * Speculative decoding on a trained checkpoint: answers that repeat their prompt and answers that
 * do not, with guesses of several lengths beside none. Answers are the same; only time differs.
 * Guesses come from the text before or, with `--by mtp`, from the checkpoint's own multi-token
 * prediction (which random weights guess wrong with).
 *
 *   npx tsx bench/speculative.ts [DIR] [--by lookup] [--tokens 96] [--rounds 3] [--guess 2,4,8]
 *                                [--cpu]
 */

import { parseArgs } from "node:util";
import { createEngine } from "../src/generate/engine/engine.ts";
import { type Engine, speculations } from "../src/generate/engine/types.ts";
import { loadTokenizer } from "../src/media/text/index.ts";
import { loadModel } from "../src/models/load.ts";
import {
  computed,
  describeMachine,
  elapsed,
  interleave,
  machine,
  printTable,
  type Row,
} from "./support.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    by: { type: "string", default: "lookup" },
    cpu: { type: "boolean", default: false },
    tokens: { type: "string", default: "96" },
    rounds: { type: "string", default: "3" },
    guess: { type: "string", default: "2,4,8" },
  },
});
const by = speculations.find((each) => each === values.by);
if (!by) throw new Error(`--by must be one of ${speculations.join(", ")}, is ${values.by}`);
const before = machine();
using model = await loadModel(positionals[0] ?? "models/onefold-mini");
const tokenizer = await loadTokenizer(model.dir);
const maxTokens = Number(values.tokens);

const list = "red apple, green pear, blue plum, white grape, black cherry, brown fig";
const turn = (text: string): string =>
  `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n`;
const texts = {
  "text that repeats itself": `${`${list}. `.repeat(6)}red apple,`,
  "asked to repeat": turn(`Repeat this text: ${list}.`),
  "asked something new": turn("What is 27 + 48?"),
};

/** The answer's ids, whatever they mean: stop tokens do not end it, so that lengths are equal. */
async function answer(engine: Engine, text: string): Promise<number[]> {
  const tokens: number[] = [];
  const prompt = tokenizer.encode(text);
  for await (const { token } of engine.generate({ prompt, maxTokens })[0]!) tokens.push(token);
  return tokens;
}

const guesses = [0, ...values.guess.split(",").map(Number)];
const engines: Engine[] = [];
for (const guess of guesses) {
  const guessing = guess > 0 ? { speculate: by, guesses: guess } : {};
  engines.push(await createEngine(model, tokenizer, { slots: 1, context: 512, ...guessing }));
}
const rows: Row[] = [];
for (const [name, text] of Object.entries(texts)) {
  const answers: number[][] = [];
  const times = await interleave(
    engines.map((engine, i) => async () => {
      answers[i] = await answer(engine, text);
    }),
    Number(values.rounds),
    values.cpu ? computed : elapsed,
  );
  const same = answers.every((tokens) => `${tokens}` === `${answers[0]}`);
  guesses.forEach((guess, i) => {
    if (i === 0) return;
    const rate = (at: number): string =>
      ((1000 * answers[at]!.length) / times[at]!.median).toFixed(1);
    rows.push({
      name: `${name}, ${guess} guessed${same ? "" : " (answers differ)"}`,
      measured: `${rate(i)} tokens/s`,
      reference: `${rate(0)} without`,
      ratio: times[0]!.median / times[i]!.median,
      target: { min: 1 },
    });
  });
}
for (const engine of engines) engine[Symbol.dispose]();
console.log(`before: ${describeMachine(before)}\nafter:  ${describeMachine(machine())}\n`);
printTable(rows);
