/** Metrics by name, as task configurations ask for them. */

import { exactMatch } from "./answer-match.ts";
import { addBleuCounts, bleuOf, emptyBleuCounts } from "./bleu.ts";
import { type BoxLike, boxOverlap } from "./box-overlap.ts";
import { checkPairs, wordsOf } from "./check.ts";
import { cider } from "./cider.ts";
import { type DetectedObject, detectionF1, meanAveragePrecision } from "./detection.ts";
import { addEdits, editErrors, rateOf } from "./edit-errors.ts";
import { jointError } from "./joint-error.ts";
import { LabelCounts } from "./labels.ts";
import { parseReferences } from "./references.ts";
import { bestRouge } from "./rouge.ts";
import { cosineSimilarity, melCepstralDistortion, type Vector } from "./similarity.ts";
import { normalizeVqaAnswer, vqaScore } from "./vqa-score.ts";

/** A score in the making: pairs go in one at a time, so that large corpora are not held. */
export interface RunningScore {
  /** @throws Error for a value of the wrong kind */
  add(prediction: unknown, reference: unknown): void;
  /** @throws Error before the first pair */
  value(): number;
}

export interface Metric {
  readonly name: MetricName;
  /** Which of two values is the better one. */
  readonly better: "higher" | "lower";
  /** What predictions and references are, for people. */
  readonly takes: string;
  start(): RunningScore;
  /** @throws Error when there are no pairs, or the lists differ in length */
  compute(predictions: readonly unknown[], references: readonly unknown[]): number;
}

export interface MetricOptions {
  /** The class that f_measure counts (default "yes", OFA's word for GLUE's label 1). */
  readonly positive?: string;
  /** What iou_acc and detection_f1 ask of a box (default 0.5). */
  readonly threshold?: number;
}

type Start = (options: MetricOptions) => RunningScore;
interface Entry {
  readonly better: Metric["better"];
  readonly takes: string;
  readonly start: Start;
}

const entries = {
  accuracy: textMean((text, truths) => (truths.includes(text) ? 1 : 0)),
  bleu: {
    better: "higher",
    takes: "text; text or several (&&). 0 to 100",
    start: () => {
      const counts = emptyBleuCounts();
      let pairs = 0;
      return {
        add(prediction, reference) {
          addBleuCounts(counts, asText(prediction), asTexts(reference));
          pairs++;
        },
        value: () => {
          needPairs(pairs);
          return bleuOf(counts);
        },
      };
    },
  },
  cider: {
    better: "higher",
    takes: "caption; caption or several (&&). CIDEr-D, 0 to 10; holds the corpus",
    start: () => {
      const texts: string[] = [];
      const references: string[][] = [];
      return {
        add(prediction, reference) {
          texts.push(asText(prediction));
          references.push(asTexts(reference));
        },
        value: () => cider(texts, references).score,
      };
    },
  },
  exact_match: textMean(exactMatch),
  f_measure: labels((counts, { positive = "yes" }) => counts.fMeasure(positive)),
  iou_acc: {
    better: "higher",
    takes: "box; box, or its four numbers as text. 0 to 1",
    start: ({ threshold = 0.5 }) =>
      mean((prediction, reference) =>
        boxOverlap(asBox(prediction), asBox(reference)) >= threshold ? 1 : 0,
      ),
  },
  matthews_corrcoef: labels((counts) => counts.matthews()),
  rouge: textMean((text, truths) => bestRouge("rougeL", text, truths).f1),
  solved_acc: {
    better: "higher",
    takes: "grid as text; the solution as text (a sudoku has one). 0 to 1",
    start: () => mean((guess, truth) => (cellsOf(guess) === cellsOf(truth) ? 1 : 0)),
  },
  vqa_score: {
    better: "higher",
    takes: "answer; the answers of people, or weighted ones (0.6|!+no&&1|!+yes). 0 to 1",
    start: () => mean((guess, truth) => answerScore(asText(guess), truth)),
  },
  wer: {
    better: "lower",
    takes: "text; text, or several (&&) of which the nearest counts. 0 and up",
    start: () => {
      const sums = { edits: 0, length: 0 };
      return {
        add(prediction, reference) {
          const guess = wordsOf(asText(prediction));
          const truths = asTexts(reference).map(wordsOf);
          addEdits(sums, guess, nearest(guess, truths));
        },
        value: () => rateOf("wer", sums),
      };
    },
  },
  detection_ap: precision("of 0.5 to 0.95, as COCO's"),
  detection_ap50: precision("of 0.5", [0.5]),
  detection_f1: {
    better: "higher",
    takes: "objects of an image, {box, label}; objects. Mean over images, 0 to 1",
    start: ({ threshold }) =>
      mean((found, truth) => detectionF1(asObjects(found), asObjects(truth), threshold)),
  },
  mpjpe: {
    better: "lower",
    takes: "frames of joints' x, y, z; frames. Relative to the root, in their unit",
    start: () => mean((guess, truth) => jointError(asFrames(guess), asFrames(truth))),
  },
  mcd: {
    better: "lower",
    takes: "frames of cepstra; frames of cepstra. Decibel, along the best path",
    start: () => mean((guess, truth) => melCepstralDistortion(asFrames(guess), asFrames(truth))),
  },
  clip_ti: {
    better: "higher",
    takes: "vector of the image; vector of the text. -1 to 1",
    start: () => mean((guess, truth) => cosineSimilarity(asVector(guess), asVector(truth))),
  },
} satisfies Record<string, Entry>;

