/** Similarity of vectors, and distance of sequences of them. */

/** Numbers of one vector. */
export type Vector = ArrayLike<number>;

/**
 * Cosine of two vectors, -1 to 1; 0 where one of them is zero. CLIP similarity is this over the
 * vectors that CLIP gives for image and text.
 * @throws Error when the vectors differ in length
 * @example cosineSimilarity([1, 0], [1, 1]) // 0.707…
 */
export function cosineSimilarity(a: Vector, b: Vector): number {
  if (a.length !== b.length) {
    throw new Error(
      `similarity: vectors of ${a.length} and ${b.length} numbers; give equal lengths`,
    );
  }
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squareA += a[i]! ** 2;
    squareB += b[i]! ** 2;
  }
  return squareA === 0 || squareB === 0 ? 0 : product / Math.sqrt(squareA * squareB);
}

export interface MelCepstralOptions {
  /**
   * "dtw" (default): frames meet along the path of least distance; "none": one by one, and the
   * longer sequence's end is left out.
   */
  readonly align?: "dtw" | "none";
  /**
   * "decibel" (default): 10·√2 / ln 10 · |Δ|, the classic definition; "rms": |Δ| / √d, which
   * OFASys and Wave-Tacotron report.
   */
  readonly scale?: "decibel" | "rms";
}

/**
 * Mel cepstral distortion: mean distance of the frames that meet; 0 and up, lower is better.
 * Compare cepstra without their first coefficient (loudness) unless a paper says otherwise.
 *
 * @param prediction frames of d coefficients
 * @param reference frames of d coefficients; another number of frames needs "dtw", or is cut
 * @throws Error when a sequence is empty or frames differ in size
 * @see Kubichek, "Mel-cepstral distance measure for objective speech quality assessment", 1993
 * @example melCepstralDistortion([[0, 0]], [[0, 1]], { scale: "rms" }) // 0.707…
 */
export function melCepstralDistortion(
  prediction: readonly Vector[],
  reference: readonly Vector[],
  { align = "dtw", scale = "decibel" }: MelCepstralOptions = {},
): number {
  const size = reference[0]?.length ?? 0;
  if (prediction.length === 0 || size === 0) {
    throw new Error("mcd: a sequence without frames; give at least one frame on either side");
  }
  if ([...prediction, ...reference].some((frame) => frame.length !== size)) {
    throw new Error(`mcd: frames differ in size; all must have the ${size} numbers of the first`);
  }
  const factor = scale === "rms" ? Math.sqrt(1 / size) : (10 * Math.SQRT2) / Math.LN10;
  const distance = (i: number, j: number): number => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += (prediction[i]![k]! - reference[j]![k]!) ** 2;
    return factor * Math.sqrt(sum);
  };
  if (align === "dtw") return warpedMean(prediction.length, reference.length, distance);
  const frames = Math.min(prediction.length, reference.length);
  let sum = 0;
  for (let i = 0; i < frames; i++) sum += distance(i, i);
  return sum / frames;
}

/** Dynamic time warping: least sum of distances from both starts to both ends, by the path's length. */
function warpedMean(
  rows: number,
  columns: number,
  distance: (i: number, j: number) => number,
): number {
  // cost of the best path to each cell of a row, and its number of cells
  let costs = new Float64Array(columns);
  let lengths = new Uint32Array(columns);
  for (let i = 0; i < rows; i++) {
    const nextCosts = new Float64Array(columns);
    const nextLengths = new Uint32Array(columns);
    for (let j = 0; j < columns; j++) {
      let best = i === 0 && j === 0 ? 0 : Number.POSITIVE_INFINITY;
      let length = 0;
      const from = (cost: number, cells: number) => {
        if (cost < best) [best, length] = [cost, cells];
      };
      if (j > 0) from(nextCosts[j - 1]!, nextLengths[j - 1]!);
      if (i > 0 && j > 0) from(costs[j - 1]!, lengths[j - 1]!);
      if (i > 0) from(costs[j]!, lengths[j]!);
      nextCosts[j] = best + distance(i, j);
      nextLengths[j] = length + 1;
    }
    costs = nextCosts;
    lengths = nextLengths;
  }
  return costs.at(-1)! / lengths.at(-1)!;
}
