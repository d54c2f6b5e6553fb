/**
 * Plotting programs run by matplotlib, in bubblewrap. ONEFOLD_TEST_PYTHON names a Python that has
 * matplotlib, where python3 has none.
 */

import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  createPlotExecutor,
  createTasks,
  type EvalItem,
  type EvalModel,
  generateMathOps,
  mathOpTask,
  runPlot,
} from "../../../src/evaluate/index.ts";
import { compareFigures, isSameFigure } from "../../../src/evaluate/mathopeval/figure/compare.ts";

const python = process.env.ONEFOLD_TEST_PYTHON ?? "python3";
const runs = (...command: [string, ...string[]]): boolean =>
  spawnSync(command[0], command.slice(1)).status === 0;
const canExecute = runs("bwrap", "--version") && runs(python, "-I", "-c", "import matplotlib");
const ifExecuted = describe.skipIf(!canExecute); // bubblewrap or matplotlib is not installed

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("what is missing is named in one sentence, and nothing runs", () => {
  const create = (more = "") => createTasks(`mathopeval-free:execute=bubblewrap${more}`);
  /** A python3 that says what it is asked for. */
  async function pretend(prefix: string, hasMatplotlib: boolean): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "onefold-python-"));
    const file = join(folder, "python3");
    const told = JSON.stringify([file, prefix, prefix, hasMatplotlib]);
    await writeFile(file, `#!/bin/sh\necho '${told}'\n`);
    await chmod(file, 0o755);
    return folder;
  }

  test("it is off unless asked for, and for written programs alone", async () => {
    const [task] = await createTasks("mathopeval-free:items=1");
    expect(task!.settings).toMatchObject({ execute: false });
    await expect(createTasks("mathopeval-free:execute=yes")).rejects.toThrow(
      'execute is "yes", expected never or bubblewrap',
    );
    await expect(createTasks("mathopeval-choice:execute=bubblewrap")).rejects.toThrow(
      'mathopeval-choice has no setting "execute"',
    );
  });

  test("python3", async () => {
    vi.stubEnv("PATH", "/nowhere");
    const refused = create();
    await expect(refused).rejects.toThrow(
      "running plots needs python3 with matplotlib: python3 is not there; name another Python with :python=PATH",
    );
    await expect(refused).rejects.toMatchObject({ name: "NoSandboxError" });
  });

  test("matplotlib", async () => {
    vi.stubEnv("PATH", await pretend("/usr", false));
    await expect(create()).rejects.toThrow(
      /^running plots needs matplotlib, which .*python3 has not: install it there; name another Python with :python=PATH$/,
    );
  });

  test("bubblewrap", async () => {
    const folder = await pretend("/usr", true);
    vi.stubEnv("PATH", folder);
    await expect(create()).rejects.toThrow("only inside bubblewrap, which is missing");
  });

  test("a Python whose folder holds the home folder is not shown to programs", async () => {
    vi.stubEnv("PATH", await pretend("/", true));
    await expect(create()).rejects.toThrow("which a sandbox must not show as a whole");
  });
});

