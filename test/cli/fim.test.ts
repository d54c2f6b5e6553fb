/** `onefold fim` as a user runs it, on a model whose next token is known. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTinyChat, type TinyChat } from "../generate/tiny-chat.ts";
import { runOnefold } from "./run-onefold.ts";

let tiny: TinyChat;
let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  const marks = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"];
  tiny = await createTinyChat({
    specials: [...marks, "<|repo_name|>", "<|file_sep|>"],
    chains: [
      ["<|fim_middle|>", "x", "+", "y", "<|endoftext|>"],
      ["!", "?", "<|endoftext|>"],
    ],
  });
  folder = mkdtempSync(join(tmpdir(), "onefold-fim-"));
  writeFileSync(file("main.py"), "z = <|cursor|>\n");
  writeFileSync(file("other.py"), "o".repeat(4000));
  writeFileSync(file("before.txt"), "go!");
  writeFileSync(file("after.txt"), "");
  writeFileSync(file("twice.py"), "@ @");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  tiny[Symbol.dispose]();
});

test("writes the middle alone to standard output", async () => {
  const outcome = await runOnefold(["fim", tiny.folder, file("main.py")]);
  expect(outcome).toEqual({ code: 0, stdout: "x+y", stderr: "" });
});

test("takes prefix and suffix from files; without a suffix the text goes on", async () => {
  const before = ["fim", tiny.folder, "--prefix-file", file("before.txt")];
  expect(await runOnefold(before)).toEqual({ code: 0, stdout: "?", stderr: "" });
  const both = await runOnefold([...before, "--suffix-file", file("after.txt")]);
  expect(both).toEqual({ code: 0, stdout: "x+y", stderr: "" });
});

test("says which files of the repository did not fit", async () => {
  const args = ["fim", tiny.folder, file("main.py"), "--repo", folder, "--max-tokens", "4"];
  const outcome = await runOnefold(args);
  expect(outcome).toMatchObject({ code: 0, stdout: "x+y" });
  expect(outcome.stderr).toContain("left out, too long: other.py\n");
  const { stdout } = await runOnefold([...args, "--json"]);
  const { usage, ...rest } = JSON.parse(stdout);
  expect(rest).toMatchObject({ completion: "x+y", finishReason: "stop", leftOut: ["other.py"] });
  expect(usage.promptTokens).toBeGreaterThan(10);
});

test.each([
  [["main.py", "--cursor", "@"], `the cursor's mark "@" is not there`, 1],
  [["twice.py", "--cursor", "@"], "is there more than once", 1],
  [["none.py"], "none.py", 1],
  [[], "give a marked file, or --prefix-file", 2],
])("refuses %s", async ([name, ...flags], message, code) => {
  const marked = name === undefined ? [] : [file(name)];
  const outcome = await runOnefold(["fim", tiny.folder, ...marked, ...flags]);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(message);
  expect(outcome.stderr.trimEnd().split("\n").length).toBeLessThan(4);
});
