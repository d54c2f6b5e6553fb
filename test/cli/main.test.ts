import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/command.ts";
import { root, runOnefold } from "./run-onefold.ts";

test("--help lists every command on standard output", async () => {
  const { code, stdout, stderr } = await runOnefold(["--help"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  for (const { name } of commands) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
});

test("no arguments show the help too", async () => {
  const { code, stdout } = await runOnefold([]);
  expect(code).toBe(0);
  expect(stdout).toContain("Usage: onefold");
});

test("--version prints the package's version", async () => {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  expect(await runOnefold(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test.each(commands.map(({ name }) => name))("%s --help describes its options", async (name) => {
  const { code, stdout, stderr } = await runOnefold([name, "--help"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: onefold ${name}`);
  expect(stdout).toContain("--json");
});

test.each([
  [["docter"], "onefold: unknown command 'docter'; did you mean doctor?\n"],
  [["zzz"], "onefold: unknown command 'zzz'; see `onefold --help`\n"],
  [["doctor", "--jsno"], "onefold: unknown option '--jsno'; did you mean --json?\n"],
  [["info"], "onefold: missing required argument 'model'; see `onefold info --help`\n"],
  [
    ["info", "x", "--context", "many"],
    "onefold: option '--context <tokens>' argument 'many' is invalid: give a whole number; " +
      "see `onefold info --help`\n",
  ],
])("wrong usage %j is one sentence and exit code 2", async (args, sentence) => {
  expect(await runOnefold(args)).toEqual({ code: 2, stdout: "", stderr: sentence });
});

test("a failure is one sentence and exit code 1, with the stack only when asked for", async () => {
  const args = ["info", join(root, "test/no-such-folder")];
  const plain = await runOnefold(args);
  expect(plain.code).toBe(1);
  expect(plain.stdout).toBe("");
  expect(plain.stderr).toMatch(/^onefold: .*no-such-folder.*\n$/);
  const debug = await runOnefold(args, { env: { ONEFOLD_DEBUG: "1" } });
  expect(debug.code).toBe(1);
  expect(debug.stderr).toMatch(/\n\s+at /);
});
