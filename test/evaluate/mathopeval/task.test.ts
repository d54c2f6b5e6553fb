/** Generated items have exact answers; tasks score them; files in the published fields are read. */

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  createTasks,
  type EvalItem,
  generateMathOps,
  type MathOpItem,
  mathOpTask,
} from "../../../src/evaluate/index.ts";
import { operations } from "../../../src/evaluate/mathopeval/generate/generate.ts";
import { readMathOps } from "../../../src/evaluate/mathopeval/import-items.ts";
import { changesOf, ownLines } from "../../../src/evaluate/mathopeval/option-changes.ts";
import { optionBaselines, optionPlayers } from "../../../src/evaluate/mathopeval/option-players.ts";
import { programOf, scoreAnswer } from "../../../src/evaluate/mathopeval/score-answer.ts";
import type { EvalModel } from "../../../src/evaluate/types.ts";

const items = generateMathOps({ perCell: 3, seed: 5 });

describe("generated items", () => {
  it("are the same for a seed, three in each of 20 cells, and the right place is not fixed", () => {
    expect(generateMathOps({ perCell: 3, seed: 5 })).toEqual(items);
    expect(items.length).toBe(60);
    expect(new Set(items.map(({ figure, operation }) => figure + operation)).size).toBe(20);
    expect(new Set(items.map(({ answer }) => answer)).size).toBe(4);
  });

  it("the right program scores 1 in everything, and no wrong option succeeds", () => {
    for (const item of items) {
      const { values } = scoreAnswer(item, item.reference);
      expect(Object.values(values), item.id).toEqual(Object.values(values).map(() => 1));
      item.options.forEach((option, i) => {
        const { values: other, status, message } = scoreAnswer(item, option);
        expect(`${status} ${message ?? ""}`.trim(), item.id).toBe("ok"); // every option draws
        expect(other.success, `${item.id} option ${i}\n${option}`).toBe(i === item.answer ? 1 : 0);
      });
    }
  });

  it("the program unchanged achieves no edit and preserves all", () => {
    for (const item of items.filter(({ code }) => code)) {
      expect(scoreAnswer(item, item.code!).values, item.id).toMatchObject({
        achieved: 0,
        preserved: 1,
        success: 0,
      });
    }
  });
});

describe("options", () => {
  // Before lengths were balanced, the longest was right in 0 % of deletions and annotations, and in
  // a third of the generations; the shortest in 0 % of the generations.
  it("are not told by their lengths, neither whole nor as changes", () => {
    const many = generateMathOps({ perCell: 40, seed: 6 });
    for (const operation of operations) {
      const own = many.filter((item) => item.operation === operation);
      const bound = 4 * Math.sqrt((0.25 * 0.75) / own.length); // four standard errors of chance
      for (const form of ["whole", "changes"] as const) {
        const scores = own.map(({ options, answer, code }) => {
          const short = options.map((each) =>
            code === undefined ? ownLines(each, options) : changesOf(code, each),
          );
          return optionBaselines(form === "whole" ? options : short, answer);
        });
        for (const player of optionPlayers) {
          const share = scores.reduce((sum, each) => sum + each[player], 0) / own.length;
          expect(Math.abs(share - 0.25), `${operation} ${form} ${player}`).toBeLessThan(bound);
        }
      }
    }
  });

  it("players by length score by hand", () => {
    const options = ["aa", "bbbb", "cc", "dddddddd"]; // mean 4
    expect(optionBaselines(options, 0)).toEqual({ first: 1, longest: 0, shortest: 0.5, middle: 0 });
    expect(optionBaselines(options, 1)).toEqual({ first: 0, longest: 0, shortest: 0, middle: 1 });
    expect(optionBaselines(options, 3)).toEqual({ first: 0, longest: 1, shortest: 0, middle: 0 });
  });
});

describe("answers", () => {
  it("the last complete block counts; an open one is cut off; no block is all program", () => {
    expect(programOf("So:\n```python\na = 1\n```\nor\n```\nb = 2\n```\n")).toBe("b = 2\n");
    expect(programOf("```python\na = 1\n```\nthen\n```py\nb = ")).toBe("a = 1\n");
    expect(programOf("```python\na = 1")).toBeUndefined();
    expect(programOf("a = 1")).toBe("a = 1");
  });

  it("an answer without a figure scores 0 and says why", () => {
    const [item] = items;
    expect(scoreAnswer(item!, "import os\nos.system('x')")).toMatchObject({
      status: "denied",
      values: { executed: 0, success: 0 },
    });
    expect(scoreAnswer(item!, "```\nplt.")).toMatchObject({ status: "truncated" });
    const tikz = "\\begin{tikzpicture}\\draw (0,0) -- (1,1);\\end{tikzpicture}";
    expect(scoreAnswer(item!, `\`\`\`latex\n${tikz}\n\`\`\``)).toMatchObject({ status: "tikz" });
    expect(scoreAnswer(item!, "I do not know")).toMatchObject({ status: "syntax" });
  });
});

