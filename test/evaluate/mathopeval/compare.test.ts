/** Figure-to-figure metrics against values worked out by hand. */

import { describe, expect, it } from "vitest";
import { assign } from "../../../src/evaluate/mathopeval/figure/assignment.ts";
import { colorDifference, parseColor } from "../../../src/evaluate/mathopeval/figure/color.ts";
import { compareFigures, multisetF1 } from "../../../src/evaluate/mathopeval/figure/compare.ts";
import { renderSvg } from "../../../src/evaluate/mathopeval/figure/render-svg.ts";
import { judgeEdit } from "../../../src/evaluate/mathopeval/judge-edit.ts";
import { runPlot } from "../../../src/evaluate/mathopeval/run-plot.ts";

const figureOf = (code: string) => {
  const outcome = runPlot(`import matplotlib.pyplot as plt\nimport numpy as np\n${code}`);
  if (outcome.status !== "ok") throw new Error(outcome.message);
  return outcome.figure;
};
const bars = (labels: string[], values: number[], more = "") =>
  figureOf(`plt.bar(${JSON.stringify(labels)}, ${JSON.stringify(values)}${more})\nplt.ylim(0, 10)`);

const four = bars(["a", "b", "c", "d"], [2, 4, 5, 8]);

describe("compareFigures", () => {
  it("scores 1 throughout where the figures are equal, however they were written", () => {
    const loop = figureOf(
      "for i, v in enumerate([2, 4, 5, 8]):\n    plt.bar(['abcd'[i]], [v], color='C0')\nplt.ylim(0, 10)",
    );
    expect(compareFigures(loop, four)).toEqual({
      elements: 1,
      precision: 1,
      recall: 1,
      values: 1,
      texts: 1,
      looks: 1,
    });
  });

  it("a missing bar: recall 3/4, F1 6/7, values 3/4, texts 6/7", () => {
    const scores = compareFigures(bars(["a", "b", "c"], [2, 4, 5]), four);
    expect(scores.recall).toBe(3 / 4);
    expect(scores.precision).toBe(1);
    expect(scores.elements).toBe(6 / 7);
    expect(scores.values).toBe(3 / 4);
    expect(scores.texts).toBe(6 / 7);
  });

  it("an extra bar lowers precision alone, of elements", () => {
    const scores = compareFigures(bars(["a", "b", "c", "d", "e"], [2, 4, 5, 8, 3]), four);
    expect([scores.precision, scores.recall, scores.values]).toEqual([4 / 5, 1, 1]);
  });

  it("a value 20 % off lowers values by 0.2 / 4, and nothing else", () => {
    const scores = compareFigures(bars(["a", "b", "c", "d"], [2, 4, 6, 8]), four);
    expect(scores).toEqual({
      elements: 1,
      precision: 1,
      recall: 1,
      values: 1 - 0.2 / 4,
      texts: 1,
      looks: 1,
    });
  });

  it("a colour lowers looks alone: 3 of 4", () => {
    const scores = compareFigures(
      bars(["a", "b", "c", "d"], [2, 4, 5, 8], ", color=['C0', 'red', 'C0', 'C0']"),
      four,
    );
    expect(scores).toEqual({
      elements: 1,
      precision: 1,
      recall: 1,
      values: 1,
      texts: 1,
      looks: 3 / 4,
    });
  });

  it("a title lowers texts alone: 4 of 4 and 5", () => {
    const titled = { axes: [{ ...four.axes[0]!, title: "More" }] };
    const scores = compareFigures(four, titled);
    expect(scores).toEqual({
      elements: 1,
      precision: 1,
      recall: 1,
      values: 1,
      texts: 8 / 9,
      looks: 1,
    });
  });

  it("curves on other points: area between by area below", () => {
    // |x| against |x| + 0.1 over [0, 2]: 0.2 / 2, as trapezoids are exact on lines.
    const a = figureOf("plt.plot([0, 0.5, 2], [0.1, 0.6, 2.1])");
    const b = figureOf("plt.plot([0, 1, 2], [0, 1, 2])");
    expect(compareFigures(a, b).values).toBeCloseTo(0.9, 12);
  });

  it("a line drawn from its other end is the same line, a polygon begins at any corner", () => {
    const a = figureOf("plt.plot([0, 1], [0, 3])\nplt.fill([0, 2, 2], [0, 0, 1], color='red')");
    const b = figureOf("plt.plot([1, 0], [3, 0])\nplt.fill([2, 2, 0], [1, 0, 0], color='red')");
    expect(compareFigures(a, b).elements).toBe(1);
  });

  it("nothing drawn has no elements in common with something", () => {
    expect(compareFigures({ axes: [] }, four)).toMatchObject({
      elements: 0,
      recall: 0,
      values: 0,
      looks: 0,
    });
  });
});

