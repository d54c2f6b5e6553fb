/** Reads instances in the published format, which users have on their own disks. */

import { readFile } from "node:fs/promises";
import { createRandom } from "../../nn/random.ts";
import { type Instance, solve } from "./instance.ts";
import { PaperLine } from "./paper-line.ts";
import { LEVELS, type Task } from "./task.ts";
import { findTask } from "./tasks.ts";

/** Rounds of the published command line for the classes IP, DA and SO. */
const PAPER_ROUNDS = 10;

/** Titles of the published files that are not the tasks' names. */
const titles: Readonly<Record<string, string>> = {
  AssiutGuess: "AssiutChess",
  DarkMazeExplorer: "DarkMaze",
  GridSum: "GridGame",
};

/**
 * Instances of a published `LEVEL.jsonl` under the published rules: its own prompt, 10 rounds (the
 * instance's `turns` in games), one invalid command ends the game.
 *
 * @param text the file's content, one JSON object a line
 * @param file its name, for errors
 * @param rounds the published command line's `max_round`
 * @throws Error that names file, line and field of what does not fit
 * @example
 * const instances = parsePaperInstances(await readFile("easy.jsonl", "utf8"), "easy.jsonl");
 */
export function parsePaperInstances(
  text: string,
  file: string,
  rounds: number = PAPER_ROUNDS,
): Instance[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const where = `${file}, line ${i + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new Error(`${where}: no JSON`, { cause: error });
    }
    return [instanceOf(new PaperLine(value, where), where, rounds)];
  });
}

/** As `parsePaperInstances`, from a file. */
export const readPaperInstances = async (file: string, rounds?: number): Promise<Instance[]> =>
  parsePaperInstances(await readFile(file, "utf8"), file, rounds);

function instanceOf(line: PaperLine, where: string, rounds: number): Instance {
  const title = line.text("title");
  const task: Task = findTask(titles[title] ?? title);
  const found = line.text("difficulty");
  const level = LEVELS.find((l) => l === found);
  if (!level) {
    throw new Error(`${where}: "difficulty" is "${found}"; expected ${LEVELS.join(", ")}`);
  }
  const { view, state } = task.fromPaper(line);
  const number = line.text("question_id");
  const instance: Instance = {
    id: `${task.class}.${task.name}.${level}.paper.${number}`,
    task: task.name,
    level,
    // The published monitors draw unseeded: ours draw from the instance's number.
    seed: createRandom(0, number).below(2 ** 31),
    rules: "paper",
    view,
    state,
    prompt: line.text("prompt"),
    budget: line.has("turns") ? line.number("turns") : rounds,
    oracleTurns: 0,
    draws: 0,
  };
  return { ...instance, oracleTurns: solve(task, instance) };
}
