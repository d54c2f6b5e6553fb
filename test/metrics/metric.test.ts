/** Metrics by name, references in a column, and scores whose values are derived by hand. */

import { describe, expect, test } from "vitest";
import {
  accuracy,
  bestRouge,
  boxOverlap,
  cosineSimilarity,
  editErrors,
  iouAccuracy,
  isSudokuSolved,
  meanIou,
  melCepstralDistortion,
  metric,
  metricNames,
  normalizeSql,
  parseReferences,
  pearson,
  sqlMatch,
  vqaScore,
  wordErrorRate,
} from "../../src/metrics/index.ts";

const dot = { box: [0, 0, 10, 10], label: "dot" };
const ring = { box: [20, 0, 30, 10], label: "ring" };
const far = [50, 50, 60, 60];
/** Overlaps the dot by 0.7. */
const wide = { ...dot, box: [0, 0, 10, 7] };
/** 67 of the 101 recalls are two thirds or less. */
const TWO_THIRDS = 67 / 101;

describe("metric", () => {
  test.each([
    ["accuracy", ["cat", "dog "], ["cat", "cow&&dog"], 1],
    ["bleu", ["a b c d e"], ["a b c d e&&x"], 100],
    ["cider", ["a cat sits now", "x"], ["a cat sits now", "y"], 5],
    ["exact_match", ["The cat.", "dog"], ["cat", "cow"], 0.5],
    ["f_measure", ["yes", "no"], ["yes", "yes"], 2 / 3],
    [
      "iou_acc",
      [
        [0, 0, 2, 2],
        [0, 0, 1, 1],
      ],
      ["0,0,2,1", [5, 5, 6, 6]],
      0.5,
    ],
    ["matthews_corrcoef", ["yes", "no"], ["no", "yes"], -1],
    ["rouge", ["police kill the gunman"], ["nothing&&police killed the gunman"], 0.75],
    ["solved_acc", ["1 : 2|2 : 1", "1 : 1 | 2 : 2"], ["1 : 2 | 2 : 1", "1 : 2 | 2 : 1"], 0.5],
    [
      "vqa_score",
      ["no", "maybe", "Two"],
      ["0.6|!+no&&1|!+yes", "1|!+no", ["2", "two", "2", "2"]],
      (0.6 + 0 + 1) / 3,
    ],
    ["wer", ["the cat sat", "a"], ["the bat sat down&&the cat", "a"], 1 / 3],
    // All rings are found, and two of three dots: precision 1 as far as that.
    [
      "detection_ap",
      [[ring, dot], [dot]],
      [
        [ring, dot],
        [dot, { ...dot, box: far }],
      ],
      (1 + TWO_THIRDS) / 2,
    ],
    ["detection_ap50", [[wide]], [[dot]], 1],
    ["detection_f1", [[ring, dot], []], [[ring], []], (2 / 3 + 1) / 2],
    ["mpjpe", [[[0, 0, 0, 0, 1, 0]]], [[[5, 5, 5, 5, 5, 6]]], Math.SQRT1_2],
    ["mcd", [[[0, 0]]], [[[3, 4]]], (50 * Math.SQRT2) / Math.LN10],
    [
      "clip_ti",
      [[1, 0], new Float32Array([0, 2])],
      [
        [1, 1],
        [0, 1],
      ],
      (Math.SQRT1_2 + 1) / 2,
    ],
  ])("%s", (name, predictions: readonly unknown[], references: readonly unknown[], expected) => {
    const found = metric(name);
    expect(found.compute(predictions, references)).toBeCloseTo(expected, 10);
    const running = found.start();
    for (const [i, each] of predictions.entries()) running.add(each, references[i]);
    expect(running.value()).toBe(found.compute(predictions, references));
    expect(found.better).toBe(["wer", "mcd", "mpjpe"].includes(name) ? "lower" : "higher");
  });

  test("knows a name for every metric of OFASys, and for objects and motions", () => {
    expect(metricNames).toHaveLength(17);
  });

  test.each([
    ["blue", "did you mean bleu?"],
    ["ciderD", "did you mean cider?"],
    ["f_mesure", "did you mean f_measure?"],
    ["perplexity", "it is one of accuracy, bleu"],
    ["", "it is one of accuracy, bleu"],
    ["toString", "it is one of"],
  ])("tells %j that it does not exist", (name, hint) => {
    expect(() => metric(name)).toThrow(hint);
  });

  test.each(metricNames)("%s refuses nothing, other lengths and other kinds", (name) => {
    expect(() => metric(name).compute([], [])).toThrow("no predictions");
    expect(() => metric(name).compute(["a"], [])).toThrow("1 predictions but 0 references");
    expect(() => metric(name).compute([7], ["a"])).toThrow(/expected .*, found number/);
    expect(() => metric(name).start().value()).toThrow();
  });

  test("takes a threshold and a positive class", () => {
    const boxes = [[[0, 0, 2, 2]], [[0, 0, 2, 1]]] as const;
    expect(metric("iou_acc", { threshold: 0.51 }).compute(...boxes)).toBe(0);
    expect(
      metric("f_measure", { positive: "no" }).compute(["no", "no"], ["no", "yes"]),
    ).toBeCloseTo(2 / 3);
  });
});

describe("references in a column", () => {
  test("several, with and without confidence", () => {
    expect(parseReferences("a b&& c ")).toEqual([{ text: "a b" }, { text: "c" }]);
    expect(parseReferences("0.6|!+no&&1.0|!+yes")).toEqual([
      { text: "no", confidence: 0.6 },
      { text: "yes", confidence: 1 },
    ]);
    expect(parseReferences("")).toEqual([{ text: "" }]);
  });

  test.each(["|!+no", "2|!+no", "x|!+no", "-0.1|!+no"])("refuses %s", (column) => {
    expect(() => parseReferences(column)).toThrow("must be a number from 0 to 1");
  });
});