ifExecuted("in the sandbox", () => {
  const executor = canExecute ? createPlotExecutor({ python, seconds: 60 }) : undefined;
  const execute = async (code: string) => (await executor!)(code);
  const plot = (body: string) => `import matplotlib.pyplot as plt\n${body}\n`;

  test("figures are those of the interpreter: every kind of element that it has", async () => {
    const lines = plot(`import matplotlib.patches as patches
import numpy as np
fig, ax = plt.subplots(1, 2)
x = np.linspace(0, 6, 13)
ax[0].plot(x, np.sin(x), 'r--', label='sin')
ax[0].plot(x, np.cos(x), marker='o', label='cos')
ax[0].plot([1, 2], [0.5, 0.6], 'g^')
ax[0].scatter([1, 2, 3], [0, 0.2, 0.4], c=['red', 'blue', 'green'], marker='s', label='pts')
ax[0].axhline(0, color='k', linestyle=':')
ax[0].axvline(3, color='gray')
ax[0].fill_between(x, np.sin(x), 0, color='orange', alpha=0.3)
ax[0].fill([0, 1, 1], [-1, -1, -0.5], color='teal')
ax[0].text(1, 0.9, 'top')
ax[0].annotate('max', xy=(1.57, 1), xytext=(3, 0.8), arrowprops={'arrowstyle': '->'})
ax[0].arrow(4, 0, 1, 0.5, color='purple')
ax[0].legend()
ax[0].set_xlabel('t')
ax[0].set_xticks([0, 3, 6])
ax[0].set_title('Waves $x$')
ax[1].barh(['a', 'b'], [3, 5], color=['red', 'tan'])
ax[1].add_patch(patches.Circle((1, 1), 0.5, fill=False, edgecolor='navy'))
ax[1].add_patch(patches.Rectangle((2, 0), 1, 0.5, color='gold'))
ax[1].add_patch(patches.Arc((3, 1), 1, 0.5, theta1=0, theta2=90, color='green'))
ax[1].add_patch(patches.Polygon([(0, 0), (1, 0), (1, 1)], color='pink'))
ax[1].add_patch(patches.Wedge((4, 1), 0.5, 30, 120, color='brown'))
ax[1].set_xlim(0, 6)
plt.savefig('/nowhere/figure.png')
plt.show()
plt.close()`);
    const pie = plot(
      "plt.pie([1, 2, 3], labels=['a', 'b', 'c'], autopct='%1.1f%%', explode=[0, 0.1, 0], startangle=90)",
    );
    const bars = plot(
      "plt.bar(['a', 'b'], [3, 5], label='n')\nplt.bar([0, 1], [1, 2], bottom=[3, 5])",
    );
    await Promise.all(
      [lines, pie, bars].map(async (code) => {
        const [run, read] = [await execute(code), runPlot(code)];
        if (run.status !== "ok" || read.status !== "ok") return expect([run, read]).toBe("figures");
        expect(isSameFigure(run.figure, read.figure), code).toBe(true);
        expect(isSameFigure(read.figure, run.figure), code).toBe(true);
        const scores = compareFigures(run.figure, read.figure);
        expect(scores, code).toEqual({
          ...{ elements: 1, precision: 1, recall: 1, texts: 1, looks: 1 },
          values: expect.closeTo(1, 9),
        });
      }),
    );
  });

  test("what the interpreter has not, matplotlib draws; what is not compared is named", async () => {
    const histogram = plot("plt.hist([1, 2, 2, 3], bins=[0.5, 1.5, 2.5, 3.5])");
    expect(runPlot(histogram).status).toBe("unsupported");
    const drawn = await execute(histogram);
    expect(
      drawn.status === "ok" && drawn.figure.axes[0]!.elements.map(({ points }) => points),
    ).toEqual([
      [
        [0.5, 0],
        [1.5, 1],
      ],
      [
        [1.5, 0],
        [2.5, 2],
      ],
      [
        [2.5, 0],
        [3.5, 1],
      ],
    ]);
    expect(await execute(plot("plt.imshow([[1, 2], [3, 4]])"))).toMatchObject({
      status: "unsupported",
      message: expect.stringContaining("AxesImage is not compared"),
    });
    expect(await execute("x = 1\n")).toMatchObject({ status: "ok", figure: { axes: [] } });
  });

  test("programs reach no network, file, process or variable of ours, and end", async () => {
    const server = createServer((_, response) => response.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const folder = await mkdtemp(join(tmpdir(), "onefold-canary-"));
    await writeFile(join(folder, "canary"), "secret");
    // One program tries all of it, and writes into its figure what came of each.
    const tries: [string, RegExp][] = [
      [`import socket; socket.create_connection(('127.0.0.1', ${port}), 2)`, /Refused|OSError/],
      [`open(${JSON.stringify(join(folder, "canary"))})`, /FileNotFoundError/],
      ["open('/etc/passwd')", /FileNotFoundError/],
      ["open('/usr/x', 'w')", /OSError/],
      ["import os; os.environ['ONEFOLD_CANARY']", /KeyError/],
      [`import os; os.kill(${process.pid}, 0)`, /ProcessLookupError/],
      ["import resource as r; r.setrlimit(r.RLIMIT_AS, (1 << 40, 1 << 40))", /ValueError|OSError/],
    ];
    const trial = plot(
      [
        `for i, code in enumerate(${JSON.stringify(tries.map(([code]) => code))}):`,
        "    try:",
        "        exec(code)",
        "        plt.text(0, i, 'done')",
        "    except Exception as error:",
        "        plt.text(0, i, type(error).__name__)",
      ].join("\n"),
    );
    const cases: [string, string, RegExp][] = [
      ["x = bytearray(10 << 30)", "limit", /too much memory/],
      ["import os; os._exit(0)", "error", /ended before its figure/],
      ["import os\nwhile True: os.write(1, b'x' * 65536)", "limit", /writes too much/],
      ["def f():\n    return g()\n\nf()", "error", /line 2, column 1: NameError/],
    ];
    vi.stubEnv("ONEFOLD_CANARY", "secret");
    const tried = await execute(trial);
    if (tried.status !== "ok") return expect(tried).toBe("a figure");
    const said = tried.figure.axes[0]!.elements.map(({ label }) => label);
    for (const [i, [code, error]] of tries.entries()) expect(said[i], code).toMatch(error);
    const outcomes = await Promise.all(cases.map(([code]) => execute(code)));
    for (const [i, outcome] of outcomes.entries()) {
      const [code, status, message] = cases[i]!;
      expect(outcome, code).toMatchObject({ status, message: expect.stringMatching(message) });
    }
    server.close();
    const quick = await createPlotExecutor({ python, seconds: 6 });
    expect(await quick("while True: pass")).toMatchObject({
      status: "limit",
      message: expect.stringContaining("takes longer than 6 seconds"),
    });
  });

  test("a run scores what is drawn, beside the reason where there is nothing", async () => {
    const [item] = generateMathOps({ perCell: 1, figures: ["bar"], operations: ["MCE-M"] });
    const task = mathOpTask({ items: [item!], format: "free", execute: await executor! });
    expect(task.settings).toMatchObject({ execute: true });
    const [asked] = [...(task.items() as Iterable<EvalItem>)];
    const answer = async (text: string) => {
      const model = {
        name: "fake",
        generate: async () => [
          { text, finishReason: "stop", promptTokens: 1, completionTokens: 1 },
        ],
      } as unknown as EvalModel; // all that a written answer asks of it
      const signal = new AbortController().signal;
      return task.ask(asked!, { model, seed: 0, signal });
    };
    // The same picture by means that the interpreter has not.
    const right = await answer(`import sys\n${item!.reference}sys.getsizeof(1)\n`);
    expect(runPlot(`import sys\n${item!.reference}`).status).toBe("denied");
    expect(right.values).toMatchObject({ success: 1, achieved: 1, preserved: 1, executed: 1 });
    const wrong = await answer("raise ValueError('no idea')");
    expect(wrong.values).toMatchObject({ success: 0, executed: 0 });
    expect(wrong.counts).toEqual({ "answers without a figure: error": 1 });
    expect(wrong.details).toMatchObject({ message: "line 1, column 1: ValueError: no idea" });
  });
});
