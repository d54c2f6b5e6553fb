/** Answers, prompts and lists as lm-evaluation-harness reads them (reference/mmmu_answers.py). */

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parsePythonList } from "../../../src/evaluate/benchmarks/mmmu/python-list.ts";
import { isRight, letterIn } from "../../../src/evaluate/benchmarks/mmmu/read-answer.ts";

const fixture = JSON.parse(await readFile("test/fixtures/evaluate/mmmu.json", "utf8")) as {
  choice: [options: string[], answer: string, letter: string | null][];
  open: [right: string[], answer: string, isRight: boolean][];
  lists: [literal: string, texts: string[]][];
};

test("the letter that an answer names is lm-evaluation-harness's", () => {
  expect(fixture.choice.length).toBe(250);
  for (const [options, answer, letter] of fixture.choice) {
    const byLetter = new Map(options.map((option, i) => ["ABCDEFGHI"[i]!, option]));
    expect(letterIn(answer, byLetter) ?? null, JSON.stringify([options, answer])).toBe(letter);
  }
});

test("open answers are right where lm-evaluation-harness's are", () => {
  expect(fixture.open.length).toBe(450);
  for (const [right, answer, expected] of fixture.open) {
    expect(isRight(answer, right), JSON.stringify([right, answer])).toBe(expected);
  }
});

test("lists of texts are read as Python wrote them", () => {
  for (const [literal, texts] of fixture.lists) expect(parsePythonList(literal)).toEqual(texts);
  expect(parsePythonList("[ 'a' ,\n\"b\\\nc\\d\\101\\U0001f642\" ]")).toEqual(["a", "bc\\dA🙂"]);
});

test("what is no list of texts is refused where it stops being one", () => {
  const refused: [string, string][] = [
    ["", 'expected "[" at character 0, found the end'],
    ["['a'", 'expected "," or "]" at character 4, found the end'],
    ["['a', ]", 'expected a quoted text at character 6, found "]"'],
    ["['a' 'b']", 'expected "," or "]" at character 5'],
    ["['a'] + ['b']", "expected nothing more at character 6"],
    ["['a', 2]", "expected a quoted text at character 6"],
    ["[r'a']", "expected a quoted text at character 1"],
    ["__import__('os')", 'expected "[" at character 0'],
    ["['a\nb']", "expected a quoted text at character 1"],
    ["['a\\']", "expected a quoted text at character 1"],
    ["['\\x4']", "the unfinished escape \\x"],
    ["['\\U00110000']", "beyond Unicode: 110000"],
    ["[".repeat(50_000), "expected a quoted text at character 1"],
    [`['${"a".repeat(70_000)}']`, "has 70004 characters, more than 65536"],
    [`[${"'a',".repeat(65)}'a']`, "has more than 64 texts"],
  ];
  for (const [literal, problem] of refused) {
    expect(() => parsePythonList(literal), literal.slice(0, 40)).toThrow(problem);
  }
});
