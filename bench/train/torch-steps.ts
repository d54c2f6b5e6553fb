/** PyTorch's steps, one when asked for, from bench/torch/train_step.py in a process of its own. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface TorchSteps {
  readonly version: string;
  readonly parameters: number;
  readonly threads: number;
  /** Milliseconds of one more step. */
  step(): Promise<number>;
  close(): void;
}

/** @returns undefined where `python` does not start or has no torch */
export async function startTorch(
  python: string,
  args: readonly string[],
): Promise<TorchSteps | undefined> {
  const script = fileURLToPath(new URL("../torch/train_step.py", import.meta.url));
  const child = spawn(python, [script, "--stdin", ...args], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.on("error", () => {}); // no such program: the lines end, which says it
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Record<string, unknown> | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : (JSON.parse(value) as Record<string, unknown>);
  };
  const described = await next();
  const isReady = described && (await next())?.ready === true;
  if (!isReady) return undefined;
  return {
    version: String(described.torch),
    parameters: Number(described.parameters),
    threads: Number(described.threads),
    async step() {
      child.stdin.write("step\n");
      const line = await next();
      if (line === undefined) throw new Error("bench: the PyTorch process ended");
      return Number(line.ms);
    },
    close: () => child.stdin.end("quit\n"),
  };
}
