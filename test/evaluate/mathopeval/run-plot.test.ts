/** The interpreter of the plotting subset: its values, its figures, and what it refuses. */

import { describe, expect, it } from "vitest";
import { runPlot } from "../../../src/evaluate/mathopeval/run-plot.ts";
import { createRandom } from "../../../src/nn/index.ts";

const head = "import matplotlib.pyplot as plt\nimport numpy as np\n";

function printed(code: string): string {
  const outcome = runPlot(head + code);
  if (outcome.status !== "ok") throw new Error(outcome.message);
  return outcome.printed.trimEnd();
}

function drawn(code: string) {
  const outcome = runPlot(head + code);
  if (outcome.status !== "ok") throw new Error(outcome.message);
  return outcome.figure.axes[0]!;
}

describe("values are Python's", () => {
  // Outputs of CPython 3.12.
  it.each([
    ["print(7 // 2, -7 // 2, 7 % -3, 7 / 2, 2 ** 10, 2 ** -1)", "3 -4 -2 3.5 1024 0.5"],
    [
      "print(1e16, 1e-5, 100.0, 1.5e300, 0.1 + 0.2)",
      "1e+16 1e-05 100.0 1.5e+300 0.30000000000000004",
    ],
    [
      "print(f'{3.14159:.2f}|{1234567:,}|{0.256:.1%}|{5:>4}|{\"a\":<3}|{7:03d}')",
      "3.14|1,234,567|25.6%|   5|a  |007",
    ],
    ["print(f'{0.0001234:g} {1234567.0:g} {12345.678:.3e}')", "0.0001234 1.23457e+06 1.235e+04"],
    ["print(round(2.5), round(3.5), round(2.345, 1), round(-0.5))", "2 4 2.3 0"],
    ["print([x * x for x in range(6) if x % 2], list(range(5, 0, -2)))", "[1, 9, 25] [5, 3, 1]"],
    [
      "a = [1, 2, 3, 4]\nprint(a[1:], a[::-1], a[-1], a[:-2], 'hello'[1:3])",
      "[2, 3, 4] [4, 3, 2, 1] 4 [1, 2] el",
    ],
    [
      "d = {'a': 1, 'b': 2}\nprint(sum(d.values()), list(d), d['b'], 'a' in d)",
      "3 ['a', 'b'] 2 True",
    ],
    ["d = dict([('a', 1)], b=2)\nprint(d['a'], d['b'], len(dict(c=3)))", "1 2 1"],
    [
      "def f(x, k=2):\n    if x <= 1:\n        return 1\n    return k * f(x - 1)\nprint(f(4), f(3, k=3))",
      "8 6",
    ],
    ["f = lambda x: x + 1\nprint(f(1), 1 < 2 < 3, 1 if 0 else 2, not [])", "2 True 2 True"],
    [
      "x = np.linspace(0, 1, 3)\nprint(x, x ** 2, x > 0.4, x.sum())",
      "[0.0 0.5 1.0] [0.0 0.25 1.0] [False True True] 1.5",
    ],
    ["x = np.arange(4)\nprint(np.where(x > 1, x, 0), x[x > 1], x.mean())", "[0 0 2 3] [2 3] 1.5"],
    ["i = 0\nwhile True:\n    i += 1\n    if i == 3: continue\n    if i > 4: break\nprint(i)", "5"],
    ["print(max([3, 1], key=lambda v: -v), sorted(['b', 'a']), min(2, 1))", "1 ['a', 'b'] 1"],
  ])("%s", (code, expected) => {
    // numpy's own spacing of arrays is not imitated: one blank between numbers, repr of each.
    expect(printed(code)).toBe(expected);
  });
});

