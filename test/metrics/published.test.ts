/** Every score against the published implementation (reference/metrics.py). */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  accuracy,
  characterErrorRate,
  cider,
  corpusBleu,
  type DetectedObject,
  editErrors,
  exactMatch,
  fMeasure,
  macroF1,
  matthewsCorrelation,
  meanAveragePrecision,
  melCepstralDistortion,
  microF1,
  normalizeAnswer,
  normalizeVqaAnswer,
  pearson,
  porterStem,
  type RougeKind,
  rouge,
  sentenceBleu,
  spearman,
  tokenF1,
  tokenize13a,
  vqaScore,
  wordErrorRate,
} from "../../src/metrics/index.ts";

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../fixtures/metrics/${name}`, import.meta.url), "utf8")) as T;

type Case = [prediction: string, references: string[]];
const sides = <T>(cases: readonly (readonly [string, T])[]): [string[], T[]] => [
  cases.map(([prediction]) => prediction),
  cases.map(([, reference]) => reference),
];
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

describe("sacrebleu", () => {
  const { cases, rows, tokens } = fixture<{
    cases: Case[];
    rows: {
      smoothing: "exp" | "floor" | "add-k" | "none";
      value: number | null;
      lowercase: boolean;
      sentences: number[];
      corpus: number;
      trigrams: number;
    }[];
    tokens: [string, string][];
  }>("bleu.json");

  test("tokens of 13a", () => {
    for (const [text, expected] of tokens) expect(tokenize13a(text).join(" ")).toBe(expected);
  });

  test.each(rows)("smoothing $smoothing $value, lower case $lowercase", (row) => {
    const options = {
      smoothing: row.smoothing,
      ...(row.value === null ? {} : { smoothingValue: row.value }),
      lowercase: row.lowercase,
    };
    for (const [i, [prediction, references]] of cases.entries()) {
      expect(sentenceBleu(prediction, references, options), prediction).toBeCloseTo(
        row.sentences[i]!,
        9,
      );
    }
    expect(corpusBleu(...sides(cases), options)).toBeCloseTo(row.corpus, 9);
    const few = cases.slice(0, 3).map(([p, r]): Case => [p, r.slice(0, 1)]);
    expect(corpusBleu(...sides(few), { ...options, order: 3 })).toBeCloseTo(row.trigrams, 9);
  });
});

describe("rouge_score", () => {
  const { cases, rows, stems } = fixture<{
    cases: [string, string][];
    rows: { stem: boolean; scores: Record<RougeKind, [number, number, number]>[] }[];
    stems: [string, string][];
  }>("rouge.json");

  test("stems of NLTK", () => {
    expect(stems.map(([word]) => [word, porterStem(word)])).toEqual(stems);
  });

  test.each(rows)("stems: $stem", ({ stem, scores }) => {
    for (const [i, [prediction, reference]] of cases.entries()) {
      for (const kind of ["rouge1", "rouge2", "rougeL", "rougeLsum"] as const) {
        const { precision, recall, f1 } = rouge(kind, prediction, reference, { stem });
        for (const [k, value] of [precision, recall, f1].entries()) {
          expect(value, `${kind} of ${prediction}`).toBeCloseTo(scores[i]![kind][k]!, 12);
        }
      }
    }
  });
});

type Cider = { mean: number; each: number[] };
test.each(fixture<{ cases: Case[]; cider: Cider; ciderD: Cider }[]>("cider.json"))(
  "pyciderevalcap, corpus %#",
  ({ cases, cider: plain, ciderD }) => {
    for (const [variant, expected] of [
      ["plain", plain],
      ["D", ciderD],
    ] as const) {
      const { score, scores } = cider(...sides(cases), { variant });
      expect(score).toBeCloseTo(expected.mean, 10);
      for (const [i, value] of scores.entries()) expect(value).toBeCloseTo(expected.each[i]!, 10);
    }
  },
);

test("jiwer", () => {
  const { cases, rows, wer, cer } = fixture<{
    cases: [string, string][];
    rows: Record<"words" | "characters", [number, number, number, number]>[];
    wer: number;
    cer: number;
  }>("errors.json");
  for (const [i, [prediction, reference]] of cases.entries()) {
    for (const [kind, split] of [
      ["words", / +/],
      ["characters", /(?:)/u],
    ] as const) {
      const parts = (text: string) => text.split(split).filter((part) => part !== "");
      const found = editErrors(parts(prediction), parts(reference));
      const [substitutions, deletions, insertions] = rows[i]![kind];
      // how many of each kind is not unique: the sum and the difference are
      const sum = found.substitutions + found.deletions + found.insertions;
      expect(sum, `${kind} of ${prediction}`).toBe(substitutions + deletions + insertions);
      expect(found.insertions - found.deletions).toBe(insertions - deletions);
      expect(found.substitutions).toBeGreaterThanOrEqual(substitutions);
      expect(found.hits + found.substitutions + found.deletions).toBe(parts(reference).length);
    }
  }
  expect(wordErrorRate(...sides(cases))).toBeCloseTo(wer, 12);
  expect(characterErrorRate(...sides(cases))).toBeCloseTo(cer, 12);
});

test("the official VQA evaluation", () => {
  const { cases, scores, overall, normalized } = fixture<{
    cases: Case[];
    scores: number[];
    overall: number;
    normalized: [string, string][];
  }>("vqa.json");
  expect(normalized.map(([text]) => [text, normalizeVqaAnswer(text)])).toEqual(normalized);
  const found = cases.map(([prediction, answers]) => vqaScore(prediction, answers));
  for (const [i, score] of found.entries()) expect(100 * score).toBeCloseTo(scores[i]!, 5);
  expect(100 * mean(found)).toBeCloseTo(overall, 5);
});

test("the functions of SQuAD's evaluation", () => {
  const { cases, rows } = fixture<{ cases: Case[]; rows: [string, number, number][] }>(
    "squad.json",
  );
  for (const [i, [prediction, references]] of cases.entries()) {
    const [normalized, exact, f1] = rows[i]!;
    expect(normalizeAnswer(prediction)).toBe(normalized);
    expect(exactMatch(prediction, references)).toBe(exact);
    expect(tokenF1(prediction, references), prediction).toBeCloseTo(f1, 12);
  }
});

describe("scikit-learn and scipy", () => {
  const { rows, numbers } = fixture<{
    rows: {
      predictions: string[];
      references: string[];
      accuracy: number;
      matthews: number;
      macro: number;
      micro: number;
      each: number[];
    }[];
    numbers: { x: number[]; y: number[]; pearson: number; spearman: number }[];
  }>("labels.json");

  test.each(rows)("labels %#", ({ predictions, references, ...expected }) => {
    expect(accuracy(predictions, references)).toBeCloseTo(expected.accuracy, 12);
    expect(matthewsCorrelation(predictions, references)).toBeCloseTo(expected.matthews, 12);
    expect(macroF1(predictions, references)).toBeCloseTo(expected.macro, 12);
    expect(microF1(predictions, references)).toBeCloseTo(expected.micro, 12);
    const labels = [...new Set([...predictions, ...references])].sort();
    for (const [i, label] of labels.entries()) {
      expect(fMeasure(predictions, references, label, 2)).toBeCloseTo(expected.each[i]!, 12);
    }
  });

  test.each(numbers)("correlation %#", ({ x, y, ...expected }) => {
    expect(pearson(x, y)).toBeCloseTo(expected.pearson, 12);
    expect(spearman(x, y)).toBeCloseTo(expected.spearman, 12);
  });
});

test.each(fixture<{ a: number[][]; b: number[][]; rms: number }[]>("cepstra.json"))(
  "distortion of OFASys, %#",
  ({ a, b, rms }) => {
    expect(melCepstralDistortion(a, b, { scale: "rms" })).toBeCloseTo(rms, 6);
    const decibel = (rms * Math.sqrt(13) * 10 * Math.SQRT2) / Math.LN10;
    expect(melCepstralDistortion(a, b)).toBeCloseTo(decibel, 4);
  },
);

test("average precision equals pycocotools'", () => {
  const cases =
    fixture<
      {
        found: DetectedObject[][];
        truth: DetectedObject[][];
        ap: number;
        ap50: number;
        ap75: number;
      }[]
    >("detection.json");
  expect(cases).toHaveLength(4);
  for (const { found, truth, ap, ap50, ap75 } of cases) {
    expect(meanAveragePrecision(found, truth)).toBeCloseTo(ap, 10);
    expect(meanAveragePrecision(found, truth, [0.5])).toBeCloseTo(ap50, 10);
    expect(meanAveragePrecision(found, truth, [0.75])).toBeCloseTo(ap75, 10);
  }
});