describe("tasks", () => {
  const context = (model: EvalModel) => ({ model, seed: 0, signal: new AbortController().signal });
  const fake = (answer: string, letter: string): EvalModel => ({
    name: "fake",
    identity: "fake",
    concurrency: 1,
    logLikelihoods: async (requests) =>
      requests.map(({ continuation }) => ({
        logLikelihood: continuation.trim() === letter ? -1 : -2,
        isGreedy: false,
        tokens: 1,
      })),
    generate: async (requests) =>
      requests.map(() => ({
        text: answer,
        finishReason: "stop" as const,
        promptTokens: 1,
        completionTokens: 1,
      })),
    usage: () => ({ requests: 0, promptTokens: 0, completionTokens: 0, retries: 0 }),
    [Symbol.dispose]: () => undefined,
  });

  it("choices and free answers are scored, by name, and a hidden figure is not told", async () => {
    const [choice] = await createTasks("mathopeval-choice:items=1:figure=hidden");
    const [first] = [...(choice!.items() as Iterable<{ id: string; doc: never }>)];
    const right = "ABCD"[(first!.doc as { answer: number }).answer]!;
    const outcome = await choice!.ask(first!, context(fake("", right)));
    expect(outcome.values).toMatchObject({ acc: 1 });
    expect(outcome.asked[0]!.context).not.toContain("Figure:");
    const [free] = await createTasks("mathopeval-free:items=1");
    const [one] = [...(free!.items() as Iterable<{ id: string; doc: never }>)];
    const reference = (one!.doc as { reference: string }).reference;
    const good = await free!.ask(one!, context(fake(`\`\`\`python\n${reference}\`\`\``, "")));
    expect(good.values.success).toBe(1);
    const bad = await free!.ask(one!, context(fake("class A: pass", "")));
    expect(bad.values.success).toBe(0);
    expect(bad.counts).toEqual({ "answers without a figure: unsupported": 1 });
    await expect(createTasks("mathopeval-free:figure=seen")).rejects.toThrow(
      "expected described, hidden or image",
    );
  });

  it("options as changes show the lines that differ", async () => {
    const isDeletion = ({ operation }: MathOpItem) => operation === "MCE-D";
    const deletion = items.filter((item) => isDeletion(item) && item.options.includes(item.code!));
    const task = mathOpTask({ items: deletion, format: "choice", options: "changes" });
    const [item] = [...(task.items() as Iterable<EvalItem>)];
    const { asked } = await task.ask(item!, context(fake("", "A")));
    const text = String(asked[0]!.context).split(deletion[0]!.instruction)[1]!;
    expect(text).toContain("(unchanged)");
    expect(text).not.toContain("import");
    expect(text.match(/^[-+] /gm)!.length).toBeGreaterThanOrEqual(3);
  });

  it("reads rows (invented, in the fields of the format); malformed ones are problems", async () => {
    const file = join(await mkdtemp(join(tmpdir(), "mathopeval-")), "items.jsonl");
    const code = "import matplotlib.pyplot as plt\nplt.bar(['a', 'b'], [1, 2])\n";
    const row = {
      id: "bar-1/MCE-D/free",
      figure: "bar",
      op: "MCE-D",
      format: "free",
      lang: "mpl",
      instruction: "Delete a.",
      code,
      ref_code: "import matplotlib.pyplot as plt\nplt.bar(['b'], [2], color='C0')\n",
      edit: { kind: "deletion", targets: ["a"] },
    };
    const rows = [
      row,
      { ...row, id: "x", lang: "tikz" },
      { ...row, id: "y", figure: "radar" },
      { ...row, id: "z", format: "mc", options: ["1"], answer: "E" },
    ];
    await writeFile(file, rows.map((each) => JSON.stringify(each)).join("\n"));
    const free = await readMathOps(file, "free");
    expect(free.map(({ id, problem }) => [id, problem])).toEqual([
      ["bar-1/MCE-D/free", undefined],
      ["x", '"lang" is "tikz", which is not read; only mpl is'],
      ["y", '"figure" is "radar", expected one of geometry, function, bar, line, pie'],
    ]);
    const [mc] = await readMathOps(file, "choice");
    expect(mc!.problem).toBe('"options" has 1 entries, expected 4');
  });
});