describe("figures", () => {
  it("bars stand at their categories, 0.8 wide, in one colour of the cycle", () => {
    const axes = drawn("plt.bar(['a', 'b'], [3, 5])\nplt.title('T $x$')\nplt.ylim(0, 6)");
    expect(axes.title).toBe("T x");
    expect(axes.ylim).toEqual([0, 6]);
    expect(axes.elements).toEqual([
      {
        id: "bar-0",
        kind: "bar",
        points: [
          [-0.4, 0],
          [0.4, 3],
        ],
        label: "a",
        color: "#1f77b4",
        style: "",
        isHorizontal: false,
      },
      {
        id: "bar-1",
        kind: "bar",
        points: [
          [0.6, 0],
          [1.4, 5],
        ],
        label: "b",
        color: "#1f77b4",
        style: "",
        isHorizontal: false,
      },
    ]);
  });

  it("lines take the next colour each, formats give colour, marker and dashes", () => {
    const { elements } = drawn(
      "plt.plot([0, 1], [2, 3], label='up')\nplt.plot([1, 2])\nplt.plot([0, 1], [1, 0], 'r--')",
    );
    expect(
      elements.map(({ color, style, label, points }) => [color, style, label, points]),
    ).toEqual([
      [
        "#1f77b4",
        "solid",
        "up",
        [
          [0, 2],
          [1, 3],
        ],
      ],
      [
        "#ff7f0e",
        "solid",
        "",
        [
          [0, 1],
          [1, 2],
        ],
      ],
      [
        "#ff0000",
        "dashed",
        "",
        [
          [0, 1],
          [1, 0],
        ],
      ],
    ]);
  });

  it("wedges start at 0 degrees, run against the clock, and share the sum", () => {
    const { elements } = drawn(
      "plt.pie([1, 3], labels=['x', 'y'], colors=['red', '#00f'], autopct='%.1f%%')",
    );
    expect(elements.map(({ kind, label, size, share }) => [kind, label, size, share])).toEqual([
      ["wedge", "x", [1, 0, 90], 0.25],
      ["text", "25.0%", undefined, undefined],
      ["wedge", "y", [1, 90, 360], 0.75],
      ["text", "75.0%", undefined, undefined],
    ]);
    expect(elements[2]!.color).toBe("#0000ff");
  });

  it("patches are drawn when they are added; values of bars can be written above them", () => {
    const code =
      "fig, ax = plt.subplots()\nc = plt.Circle((1, 2), 3, fill=False, color='g', label='c')\nax.add_patch(c)\n" +
      "ax.add_patch(plt.Polygon([(0, 0), (1, 0), (0, 1)]))\nax.set_aspect('equal')\n" +
      "for b in ax.bar([5], [4], width=0.5):\n    ax.text(b.get_x() + b.get_width() / 2, b.get_height(), f'{b.get_height():.0f}')";
    const { elements, isEqual } = drawn(code);
    expect(isEqual).toBe(true);
    expect(elements.map(({ kind, points, size, style }) => [kind, points, size, style])).toEqual([
      ["circle", [[1, 2]], [3], "solid"],
      [
        "polygon",
        [
          [0, 0],
          [1, 0],
          [0, 1],
        ],
        undefined,
        "filled",
      ],
      [
        "bar",
        [
          [4.75, 0],
          [5.25, 4],
        ],
        undefined,
        "",
      ],
      ["text", [[5, 4]], undefined, ""],
    ]);
  });
});

