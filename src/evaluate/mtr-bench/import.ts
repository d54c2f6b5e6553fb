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

/** A line that holds no instance: a benchmark counts it as failed, for this reason. */
export interface MalformedInstance {
  readonly id: string;
  readonly problem: string;
}

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
export const parsePaperInstances = (
  text: string,
  file: string,
  rounds: number = PAPER_ROUNDS,
): Instance[] => linesOf(text, file).map(({ line, where }) => parseLine(line, where, rounds));

/** As `parsePaperInstances`, from a file; a line that does not fit is told in its place. */
export async function readPaperInstances(
  file: string,
  rounds: number = PAPER_ROUNDS,
): Promise<(Instance | MalformedInstance)[]> {
  return linesOf(await readFile(file, "utf8"), file).map(({ line, where }) => {
    try {
      return parseLine(line, where, rounds);
    } catch (error) {
      return { id: where, problem: (error as Error).message }; // parseLine throws Errors alone
    }
  });
}

const linesOf = (text: string, file: string): { line: string; where: string }[] =>
  text
    .split("\n")
    .map((line, i) => ({ line, where: `${file}, line ${i + 1}` }))
    .filter(({ line }) => line.trim() !== "");

function parseLine(text: string, where: string, rounds: number): Instance {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${where}: no JSON`, { cause: error });
  }
  const line = new PaperLine(value, where);
  const title = line.text("title");
  const task: Task = findTask(titles[title] ?? title);
  const found = line.text("difficulty");
  const level = LEVELS.find((l) => l === found);
  if (!level) {
    throw new Error(`${where}: "difficulty" is "${found}"; expected ${LEVELS.join(", ")}`);
  }
  const { view, state } = task.fromPaper(line);
  const number = line.text("question_id");
  const isGame = line.has("turns");
  const budget = isGame ? line.number("turns") : rounds;
  const prompt = line.text("prompt");
  const instance: Instance = {
    id: `${task.class}.${task.name}.${level}.paper.${number}`,
    task: task.name,
    level,
    // The published monitors draw unseeded: ours draw from the instance's number.
    seed: createRandom(0, number).below(2 ** 31),
    rules: "paper",
    view,
    state,
    prompt: isGame ? prompt : withRounds(prompt, rounds),
    budget,
    oracleTurns: 0,
    draws: 0,
  };
  return { ...instance, oracleTurns: solve(task, instance) };
}

/** The published runner tells the rounds before the text's last sentence. */
function withRounds(prompt: string, rounds: number): string {
  const end = prompt.indexOf("\n\nReady to start");
  const at = end < 0 ? prompt.length : end;
  return `${prompt.slice(0, at)}\n- You have at most ${rounds} rounds.${prompt.slice(at)}`;
}
