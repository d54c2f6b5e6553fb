import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const child = new URL("other-engine-child.ts", import.meta.url).pathname;
const run = promisify(execFile);

test.each([
  ["theirs", "ours", "ours", "theirs"],
  ["ours", "theirs", "ours"],
])("onnxruntime-node in the same process: %s first", { timeout: 60_000 }, async (...order) => {
  const { stdout } = await run(process.execPath, ["--import", "tsx", child, ...order]);
  const expected = order.map((engine) => (engine === "ours" ? "ours 2,4" : "theirs 6,8"));
  expect(stdout.trim()).toBe(expected.join("; "));
});
