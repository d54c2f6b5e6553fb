/** A folder of training runs that a test writes, and the server that shows it. */

import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createApp, createModelPool } from "../../src/serve/index.ts";

/** A line of metrics.jsonl as `onefold train` writes it. */
export const metricsLine = (step: number, values: object = {}): string =>
  `${JSON.stringify({
    step,
    loss: 4 / step,
    gradientNorm: 1,
    learningRate: 1e-3,
    tokens: 100,
    supervised: 90,
    metrics: {},
    sums: {},
    gradientSeconds: 0.4,
    optimizerSeconds: 0.1,
    tokensPerSecond: 200,
    ...values,
  })}\n`;

export interface RunsFolder {
  readonly root: string;
  path(...parts: string[]): string;
  write(file: string, text: string): void;
  append(file: string, text: string): void;
  /** Moves a file's or folder's time into the past. */
  age(file: string, seconds: number): void;
}

export function runsFolder(): RunsFolder {
  const root = mkdtempSync(join(tmpdir(), "onefold-runs-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = (...parts: string[]): string => join(root, ...parts);
  return {
    root,
    path,
    write(file, text) {
      mkdirSync(join(path(file), ".."), { recursive: true });
      writeFileSync(path(file), text);
    },
    append: (file, text) => appendFileSync(path(file), text),
    age(file, seconds) {
      const time = Date.now() / 1000 - seconds;
      utimesSync(path(file), time, time);
    },
  };
}

/** Asks a server without a socket. */
export function asking(runs: string | undefined, options: Parameters<typeof createApp>[1] = {}) {
  const app = createApp(createModelPool([]), { runs, ...options });
  return async <T>(path: string, headers: Record<string, string> = {}) => {
    const response = await app.fetch(new Request(`http://localhost${path}`, { headers }));
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    const body = (isJson ? JSON.parse(text) : undefined) as T; // what the test asked for
    return { status: response.status, response, text, body };
  };
}