describe("judgeEdit", () => {
  const without = bars(["a", "c", "d"], [2, 5, 8]);
  const edit = { kind: "deletion", target: "b" } as const;

  it("tells the right deletion from none, the wrong one, and one that changes more", () => {
    expect(judgeEdit(without, without, edit)).toEqual({
      achieved: true,
      preserved: 1,
      success: true,
    });
    expect(judgeEdit(four, without, edit).achieved).toBe(false);
    // c is gone in place of b.
    expect(judgeEdit(bars(["a", "b", "d"], [2, 4, 8]), without, edit)).toMatchObject({
      achieved: false,
      success: false,
    });
    const painted = bars(["a", "c", "d"], [2, 5, 8], ", color=['C0', 'red', 'C0']");
    // Two of three bars are as they were on each side: F1 4/6.
    expect(judgeEdit(painted, without, edit)).toEqual({
      achieved: true,
      preserved: 2 / 3,
      success: false,
    });
  });

  it("modification: the target as the reference has it", () => {
    const higher = bars(["a", "b", "c", "d"], [2, 6, 5, 8]);
    const change = { kind: "modification", target: "b" } as const;
    expect(judgeEdit(higher, higher, change).success).toBe(true);
    expect(judgeEdit(four, higher, change)).toMatchObject({ achieved: false, preserved: 1 });
    expect(judgeEdit(bars(["a", "b", "c", "d"], [6, 4, 5, 8]), higher, change)).toMatchObject({
      achieved: false,
      success: false,
    });
  });

  it("one point of a line, or one wedge of six, that is off by a fifth is not the right edit", () => {
    const change = { kind: "modification", target: "t" } as const;
    const line = (y: number) =>
      figureOf(
        `plt.plot([1, 2, 3, 4, 5], [58, 25, ${y}, 48, 55], label='t')\nplt.plot([1, 5], [5, 60])`,
      );
    expect(judgeEdit(line(30), line(30), change).success).toBe(true);
    expect(judgeEdit(line(36), line(30), change).achieved).toBe(false);
    const pie = (v: number) =>
      figureOf(`plt.pie([49, 42, 53, ${v}, 56, 18], labels=['a', 'b', 'c', 't', 'e', 'f'])`);
    expect(judgeEdit(pie(22), pie(18), change).achieved).toBe(false);
  });

  it("annotation: the text within 5 % of its place", () => {
    const base = "plt.plot([0, 10], [0, 10])\nplt.xlim(0, 10)\nplt.ylim(0, 10)\n";
    const wanted = figureOf(`${base}plt.text(3, 4, 'here')`);
    const note = { kind: "annotation", target: "here" } as const;
    expect(judgeEdit(figureOf(`${base}plt.text(3.4, 4, ' here')`), wanted, note).success).toBe(
      true,
    );
    expect(judgeEdit(figureOf(`${base}plt.text(3.6, 4, 'here')`), wanted, note).achieved).toBe(
      false,
    );
    expect(judgeEdit(figureOf(`${base}plt.text(3, 4, 'there')`), wanted, note).success).toBe(false);
    expect(judgeEdit(figureOf(base), wanted, note).achieved).toBe(false);
  });
});

describe("parts", () => {
  it("pairs at the lowest total cost", () => {
    // Greedy would take 1 first and pay 1 + 9.
    expect(
      assign([
        [1, 2],
        [2, 9],
      ]),
    ).toEqual([1, 0]);
    expect(
      assign([
        [4, 1, 3],
        [2, 0, 5],
      ]),
    ).toEqual([1, 0]);
    expect(assign([])).toEqual([]);
  });

  it("black and white are 100 apart, red and green 170.6 (CIE76)", () => {
    expect(colorDifference("#000000", "#ffffff")).toBeCloseTo(100, 2);
    expect(colorDifference("#ff0000", "#00ff00")).toBeCloseTo(170.565, 1);
    expect([
      parseColor("C1"),
      parseColor("#abc"),
      parseColor("0.5"),
      parseColor("tab:red"),
      parseColor("nope"),
    ]).toEqual(["#ff7f0e", "#aabbcc", "#808080", "#d62728", undefined]);
  });

  it("F1 of multisets counts repetitions", () => {
    expect(multisetF1(["a", "a", "b"], ["a", "c"])).toBe(2 / 5);
    expect(multisetF1([], [])).toBe(1);
  });

  it("draws every kind as SVG, with texts escaped", () => {
    const figure = figureOf(
      "plt.bar(['<a>'], [1])\nplt.plot([0, 1], [1, 2], '--', label='l')\nplt.scatter([1], [1])\nplt.arrow(0, 0, 1, 1)\n" +
        "plt.gca().add_patch(plt.Circle((0, 0), 1))\nplt.axhline(1)\nplt.fill_between([0, 1], [0, 1])\nplt.text(0, 0, 'x & y')\nplt.legend()",
    );
    const svg = renderSvg(figure);
    expect(svg).toContain("&#60;a&#62;");
    expect(svg).toContain("x &#38; y");
    expect(svg).not.toContain("NaN");
    expect(svg.match(/<(rect|polyline|polygon|circle|ellipse|text)/g)!.length).toBeGreaterThan(10);
  });
});
