import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const child = fileURLToPath(new URL("soak-child.ts", import.meta.url));

/** Growth of a process of its own: the test runner's memory moves by more than is looked for. */
async function soak(...args: string[]): Promise<{ runs: number; sessions: number }> {
  const command = ["--import", "tsx", child, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return JSON.parse(stdout);
}

const limit = 16 << 20;

test("20,000 runs and 200 sessions leave resident memory as it was", async () => {
  const { runs, sessions } = await soak();
  expect(runs).toBeLessThan(limit);
  expect(sessions).toBeLessThan(limit);
}, 120_000);
