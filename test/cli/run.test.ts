import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTinyChat, type TinyChat } from "../generate/tiny-chat.ts";
import { root, runOnefold } from "./run-onefold.ts";

const chain = ["<think>", "a", "b", "c", "</think>", "\n\n", "w", "x", "y", "z", "<|im_end|>"];
let tiny: TinyChat;
let endless: TinyChat;
beforeAll(async () => {
  tiny = await createTinyChat({ chains: [["<|im_start|>", ...chain]] });
  endless = await createTinyChat({
    chains: [["<|im_start|>", "a", "b", "a"]],
    maxPositions: 1_000_000,
  });
});
afterAll(() => {
  tiny[Symbol.dispose]();
  endless[Symbol.dispose]();
});

const run = (args: readonly string[], input?: string) =>
  runOnefold(["run", tiny.folder, ...args], { ...(input === undefined ? {} : { input }) });

test("a prompt gives the answer alone, and exit code 0", async () => {
  expect(await run(["hi", "--temperature", "0"])).toEqual({
    code: 0,
    stdout: "wxyz\n",
    stderr: "",
  });
});

test("--json gives one object with thinking, text and numbers", async () => {
  const { stdout } = await run(["hi", "--temperature", "0", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    prompt: "hi",
    thinking: "abc",
    text: "wxyz",
    finishReason: "stop",
    tokens: 11,
  });
  const hidden = await run(["hi", "--temperature", "0", "--json", "--hide-thinking"]);
  expect(JSON.parse(hidden.stdout)).toMatchObject({ thinking: "", text: "wxyz" });
});

test("every line of a pipe is a prompt of one conversation", async () => {
  const { code, stdout } = await run(
    ["--no-think", "--temperature", "0", "--json"],
    "one\n\ntwo\n",
  );
  const answers = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(code).toBe(0);
  expect(answers.map(({ prompt, thinking, text }) => [prompt, thinking, text])).toEqual([
    ["one", "", "wxyz"],
    ["two", "", "wxyz"],
  ]);
  expect(answers[1].promptTokens).toBeGreaterThan(answers[0].promptTokens + 10);
});

test("options reach the generation", async () => {
  const json = async (...args: string[]) =>
    JSON.parse((await run(["hi", "--temperature", "0", "--json", ...args])).stdout);
  expect(await json("--max-tokens", "3")).toMatchObject({ thinking: "ab", finishReason: "length" });
  expect(await json("--stop", "yz", "--stop", "q")).toMatchObject({ text: "wx" });
  expect((await json("--thinking-budget", "1")).thinking).toMatch(/^a\n\nConsidering/);
  expect(await json("--raw")).toMatchObject({ thinking: "", promptTokens: 2 });
});

test("wrong usage exits with 2, other errors with 1, in one sentence each", async () => {
  const usage = await run(["hi", "--top-p", "3"]);
  expect(usage).toMatchObject({ code: 2, stdout: "" });
  expect(usage.stderr).toContain("give a number between 0 and 1");
  expect(await run(["hi", "--raw", "--system", "x"])).toMatchObject({ code: 2 });
  expect(await run(["  "])).toMatchObject({ code: 2, stderr: "onefold: the prompt is empty\n" });
  const long = await run(["x".repeat(400)]);
  expect(long.code).toBe(1);
  expect(long.stderr).toMatch(
    /^onefold: \d+ tokens do not fit into the model's context of 256;.*\n$/,
  );
  const missing = await runOnefold(["run", join(tiny.folder, "nowhere"), "hi"]);
  expect(missing.code).toBe(1);
  expect(missing.stderr.trimEnd().split("\n")).toHaveLength(1);
  const word = await runOnefold(["run", "hello"]);
  expect(word.stderr).toMatch(
    /; a prompt of one word needs its model before it: `onefold run MODEL/,
  );
});

test("Ctrl-C stops the answer, keeps what was said, and exits with 130", async () => {
  const args = [join(root, "bin/onefold.js"), "run", endless.folder, "go", "--temperature", "0"];
  const child = spawn(process.execPath, args);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (stdout === "") child.kill("SIGINT");
    stdout += text;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code).toBe(130);
  expect(stdout).toMatch(/^(ab)*a?\n$/); // however early the interruption came
  expect(stdout).toContain("a");
});
