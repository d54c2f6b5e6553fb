// Held-out scores of the generalist's tasks:
// npx tsx recipes/onefold-mini/generalist/evaluate.ts --model models/onefold-generalist --n 100 --json FILE
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Box, Image, Motion } from "../../../src/media/types.ts";
import { wordErrorRate } from "../../../src/metrics/index.ts";
import { createRandom } from "../../../src/nn/random.ts";
import { loadTaskModel, type TaskModel } from "../../../src/task/index.ts";
import {
  createSpeechWorld,
  describeMotions,
  openSpeechPool,
} from "../../../src/task/worlds/index.ts";
import { MOTION } from "./config.ts";
import { describeMotion, isFound, matches, nearestAction } from "./judge.ts";
import { judgeDrawing } from "./judge-drawing.ts";
import { type GeneralistTask, generalistTasks } from "./tasks.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "models/onefold-generalist" },
    speech: { type: "string", default: "runs/speech.bin" },
    n: { type: "string", default: "100" },
    seed: { type: "string", default: "20" },
    only: { type: "string" },
    show: { type: "string", default: "0" },
    json: { type: "string" },
  },
});
const [n, seed, show] = [Number(values.n), Number(values.seed), Number(values.show)];

/** Motions that others are told by. */
const KNOWN = 400;
const bank = createRandom(0, "known motions");
const known = Array.from({ length: KNOWN }, () => {
  const { motion, action } = describeMotions(bank, "train", MOTION);
  return { features: describeMotion(motion), action };
});

interface Score {
  readonly task: string;
  /** What `score` is. */
  readonly measure: string;
  readonly score: number;
  readonly n: number;
  /** Further measures. */
  readonly more: Readonly<Record<string, number>>;
}

async function evaluate(model: TaskModel, task: GeneralistTask): Promise<Score> {
  const random = createRandom(seed, `heldout ${task.name}`);
  const [instruction] = task.instructions;
  let [right, found, given, wanted, ceiling, words] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const { record, references } = task.draw(random, "heldout");
    const answer = await model.infer(instruction, record, { beam: 1, maxLength: 48, seed: i });
    let isRight = false;
    if (task.name === "find") isRight = isFound(answer.box as Box, references[0] as Box);
    else if (task.name === "detect") {
      const [objects] = references as { box: Box; label: string }[][];
      const items = answer.items as { box: Box; label: string }[];
      const both = matches(items, objects);
      found += both;
      given += items.length;
      wanted += objects.length;
      isRight = both === objects.length && items.length === objects.length;
    } else if (task.name === "draw") {
      const given = judgeDrawing(answer.image as Image, record.caption as string);
      const best = judgeDrawing(record.image as Image, record.caption as string);
      isRight = given.isPlaced;
      found += given.isRight ? 1 : 0;
      ceiling += best.isRight ? 1 : 0;
    } else if (task.name === "animate") {
      const [action] = references as string[];
      isRight = nearestAction(describeMotion(answer.motion as Motion), known) === action;
      ceiling += nearestAction(describeMotion(record.motion as Motion), known) === action ? 1 : 0;
    } else {
      isRight = references.includes(answer.answer);
      if (task.name === "listen")
        words += wordErrorRate([answer.answer as string], [references[0] as string]);
    }
    right += isRight ? 1 : 0;
    if (i < show && task.name !== "draw" && task.name !== "animate") {
      const { question } = record;
      console.log(
        `  ${question ? `${question} ` : ""}${JSON.stringify(answer)}  <- ${JSON.stringify(references[0])}`,
      );
    }
  }
  const measures: Readonly<Record<string, string>> = {
    find: "overlap of a half or more",
    detect: "all objects found, and no others",
    draw: "the colours named are where the caption says",
    animate: "nearest known motion is of the action asked for",
  };
  return {
    task: task.name,
    measure: measures[task.name] ?? "exactly a right answer",
    score: right / n,
    n,
    more: {
      ...(task.name === "detect" && { f1: (2 * found) / Math.max(1, given + wanted) }),
      ...(task.name === "draw" && { "shapes too": found / n, "true pictures": ceiling / n }),
      ...(task.name === "animate" && { "true motions": ceiling / n }),
      ...(task.name === "listen" && { "word error rate": words / n }),
    },
  };
}

using model = await loadTaskModel(values.model);
const speech = await createSpeechWorld(openSpeechPool(values.speech));
const scores: Score[] = [];
for (const task of generalistTasks(speech)) {
  if (values.only && !values.only.split(",").includes(task.name)) continue;
  const score = await evaluate(model, task);
  scores.push(score);
  const more = Object.entries(score.more).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  console.log(
    `${score.task.padEnd(15)} ${(100 * score.score).toFixed(0).padStart(3)} %  ${score.measure}  ${more.join(" ")}`,
  );
}
if (values.json) await writeFile(values.json, `${JSON.stringify({ seed, scores }, null, 2)}\n`);