export type MetricName = keyof typeof entries;

export const metricNames = Object.keys(entries) as MetricName[]; // the keys are the names

/**
 * The metric of a name.
 *
 * @throws Error naming the nearest metric for an unknown name
 * @example metric("wer").compute(["the cat sat"], ["the bat sat down"]) // 0.5
 */
export function metric(name: string, options: MetricOptions = {}): Metric {
  const known = metricNames.find((each) => each === name);
  if (!known) {
    const near = closest(name, metricNames);
    const hint = near ? `did you mean ${near}?` : `it is one of ${metricNames.join(", ")}`;
    throw new Error(`metric ${JSON.stringify(name)} does not exist; ${hint}`);
  }
  const { better, takes, start }: Entry = entries[known];
  return {
    name: known,
    better,
    takes,
    start: () => start(options),
    compute(predictions, references) {
      checkPairs(known, predictions, references);
      const score = start(options);
      for (const [i, prediction] of predictions.entries()) score.add(prediction, references[i]);
      return score.value();
    },
  };
}

function mean(score: (prediction: unknown, reference: unknown) => number): RunningScore {
  let [sum, pairs] = [0, 0];
  return {
    add(prediction, reference) {
      sum += score(prediction, reference);
      pairs++;
    },
    value: () => {
      needPairs(pairs);
      return sum / pairs;
    },
  };
}

function precision(overlaps: string, thresholds?: readonly number[]): Entry {
  return {
    better: "higher",
    takes: `objects of an image, {box, label, score}; objects. Overlaps ${overlaps}. 0 to 1; holds the corpus`,
    start: () => {
      const found: (readonly DetectedObject[])[] = [];
      const truth: (readonly DetectedObject[])[] = [];
      return {
        add(prediction, reference) {
          found.push(asObjects(prediction));
          truth.push(asObjects(reference));
        },
        value: () => meanAveragePrecision(found, truth, thresholds),
      };
    },
  };
}

function textMean(score: (prediction: string, references: readonly string[]) => number): Entry {
  return {
    better: "higher",
    takes: "text; text or several (&&), of which the best counts. 0 to 1",
    start: () => mean((guess, truth) => score(asText(guess).trim(), asTexts(truth))),
  };
}

