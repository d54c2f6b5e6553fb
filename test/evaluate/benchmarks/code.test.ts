/** Rows are invented, in the published formats. */

import { expect, test, vi } from "vitest";
import { runPython } from "../../../src/evaluate/benchmarks/python-sandbox.ts";
import { createTasks } from "../../../src/evaluate/index.ts";
import { askMini, askWith, folderOf, jsonl, runsPython, scoreOf } from "./ask.ts";

const ifSandboxed = test.skipIf(!runsPython);

const double = {
  task_id: "Test/0",
  prompt: 'def double(x):\n    """Twice x."""\n',
  entry_point: "double",
  canonical_solution: "    return 2 * x\n",
  test: "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(-3) == -6\n",
};

test("without bubblewrap, no program runs and the benchmark is refused by name", async () => {
  const data = await folderOf({ "humaneval/HumanEval.jsonl": jsonl(double) });
  vi.stubEnv("PATH", "/nowhere");
  const refused = createTasks("humaneval", { data });
  await expect(refused).rejects.toThrow("only inside bubblewrap, which is missing");
  await expect(refused).rejects.toMatchObject({ name: "NoSandboxError" });
  vi.unstubAllEnvs();
});

ifSandboxed("the sandbox: right programs pass, all others do not", async () => {
  expect(await runPython("assert sum([1, 2]) == 3")).toEqual({ hasPassed: true });
  const failing: [string, RegExp][] = [
    ["assert 1 == 2, 'no'", /^AssertionError: no/],
    ["def f(:", /^SyntaxError/],
    ["import sys; sys.exit(0)", /^SystemExit/],
    ["import os; os._exit(0)", /ended before/],
    ["x = bytearray(1 << 31)", /^MemoryError/],
    ["while True: pass", /timed out/],
    ["open('/etc/passwd')", /^FileNotFoundError/],
    ["open('/usr/x', 'w')", /Read-only/],
    ["import os; assert 'OPENAI_API_KEY' in os.environ", /^AssertionError/],
    ["import os; os.listdir('/root')", /^FileNotFoundError/],
    [
      "import socket; socket.create_connection(('127.0.0.1', 22), 1)",
      /^(ConnectionRefused|OS)Error/,
    ],
  ];
  const outcomes = await Promise.all(failing.map(([code]) => runPython(code, { seconds: 5 })));
  for (const [i, { hasPassed, reason }] of outcomes.entries()) {
    expect(hasPassed, failing[i]![0]).toBe(false);
    expect(reason).toMatch(failing[i]![1]);
  }
});

ifSandboxed("HumanEval: published solutions pass; pass@k is the unbiased estimate", async () => {
  const other = { ...double, task_id: "Test/1" };
  const data = await folderOf({ "humaneval/HumanEval.jsonl": jsonl(double, other) });
  const canonical = await askWith([double.canonical_solution], "humaneval", data);
  expect(canonical.prompts[0]).toBe(double.prompt);
  expect(scoreOf(canonical.result, "pass@1", "create_test")).toBe(1);
  const again = await folderOf({ "humaneval/HumanEval.jsonl": jsonl(double, other) });
  const wrong = "    return x\n";
  // 1 of 4 answers is right for the first, none for the second.
  const answers = [wrong, double.canonical_solution, ...Array<string>(6).fill(wrong)];
  const { result } = await askWith(answers, "humaneval:samples=4:k=1+2", again);
  expect(scoreOf(result, "pass@1", "create_test")).toBeCloseTo((1 / 4 + 0) / 2, 12);
  expect(scoreOf(result, "pass@2", "create_test")).toBeCloseTo((1 - 3 / 6 + 0) / 2, 12);
  await expect(createTasks("humaneval:k=5", { data })).rejects.toThrow("pass@5 needs 5 answers");
});

ifSandboxed("MBPP: examples are tasks 2 to 4, questions 11 to 510", async () => {
  const row = (task: number, code: string) => ({
    task_id: task,
    text: `Write a function f${task}.`,
    code,
    test_list: [1, 2, 3].map((x) => `assert f${task}(${x}) == ${x * task}`),
    test_setup_code: "",
    challenge_test_list: [],
  });
  const code = (task: number) => `def f${task}(x):\n    return x * ${task}`;
  const rows = [1, 2, 3, 4, 11, 12, 600].map((task) => row(task, code(task)));
  const data = await folderOf({ "mbpp/mbpp.jsonl": jsonl(...rows) });
  const { prompts, result } = await askWith([code(11), "def f12(x): return x"], "mbpp", data, 1);
  expect(prompts).toHaveLength(2);
  const ask = (task: number) =>
    `You are an expert Python programmer, and here is your task: Write a function f${task}. ` +
    `Your code should pass these tests:\n\nassert f${task}(1) == ${task}\n` +
    `assert f${task}(2) == ${2 * task}\nassert f${task}(3) == ${3 * task}\n[BEGIN]\n`;
  expect(prompts[0]).toBe(`${ask(2)}${code(2)}\n[DONE]\n\n${ask(11)}`);
  expect(scoreOf(result, "pass_at_1")).toBe(1 / 2);
});

test("HumanEval-X in JavaScript: tests run in QuickJS, programs that end early fail", async () => {
  const row = {
    task_id: "JavaScript/0",
    prompt: "const double = (x) => {\n",
    canonical_solution: "  return 2 * x;\n}\n",
    test: "const testDouble = () => {\n  console.assert(double(2) === 4)\n}\n\ntestDouble()\n",
  };
  const data = await folderOf({ "humaneval-x/js/data/humaneval.jsonl": jsonl(row) });
  const name = "humaneval_x_js:samples=4:k=1+4";
  const answers = [row.canonical_solution, "  return x;\n}\n", "  for (;;);\n}\n", "}; throw 1"];
  const { prompts, result } = await askWith(answers, name, data);
  expect(prompts[0]).toBe(row.prompt);
  expect(scoreOf(result, "pass@1")).toBe(1 / 4);
  expect(scoreOf(result, "pass@4")).toBe(1);
  expect(await askMini("humaneval_x_js", data)).toMatchObject({ scored: 1, failed: 0 });
});
