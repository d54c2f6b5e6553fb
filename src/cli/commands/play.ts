/** `onefold play mtr-bench TASK`: a benchmark's game in the terminal. */

import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import {
  type Episode,
  findMtrBenchTask,
  makeInstance,
  mtrBenchLevels,
  mtrBenchTasks,
  oraclePlayer,
  type Player,
  playEpisode,
  randomPlayer,
} from "../../evaluate/index.ts";
import { UsageError } from "../errors.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { integer } from "../options.ts";
import { formatTable } from "../render.ts";

interface PlayFlags {
  readonly level: string;
  readonly seed: number;
  readonly index: number;
  readonly player: string;
}

export function define(command: Command, io: Io): void {
  command
    .argument("<benchmark>", "mtr-bench")
    .argument("[task]", "a task's name, or `list`", "list")
    .option("--level <level>", "easy, medium or hard", "easy")
    .option("--seed <n>", "same seed, same games", integer({ min: 0 }), 1)
    .option("--index <n>", "which game of the seed", integer({ min: 0 }), 0)
    .option("--player <who>", "you, or to watch: oracle or random", "you")
    .action(async (benchmark: string, name: string, flags: PlayFlags, self: Command) => {
      if (benchmark !== "mtr-bench") {
        throw new UsageError(`no games of "${benchmark}"; expected mtr-bench`);
      }
      const json = self.optsWithGlobals().json === true;
      await (name === "list" ? list(io, json) : start(io, name, flags, json));
    })
    .addHelpText("after", examples);
}

const examples = `
Examples:
  onefold play mtr-bench list
  onefold play mtr-bench BitQuery --level easy --seed 1
  onefold play mtr-bench XORBreaking --player oracle

A command need not name its verb: "1 2" is the first of the forms that the game shows. Ctrl-D leaves.`;

/** Input ended, by Ctrl-D or the end of a pipe. */
class LeftError extends Error {}

async function list(io: Io, json: boolean): Promise<void> {
  const rows = mtrBenchTasks.map(({ name, class: kind, goal, budget, bound }) => {
    return { name, class: kind, goal, budget, bound };
  });
  if (json) return writeJson(io, rows);
  await writeLine(io, formatTable(rows.map((row) => [row.class, row.name, row.goal])));
}

async function start(io: Io, name: string, flags: PlayFlags, json: boolean): Promise<void> {
  const level = mtrBenchLevels.find((l) => l === flags.level);
  if (!level) throw new UsageError(`--level ${flags.level}: expected easy, medium or hard`);
  const task = findMtrBenchTask(name);
  const instance = makeInstance(task, level, flags.seed, flags.index);
  const lines = createInterface({
    input: io.stdin,
    output: io.stdin.isTTY ? io.stderr : undefined,
  });
  const replies = lines[Symbol.asyncIterator]();
  const say = (text: string): unknown => (json ? undefined : io.stdout.write(`${text}\n`));
  const players: Readonly<Record<string, Player>> = {
    oracle: oraclePlayer(task, instance),
    random: randomPlayer(task, instance, flags.seed),
    async you() {
      const { value, done } = await replies.next();
      if (done) throw new LeftError();
      // A person need not type the verb: "1 2" is the first kind of command.
      return task.verbs.some((v) => value.toLowerCase().includes(v.toLowerCase()))
        ? value
        : `${task.verbs[0]}: ${value}`;
    },
  };
  const player = Object.hasOwn(players, flags.player) ? players[flags.player] : undefined;
  if (!player) throw new UsageError(`--player ${flags.player}: expected you, oracle or random`);
  say(instance.prompt);
  const signal = io.interruptible();
  // A terminal in raw mode hands Ctrl-C to the line editor, which would only close itself.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  signal.addEventListener("abort", () => lines.close());
  const onTurn = ({ turns }: Episode): void => {
    const { reply, feedback } = turns[turns.length - 1];
    if (flags.player !== "you") say(`> ${reply}`);
    say(feedback);
  };
  try {
    const episode = await playEpisode(task, instance, player, { signal, onTurn });
    const { status, turns } = episode;
    if (json) return await writeJson(io, { id: instance.id, status, turns });
    say(`${status} after ${turns.length} turns; the reference player took ${instance.oracleTurns}`);
  } catch (error) {
    if (!(error instanceof LeftError)) throw error;
    signal.throwIfAborted();
    await writeLine({ ...io, stdout: io.stderr }, "you left before the game ended");
    io.exitCode = 1;
  } finally {
    lines.close();
  }
}