function labels(score: (counts: LabelCounts, options: MetricOptions) => number): Entry {
  return {
    better: "higher",
    takes: "label; label",
    start: (options) => {
      const counts = new LabelCounts();
      let pairs = 0;
      return {
        add(prediction, reference) {
          counts.add(asText(prediction).trim(), asText(reference).trim());
          pairs++;
        },
        value: () => {
          needPairs(pairs);
          return score(counts, options);
        },
      };
    },
  };
}

/** Confidence of the answer where the column has them, else the official score. */
function answerScore(guess: string, truth: unknown): number {
  if (typeof truth !== "string") return vqaScore(guess, asTexts(truth));
  const answers = parseReferences(truth);
  if (answers.every(({ confidence }) => confidence === undefined)) {
    return vqaScore(
      guess,
      answers.map(({ text }) => text),
    );
  }
  const form = normalizeVqaAnswer(guess);
  const match = answers.filter(({ text }) => normalizeVqaAnswer(text) === form);
  return Math.max(0, ...match.map(({ confidence = 0 }) => confidence));
}

function nearest(guess: readonly string[], truths: readonly string[][]): string[] {
  if (truths.length === 1) return truths[0]!;
  const edits = truths.map((truth) => {
    const { substitutions, deletions, insertions } = editErrors(guess, truth);
    return substitutions + deletions + insertions;
  });
  return truths[edits.indexOf(Math.min(...edits))]!;
}

function needPairs(pairs: number): void {
  if (pairs === 0) throw new Error("metric: no predictions; give at least one");
}

const wrong = (value: unknown, expected: string): never => {
  const found = Array.isArray(value)
    ? `an array of ${value.length}`
    : value === null
      ? "null"
      : typeof value;
  throw new Error(`metric: expected ${expected}, found ${found}`);
};

const asText = (value: unknown): string =>
  typeof value === "string" ? value : wrong(value, "text");

function asTexts(value: unknown): string[] {
  if (typeof value === "string") return parseReferences(value).map(({ text }) => text);
  if (Array.isArray(value) && value.length > 0) return value.map(asText);
  return wrong(value, "text, or an array of texts");
}

const isNumbers = (value: unknown): value is Vector =>
  (Array.isArray(value) && value.every((each) => typeof each === "number")) ||
  value instanceof Float32Array ||
  value instanceof Float64Array;

const asVector = (value: unknown): Vector =>
  isNumbers(value) ? value : wrong(value, "a vector of numbers");

function asFrames(value: unknown): readonly Vector[] {
  if (Array.isArray(value) && value.every(isNumbers)) return value;
  return wrong(value, "frames: an array of vectors");
}

function asBox(value: unknown): BoxLike {
  const sides = typeof value === "string" ? value.split(",").map(Number) : value;
  if (!isNumbers(sides) || sides.length !== 4 || !Array.from(sides).every(Number.isFinite)) {
    return wrong(value, "a box: left, top, right, bottom");
  }
  return [sides[0]!, sides[1]!, sides[2]!, sides[3]!];
}

function asObjects(value: unknown): readonly DetectedObject[] {
  if (!Array.isArray(value)) return wrong(value, "the objects of an image: an array");
  return value.map((each: Partial<DetectedObject> | null, i) => {
    const { box, label, score } = each ?? {};
    if (typeof label !== "string") return wrong(label, `objects[${i}] with a "label"`);
    return { box: asBox(box), label, ...(typeof score === "number" && { score }) };
  });
}

/** Cells of a grid written as `1 : 2 | 3 : 4`, whatever the blanks. */
const cellsOf = (value: unknown): string => asText(value).replace(/\s+/g, "");

/** The name within three edits. */
function closest(word: string, names: readonly string[]): string | undefined {
  const edits = (name: string) => {
    const { substitutions, deletions, insertions } = editErrors([...word], [...name]);
    return substitutions + deletions + insertions;
  };
  const best = [...names].sort((a, b) => edits(a) - edits(b))[0]!;
  const isPart = word.length > 2 && names.find((name) => name.includes(word));
  return edits(best) <= Math.min(3, word.length - 1) ? best : isPart || undefined;
}
