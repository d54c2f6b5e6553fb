/** Entry of the command line: finds the command, loads it, turns failures into exit codes. */

import { type Command, CommanderError } from "commander";
import { InstructionError } from "../task/grammar/instruction-error.ts";
import { caretLines } from "./caret.ts";
import { type CommandModule, commands } from "./command.ts";
import { describeError, UsageError } from "./errors.ts";
import { INTERRUPTED, type Io, processIo } from "./io.ts";
import { createProgram, usageMessage } from "./program.ts";

/**
 * Runs the command line.
 * @param argv arguments after the program name
 * @returns exit code: 0 done, 1 error, 2 wrong usage, 130 interrupted
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const program = createProgram(io);
  try {
    await addCommands(program, argv, io);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
    return io.exitCode;
  } catch (error) {
    return report(error, program, io);
  }
}

async function addCommands(program: Command, argv: readonly string[], io: Io): Promise<void> {
  const [first, second] = argv.filter((argument) => !argument.startsWith("-"));
  const asked = first === "help" ? second : first;
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(sentence(summary));
    command.option("--json", "print machine-readable JSON");
    const module: CommandModule | undefined = name === asked ? await load() : undefined;
    module?.define(command, io);
  }
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

function report(error: unknown, program: Command, io: Io): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0; // --help and --version end this way
    io.stderr.write(`onefold: ${usageMessage(error, program)}\n`);
    return 2;
  }
  if (isAbort(error)) return INTERRUPTED;
  io.stderr.write(`onefold: ${describeError(error)}\n`);
  if (error instanceof InstructionError) io.stderr.write(`${caretLines(error)}\n`);
  if (io.env.ONEFOLD_DEBUG && error instanceof Error) io.stderr.write(`${formatChain(error)}\n`);
  return error instanceof UsageError || error instanceof InstructionError ? 2 : 1;
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === "AbortError" || error.message === "interrupted");

function formatChain(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by: ${formatChain(error.cause)}` : stack;
}
