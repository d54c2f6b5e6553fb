/** Training steps in a process of their own, one when asked for: bench/torch/*.py and lora-child.ts. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface StepProcess {
  /** What the process says about itself: versions, threads, parameters. */
  readonly described: Readonly<Record<string, unknown>>;
  /** Milliseconds of one more step. */
  step(): Promise<number>;
  /** Highest resident memory so far, in bytes; of a process that tells it. */
  peak(): Promise<number>;
  /** Milliseconds of a step by operator; of a process that tells them. */
  operators(): Promise<Readonly<Record<string, number>>>;
  close(): void;
}

/** @returns undefined where the program does not start, or lacks what it needs (such as torch) */
export async function startSteps(
  program: string,
  args: readonly string[],
): Promise<StepProcess | undefined> {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
  child.on("error", () => {}); // no such program: the lines end, which says it
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown> | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : (JSON.parse(value) as Record<string, unknown>);
  };
  const described = await next();
  const isReady = described && (await next())?.ready === true;
  if (!isReady) return undefined;
  const ask = async (word: string): Promise<Record<string, unknown>> => {
    child.stdin.write(`${word}\n`);
    const line = await next();
    if (line === undefined) throw new Error(`bench: ${program} ${args[0]} ended`);
    return line;
  };
  return {
    described,
    step: async () => Number((await ask("step")).ms),
    peak: async () => Number((await ask("memory")).peak),
    operators: async () => (await ask("profile")).ops as Record<string, number>, // our own children
    close: () => child.stdin.end("quit\n"),
  };
}
