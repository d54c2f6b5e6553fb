import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadTokenizer } from "../../src/media/text/index.ts";
import { root, runOnefold } from "./run-onefold.ts";
import { createTinyModel, type TinyModel } from "./tiny-model.ts";

let model: TinyModel;
beforeAll(async () => {
  model = await createTinyModel();
});
afterAll(() => model[Symbol.dispose]());

const idsOf = async (text: string): Promise<number[]> =>
  Array.from((await loadTokenizer(model.folder)).encode(text));

test("a text argument prints its ids on one line", async () => {
  const { code, stdout, stderr } = await runOnefold(["tokenize", model.folder, "one two 你好"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe(`${(await idsOf("one two 你好")).join(" ")}\n`);
});

test("--json with files prints one list a file, in order", async () => {
  const files = ["one two<|im_end|>", "", "  spaces \n"].map((text, index) => {
    const path = join(model.folder, `${index}.txt`);
    writeFileSync(path, text);
    return { path, text };
  });
  const args = files.flatMap(({ path }) => ["--file", path]);
  const { code, stdout } = await runOnefold(["tokenize", model.folder, "--json", ...args]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(await Promise.all(files.map(({ text }) => idsOf(text))));
});

test("standard input is read when there is neither text nor file, byte for byte", async () => {
  const input = "one\ntwo\n";
  const { stdout } = await runOnefold(["tokenize", model.folder, "--json"], { input });
  expect(JSON.parse(stdout)).toEqual([await idsOf(input)]);
});

test("--no-specials takes control tokens as plain text", async () => {
  const args = ["tokenize", model.folder, "<|im_end|>", "--json"];
  const [[special]] = JSON.parse((await runOnefold(args)).stdout);
  const [plain] = JSON.parse((await runOnefold([...args, "--no-specials"])).stdout);
  expect(special).toBe((await idsOf("<|im_end|>"))[0]);
  expect(plain).not.toContain(special);
});

test("a text and a file together are wrong usage", async () => {
  const args = ["tokenize", model.folder, "text", "--file", "x"];
  expect(await runOnefold(args)).toMatchObject({
    code: 2,
    stderr: "onefold: give a text or --file, not both\n",
  });
});

test("Ctrl-C while waiting for input ends with exit code 130", async () => {
  const child = spawn(process.execPath, [
    join(root, "bin/onefold.js"),
    "tokenize",
    model.folder,
    "--file",
    "-",
    "--json",
  ]);
  const code = await new Promise((resolve) => {
    child.on("close", resolve);
    // More than a pipe holds: when all of it is written, the command is up and reading.
    child.stdin.write("one ".repeat(2 ** 20), () => child.kill("SIGINT"));
  });
  expect(code).toBe(130);
});

test("a reader that goes away is no error", async () => {
  const path = join(model.folder, "large.txt");
  writeFileSync(path, "0 1 2 3 4 5 6 7 8 9\n".repeat(100_000));
  const bin = join(root, "bin/onefold.js");
  const child = spawn(process.execPath, [bin, "tokenize", model.folder, "--file", path]);
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  child.stdout.once("data", () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});