describe("what it does not have is refused by name, with its place", () => {
  it.each([
    ["import os\n", "denied", "line 1, column 1: the module os"],
    ["__import__('os').system('ls')", "denied", 'line 1, column 1: "__import__" reaches outside'],
    ["open('/etc/passwd').read()", "denied", '"open" reaches outside'],
    ["import js", "denied", "the module js"],
    ["import socket", "denied", "the module socket"],
    ["x = ().__class__", "denied", "column 7: the attribute __class__"],
    ["x = 'a'.constructor", "unsupported", "str.constructor"],
    ["x = {}\nx.__proto__", "denied", "line 2"],
    ["import pandas as pd", "unsupported", "the module pandas"],
    ["class A:\n    pass", "unsupported", '"class" is not supported'],
    [
      "import matplotlib.pyplot as plt\nplt.hist([1])",
      "unsupported",
      "line 2, column 4: matplotlib.pyplot.hist",
    ],
    [
      "import matplotlib.pyplot as plt\nplt.bar([1], [2], orientation='x')",
      "unsupported",
      "plt.bar has no argument orientation",
    ],
    ["x = (1", "syntax", "line 1"],
    ["1 / 0", "error", "division by zero"],
    ["y", "error", "the name y is not defined"],
    ["while True:\n    pass", "limit", "too many steps"],
    ["x = [0] * 10 ** 10", "limit", "too much memory"],
    ["x = 'a' * 10 ** 12", "limit", "too much memory"],
    ["x = list(range(10 ** 15))", "limit", "too much memory"],
    ["x = 'ab'\nwhile True:\n    x = x + x", "limit", "too much memory"],
    ["x = 10 ** 30", "limit", "18 digits"],
    ["x = 9\nwhile True:\n    x = x * x", "limit", "18 digits"],
    ["def f():\n    return f()\nf()", "limit", "nested calls"],
    ["import numpy as np\nx = np.zeros(10 ** 9)", "limit", "too much memory"],
    ["import numpy as np\nx = np.linspace(0, 1, 1e12)", "limit", "too much memory"],
    [
      "import matplotlib.pyplot as plt\nplt.scatter(range(20000), range(20000))",
      "limit",
      "things drawn",
    ],
    [`x = ${"(".repeat(500)}1${")".repeat(500)}`, "limit", "levels of nesting"],
    [`x = '${"a".repeat(200_000)}'`, "limit", "letters"],
    ["x = 'a' * 90000\ny = x.replace('a', x)", "limit", "too much memory"],
  ])("%s", (code, status, message) => {
    const outcome = runPlot(code);
    expect(outcome.status).toBe(status);
    expect(outcome.status !== "ok" && outcome.message).toContain(message);
  });
});

const seeds = [
  "labels = ['a', 'b', 'c']\nvalues = [3, 5.5, 2]\nfig, ax = plt.subplots(figsize=(6, 4))\nbars = ax.bar(labels, values, color=['red', 'C1', '#333'])\nfor b, v in zip(bars, values):\n    ax.text(b.get_x() + b.get_width() / 2, v, f'{v:.1f}', ha='center')\nax.set_ylim(0, max(values) * 1.2)\n",
  "x = np.linspace(-3, 3, 50)\nfor k in range(3):\n    plt.plot(x, np.sin(k * x) + x ** 2 / 4, '--', label=f'k = {k}')\nplt.legend()\nplt.grid(True)\n",
  "def mid(p, q):\n    return ((p[0] + q[0]) / 2, (p[1] + q[1]) / 2)\nA, B = (0, 0), (4, 3)\nM = mid(A, B)\nplt.plot([A[0], B[0]], [A[1], B[1]])\nplt.gca().add_patch(plt.Circle(M, 2.5, fill=False))\nplt.annotate('M', xy=M, xytext=(1, 3), arrowprops={'arrowstyle': '->'})\n",
  "plt.pie([20, 30, 50], labels=['x', 'y', 'z'], startangle=90, autopct='%1.1f%%', explode=[0, 0.1, 0])\nplt.title('Shares')\n",
].map((code) => head + code);

describe("mutated programs", () => {
  it("3,000 of them end with a figure or a reason, in bounded time", () => {
    const random = createRandom(7, "mutated programs");
    const pieces =
      "( ) [ ] { } : , . = + - ** / % ' \" \n    \t 0 1 9e9 -1 None for in if def lambda while x plt np f'{ }' # \\ _ é".split(
        " ",
      );
    const reached = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      let code = seeds[i % seeds.length]!;
      for (let edits = 1 + random.below(4); edits > 0; edits--) {
        const [at, to] = [random.below(code.length), random.below(code.length)];
        const kind = random.below(3);
        if (kind === 0) code = code.slice(0, at) + code.slice(at + 1 + random.below(6));
        if (kind === 1)
          code = code.slice(0, at) + pieces[random.below(pieces.length)]! + code.slice(at);
        if (kind === 2)
          code = code.slice(0, at) + code.slice(to, to + random.below(20)) + code.slice(at);
      }
      const outcome = runPlot(code); // throws nothing of its own
      reached.set(outcome.status, (reached.get(outcome.status) ?? 0) + 1);
      if (outcome.status !== "ok") expect(outcome.message).toMatch(/^line \d+, column \d+: ./);
    }
    // Mutations that reach every part: some still draw, some fail at each stage.
    for (const status of ["ok", "syntax", "error", "unsupported"]) {
      expect(reached.get(status) ?? 0, status).toBeGreaterThan(20);
    }
  }, 30_000);
});
