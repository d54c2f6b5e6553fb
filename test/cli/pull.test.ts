import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { describePull } from "../../src/cli/pull-progress.ts";
import { runOnefold } from "./run-onefold.ts";

const home = mkdtempSync(join(tmpdir(), "onefold-pull-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const env = { HF_HOME: home, HF_HUB_CACHE: "" };

test("--offline finds a cached model and prints its folder", async () => {
  const commit = "0123456789abcdef0123456789abcdef01234567";
  const repository = join(home, "hub/models--org--name");
  mkdirSync(join(repository, "refs"), { recursive: true });
  mkdirSync(join(repository, "snapshots", commit), { recursive: true });
  writeFileSync(join(repository, "refs/main"), commit);
  const folder = join(repository, "snapshots", commit);
  const plain = await runOnefold(["pull", "org/name", "--offline"], { env });
  expect(plain).toEqual({ code: 0, stdout: `${folder}\n`, stderr: "" });
  const json = await runOnefold(["--json", "pull", "org/name", "--offline"], { env });
  expect(JSON.parse(json.stdout)).toEqual({ model: "org/name", folder });
});

test.each([
  [["pull", "org/absent", "--offline"], "org/absent"],
  [["pull", "not a model id"], "not a model id"],
])("%j fails with one sentence", async (args, named) => {
  const { code, stdout, stderr } = await runOnefold(args, { env });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^onefold: [^\n]+\n$/);
  expect(stderr).toContain(named);
});

test("progress is worded for people, before and after the speed is known", () => {
  const progress = {
    file: "model.safetensors",
    filesDone: 2,
    filesTotal: 9,
    bytesDone: 256 * 2 ** 20,
    bytesTotal: 2 ** 30,
  };
  expect(describePull({ ...progress, bytesPerSecond: undefined, secondsLeft: undefined })).toBe(
    "model.safetensors (3/9): 25 %, 256 MiB of 1.00 GiB",
  );
  expect(describePull({ ...progress, bytesPerSecond: 2 ** 24, secondsLeft: 48 })).toBe(
    "model.safetensors (3/9): 25 %, 256 MiB of 1.00 GiB, 16.0 MiB/s, ETA 0:48",
  );
});
