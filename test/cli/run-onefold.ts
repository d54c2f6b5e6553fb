/** Runs the real command in a process of its own, as a user does. */

import { spawn } from "node:child_process";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

export function runOnefold(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { NO_COLOR, FORCE_COLOR, ONEFOLD_DEBUG, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, "bin/onefold.js"), ...args], {
    env: { ...inherited, ...options.env },
  });
  child.stdin.on("error", () => {}); // a command that reads no input may end before we write
  child.stdin.end(options.input ?? "");
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ code, stdout, stderr }));
  });
}
