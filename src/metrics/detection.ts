/** Scores of objects that were found in images: COCO's average precision, and F1. */

import { type BoxLike, boxOverlap } from "./box-overlap.ts";
import { checkPairs } from "./check.ts";

/** An object: where, and what. */
export interface DetectedObject {
  readonly box: BoxLike;
  readonly label: string;
  /** How sure of it (default 1). Equal ones count in the order given. */
  readonly score?: number;
}

/** Intersections over union that COCO averages over: 0.5, 0.55, … 0.95. */
const COCO_THRESHOLDS: readonly number[] = Array.from(
  { length: 10 },
  (_, i) => 0.5 + i * ((0.95 - 0.5) / 9),
);

/** Most objects of one label in an image that count. */
const MOST = 100;
const RECALLS = 101;

/**
 * COCO's average precision: per label and threshold, found objects are matched from the surest on,
 * each to the free object of the image that it overlaps most; precision, made monotone, is averaged
 * at the recalls 0, 0.01, … 1; then labels and thresholds are. Labels that no reference has do not
 * count. 0 to 1, higher is better; 0 where no reference has any object.
 *
 * @param found of each image
 * @param truth of each image
 * @param thresholds of the intersection over union (one, 0.5, is "AP50")
 * @throws Error where there are no images, or the lists differ in length
 * @see Lin et al., "Microsoft COCO", 2014; cocodataset/cocoapi, cocoeval.py
 * @example
 * const square = { box: [0, 0, 10, 10], label: "square" } as const;
 * meanAveragePrecision([[square]], [[square, { ...square, box: [20, 0, 30, 10] }]]); // 0.504…
 */
export function meanAveragePrecision(
  found: readonly (readonly DetectedObject[])[],
  truth: readonly (readonly DetectedObject[])[],
  thresholds: readonly number[] = COCO_THRESHOLDS,
): number {
  checkPairs("average precision", found, truth);
  const labels = new Set(truth.flatMap((objects) => objects.map(({ label }) => label)));
  let [sum, count] = [0, 0];
  for (const label of labels) {
    const of = (objects: readonly DetectedObject[]) =>
      objects.filter((each) => each.label === label);
    const images = found.map((objects, i) => ({
      found: bySureness(of(objects)).slice(0, MOST),
      truth: of(truth[i]!),
    }));
    for (const threshold of thresholds) {
      sum += averagePrecision(images, threshold);
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

interface ImageObjects {
  readonly found: readonly DetectedObject[];
  readonly truth: readonly DetectedObject[];
}

const surenessOf = ({ score = 1 }: DetectedObject): number => score;

const bySureness = (objects: readonly DetectedObject[]): DetectedObject[] =>
  objects.toSorted((a, b) => surenessOf(b) - surenessOf(a)); // stable

/** Of one label at one threshold. */
function averagePrecision(images: readonly ImageObjects[], threshold: number): number {
  const total = images.reduce((sum, { truth }) => sum + truth.length, 0);
  const hits = images.flatMap(({ found, truth }) => {
    const matches = matchObjects(found, truth, threshold);
    return found.map((object, i) => ({ score: surenessOf(object), isHit: matches[i]! >= 0 }));
  });
  hits.sort((a, b) => b.score - a.score);
  const recalls: number[] = [];
  const precisions: number[] = [];
  let right = 0;
  for (const [i, { isHit }] of hits.entries()) {
    if (isHit) right++;
    recalls.push(right / total);
    precisions.push(right / (i + 1));
  }
  for (let i = precisions.length - 1; i > 0; i--) {
    precisions[i - 1] = Math.max(precisions[i - 1]!, precisions[i]!);
  }
  let [sum, at] = [0, 0];
  for (let r = 0; r < RECALLS; r++) {
    const recall = r === RECALLS - 1 ? 1 : r * 0.01;
    while (at < recalls.length && recalls[at]! < recall) at++;
    sum += precisions[at] ?? 0;
  }
  return sum / RECALLS;
}

/** For each found object the number of the one that it matches, or -1: each is matched once. */
function matchObjects(
  found: readonly DetectedObject[],
  truth: readonly DetectedObject[],
  threshold: number,
): number[] {
  const taken = new Set<number>();
  return found.map(({ box, label }) => {
    let best = Math.min(threshold, 1 - 1e-10);
    let match = -1;
    for (const [i, object] of truth.entries()) {
      if (taken.has(i) || object.label !== label) continue;
      const overlap = boxOverlap(box, object.box);
      if (overlap < best) continue;
      best = overlap;
      match = i;
    }
    if (match >= 0) taken.add(match);
    return match;
  });
}

/**
 * F1 of one image's objects: those of the same label that overlap by the threshold match, once each,
 * from the surest found one on. 0 to 1; 1 where there is nothing to find and nothing found.
 *
 * @example
 * const square = { box: [0, 0, 10, 10], label: "square" } as const;
 * detectionF1([square], [square, { ...square, label: "circle" }]); // 2 / 3
 */
export function detectionF1(
  found: readonly DetectedObject[],
  truth: readonly DetectedObject[],
  threshold = 0.5,
): number {
  if (found.length + truth.length === 0) return 1;
  const matches = matchObjects(bySureness(found), truth, threshold);
  const right = matches.filter((match) => match >= 0).length;
  return (2 * right) / (found.length + truth.length);
}