test("boxes", () => {
  expect(boxOverlap([0, 0, 2, 2], [1, 0, 3, 2])).toBeCloseTo(1 / 3);
  expect(boxOverlap([0, 0, 2, 2], [2, 0, 3, 2])).toBe(0);
  expect(boxOverlap([0, 0, 0, 0], [0, 0, 0, 0])).toBe(0);
  expect(boxOverlap([2, 2, 0, 0], [0, 0, 2, 2])).toBe(0); // sides in the wrong order
  expect(iouAccuracy([[0, 0, 2, 2]], [[0, 0, 2, 1]])).toBe(1); // 0.5 exactly counts
  expect(
    meanIou(
      [
        [0, 0, 2, 2],
        [0, 0, 1, 1],
      ],
      [
        [0, 0, 2, 1],
        [0, 0, 1, 1],
      ],
    ),
  ).toBe(0.75);
});

test("edits by kind", () => {
  expect(editErrors(["b", "a"], ["a", "b"])).toEqual({
    substitutions: 2,
    deletions: 0,
    insertions: 0,
    hits: 0,
  });
  expect(editErrors(["a", "x", "b"], ["a", "b", "c"])).toEqual({
    substitutions: 2,
    deletions: 0,
    insertions: 0,
    hits: 1,
  });
  expect(editErrors([], ["a"])).toEqual({ substitutions: 0, deletions: 1, insertions: 0, hits: 0 });
  expect(editErrors(["a", "b"], [])).toEqual({
    substitutions: 0,
    deletions: 0,
    insertions: 2,
    hits: 0,
  });
  expect(() => wordErrorRate(["a"], [" "])).toThrow("the references are all empty");
});

describe("sudoku", () => {
  const puzzle = [
    [1, 0, 3, 4],
    [0, 4, 0, 2],
    [2, 0, 4, 0],
    [4, 3, 0, 1],
  ];
  const solved = [
    [1, 2, 3, 4],
    [3, 4, 1, 2],
    [2, 1, 4, 3],
    [4, 3, 2, 1],
  ];
  const change = (row: number, column: number, value: number) =>
    solved.map((cells, i) => cells.map((cell, j) => (i === row && j === column ? value : cell)));

  test("every row, column and box, and the given numbers", () => {
    expect(isSudokuSolved(solved, puzzle)).toBe(true);
    expect(isSudokuSolved(change(0, 1, 1), puzzle)).toBe(false);
    expect(isSudokuSolved(change(0, 1, 0), puzzle)).toBe(false);
    expect(isSudokuSolved(solved.slice(1), puzzle)).toBe(false);
    // a latin square whose boxes repeat, and a solution of another puzzle
    const latin = [
      [1, 2, 3, 4],
      [2, 3, 4, 1],
      [3, 4, 1, 2],
      [4, 1, 2, 3],
    ];
    expect(
      isSudokuSolved(
        latin,
        latin.map((row) => row.map(() => 0)),
      ),
    ).toBe(false);
    expect(isSudokuSolved([...solved].reverse(), puzzle)).toBe(false);
    expect(() => isSudokuSolved(solved, [[0, 0]])).toThrow("n rows of n cells");
  });
});

describe("sql", () => {
  test.each([
    ["SELECT  Name FROM t WHERE x = 'A  b' ;", "select name from t where x='A  b'"],
    ["select count ( * ) , a from t", "select count(*),a from t"],
    ["SELECT a\nFROM b", "select a from b"],
    ["x >= 3", "x>=3"],
    ["name = 'it''s  A'", "name='it''s  A'"],
    ["", ""],
    ["it's", "it's"],
  ])("%j", (given, expected) => {
    expect(normalizeSql(given)).toBe(expected);
  });

  test("other literals differ, other order of clauses too", () => {
    expect(sqlMatch("SELECT a FROM b", ["select x", "select a from b;"])).toBe(1);
    expect(sqlMatch("select a from b where c = 'X'", ["select a from b where c = 'x'"])).toBe(0);
    expect(sqlMatch("select a, b from t", ["select b, a from t"])).toBe(0);
  });
});

test("vectors and frames", () => {
  expect(cosineSimilarity([0, 0], [1, 0])).toBe(0);
  expect(() => cosineSimilarity([1], [1, 2])).toThrow("vectors of 1 and 2 numbers");
  const slow = [[0], [0], [5]];
  expect(melCepstralDistortion(slow, [[0], [5]], { scale: "rms" })).toBe(0); // time is warped away
  expect(melCepstralDistortion(slow, [[0], [5]], { scale: "rms", align: "none" })).toBe(2.5);
  expect(() => melCepstralDistortion([], [[1]])).toThrow("without frames");
  expect(() => melCepstralDistortion([[1, 2]], [[1]])).toThrow("frames differ in size");
});

test("examples of the docstrings", () => {
  expect(accuracy(["cat", "dog"], ["cat", "cow"])).toBe(0.5);
  expect(vqaScore("2", ["two", "two", "3", "two"])).toBeCloseTo(0.75);
  expect(() => vqaScore("2", [])).toThrow("no answers");
  expect(bestRouge("rouge1", "a", []).f1).toBe(0);
  expect(pearson([1, 2, 3], [2, 4, 6])).toBe(1);
  expect(pearson([1, 1], [2, 4])).toBeNaN();
  expect(() => pearson([1], [1])).toThrow("give at least two");
});
