// Exact-match accuracy per skill on held-out questions:
// npx tsx recipes/onefold-mini/evaluate.ts --model models/onefold-mini --n 100 --json results.json
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { argmax, createDecoderSession, type DecoderSession } from "../../src/generate/index.ts";
import { loadTokenizer, type Tokenizer } from "../../src/media/text/index.ts";
import { loadModel } from "../../src/models/index.ts";
import { accuracyTable, type Scores } from "./accuracy.ts";
import { heldoutExamples } from "./data.ts";
import { grade, visibleReply } from "./grade.ts";
import { loadRender, type Render } from "./render.ts";
import type { Example, Mode } from "./types.ts";

/** Never used in training, whose seeds are numbers of pools. */
const HELDOUT_SEED = "evaluation";
const BATCH = 32;
const MAX_TOKENS = 192;

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "models/onefold-mini" },
    n: { type: "string", default: "100" },
    seed: { type: "string", default: HELDOUT_SEED },
    json: { type: "string" },
    failures: { type: "string", default: "0" },
  },
});

/** Greedy replies, `BATCH` at a time. */
async function replies(
  session: DecoderSession,
  tokenizer: Tokenizer,
  render: Render,
  examples: readonly Example[],
): Promise<string[]> {
  const texts: string[] = [];
  for (let start = 0; start < examples.length; start += BATCH) {
    const group = examples.slice(start, start + BATCH);
    const answers: number[][] = group.map(() => []);
    const isOpen = Array.from({ length: BATCH }, (_, i) => i < group.length);
    for (let i = 0; i < group.length; i++) {
      const { messages, enableThinking } = group[i]!;
      const options = { addGenerationPrompt: true, enableThinking };
      session.truncate(0, i);
      await session.prefill(tokenizer.encode(render(messages.slice(0, -1), options)), { row: i });
    }
    while (isOpen.some(Boolean)) {
      const next = isOpen.map((open, i) => {
        if (!open) return -1;
        const token = argmax(session.logitsOf(i));
        isOpen[i] = token !== tokenizer.eosId && answers[i]!.length < MAX_TOKENS;
        if (isOpen[i]) answers[i]!.push(token);
        return isOpen[i] ? token : -1;
      });
      if (next.some((token) => token >= 0)) await session.step(next);
    }
    for (const answer of answers) texts.push(tokenizer.decode(answer));
  }
  return texts.slice(0, examples.length);
}

function count(table: Scores, skill: string, column: string, isRight: boolean): void {
  table[skill] ??= {};
  table[skill][column] ??= { right: 0, all: 0 };
  table[skill][column].all++;
  if (isRight) table[skill][column].right++;
}

using model = await loadModel(values.model);
using session = await createDecoderSession(model, { batch: BATCH, capacity: 512 });
const tokenizer = await loadTokenizer(model.dir);
const render = await loadRender();
const table: Scores = {};
const tasks: Scores = {};
const columns: { readonly column: string; readonly mode: Mode; readonly isFollowUp?: boolean }[] = [
  { column: "thinking", mode: "default" },
  { column: "direct", mode: "disabled" },
  { column: "follow-up", mode: "default", isFollowUp: true },
];
for (const { column, mode, isFollowUp } of columns) {
  const examples = heldoutExamples(values.seed, Number(values.n), mode, isFollowUp);
  const texts = await replies(session, tokenizer, render, examples);
  const shown: Record<string, number> = {};
  examples.forEach((example, i) => {
    const isRight = grade(example.expect, visibleReply(texts[i]!));
    count(table, example.skill, column, isRight);
    count(tasks, `${example.skill} / ${example.task}`, column, isRight);
    if (column === "thinking") count(table, example.skill, example.language, isRight);
    shown[example.skill] ??= 0;
    if (isRight || mode !== "default" || shown[example.skill]! >= Number(values.failures)) return;
    shown[example.skill]!++;
    const [question, answer] = example.messages.slice(-2);
    console.log(`${example.skill} / ${example.task}: ${JSON.stringify(question!.content)}`);
    console.log(
      `  expected ${JSON.stringify(answer!.reasoning_content)} ${JSON.stringify(answer!.content)}`,
    );
    console.log(`  got      ${JSON.stringify(texts[i])}`);
  });
}

console.log(accuracyTable(table));
if (values.json) {
  const result = { model: values.model, questionsPerSkill: Number(values.n), skills: table, tasks };
  await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
}
process.exit(0);
