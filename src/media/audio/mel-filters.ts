/** Triangular filters on a mel scale, kept as the runs of weights that are not zero. */

import { keepRecent } from "./recent.ts";

/** "slaney" is linear below 1 kHz; "htk" and "kaldi" are one curve in other units. */
export type MelScale = "slaney" | "htk" | "kaldi";

export interface MelOptions {
  readonly sampleRate: number;
  readonly fftSize: number;
  /** Number of filters. */
  readonly mels: number;
  readonly lowHertz: number;
  readonly highHertz: number;
  readonly scale: MelScale;
  /** "slaney" makes each filter's area the same; "none" its height 1. */
  readonly norm: "slaney" | "none";
  /** Whether a triangle is straight over mel or over hertz. */
  readonly straightIn: "mel" | "hertz";
}

export interface MelFilters {
  readonly mels: number;
  readonly bins: number;
  /** First bin of each filter. */
  readonly starts: Int32Array;
  /** Where each filter's weights begin in `weights`: [mels + 1]. */
  readonly offsets: Int32Array;
  readonly weights: Float64Array;
}

const KNEE_HERTZ = 1000;
const SLANEY_STEP = 200 / 3;
/** Above the knee a factor of 6.4 takes 27 mel. */
const SLANEY_LOG_STEP = Math.log(6.4) / 27;
const KNEE_MEL = KNEE_HERTZ / SLANEY_STEP;

const scales: Record<MelScale, { toMel(hertz: number): number; toHertz(mel: number): number }> = {
  slaney: {
    toMel: (hertz) =>
      hertz < KNEE_HERTZ
        ? hertz / SLANEY_STEP
        : KNEE_MEL + Math.log(hertz / KNEE_HERTZ) / SLANEY_LOG_STEP,
    toHertz: (mel) =>
      mel < KNEE_MEL
        ? mel * SLANEY_STEP
        : KNEE_HERTZ * Math.exp((mel - KNEE_MEL) * SLANEY_LOG_STEP),
  },
  htk: {
    toMel: (hertz) => 2595 * Math.log10(1 + hertz / 700),
    toHertz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
  kaldi: {
    toMel: (hertz) => 1127 * Math.log(1 + hertz / 700),
    toHertz: (mel) => 700 * (Math.exp(mel / 1127) - 1),
  },
};

/**
 * The filters of these options; those last asked for are kept, so they are not to be written to.
 *
 * @throws Error where the range is empty or reaches beyond half the sample rate
 */
export const melFilters = keepRecent(8, (options) => JSON.stringify(options), createFilters);

function createFilters(options: MelOptions): MelFilters {
  const { sampleRate, fftSize, mels, lowHertz, highHertz, norm, straightIn } = options;
  if (!(lowHertz >= 0 && lowHertz < highHertz && highHertz <= sampleRate / 2)) {
    throw new Error(
      `mel filters from ${lowHertz} to ${highHertz} Hz do not fit audio of ${sampleRate} Hz: ` +
        `expected 0 <= low < high <= ${sampleRate / 2}`,
    );
  }
  if (!Number.isInteger(mels) || mels < 1) {
    throw new Error(`the number of mel filters must be a whole number from 1 on, not ${mels}`);
  }
  const scale = scales[options.scale];
  const [low, high] = [scale.toMel(lowHertz), scale.toMel(highHertz)];
  // Edges of the triangles: filter i rises from edge i to i + 1 and falls to i + 2.
  const edges = Float64Array.from({ length: mels + 2 }, (_, i) => {
    const mel = low + ((high - low) * i) / (mels + 1);
    return straightIn === "mel" ? mel : scale.toHertz(mel);
  });
  const bins = Math.floor(fftSize / 2) + 1;
  const places = Float64Array.from({ length: bins }, (_, k) => {
    const hertz = (k * sampleRate) / fftSize;
    return straightIn === "mel" ? scale.toMel(hertz) : hertz;
  });
  const starts = new Int32Array(mels);
  const offsets = new Int32Array(mels + 1);
  const weights: number[] = [];
  for (let i = 0; i < mels; i++) {
    const [from, peak, to] = [edges[i]!, edges[i + 1]!, edges[i + 2]!];
    const height = norm === "slaney" ? 2 / (to - from) : 1;
    const start = places.findIndex((place) => place > from);
    starts[i] = Math.max(0, start);
    for (let k = starts[i]!; k < bins && places[k]! < to; k++) {
      const place = places[k]!;
      weights.push(height * Math.min((place - from) / (peak - from), (to - place) / (to - peak)));
    }
    offsets[i + 1] = weights.length;
  }
  return { mels, bins, starts, offsets, weights: Float64Array.from(weights) };
}

/** Filters one spectrum [bins] into `mel` [mels] from `at` on. */
export function applyMelFilters(
  { mels, starts, offsets, weights }: MelFilters,
  spectrum: Float64Array,
  mel: Float32Array | Float64Array,
  at: number,
): void {
  for (let i = 0; i < mels; i++) {
    let sum = 0;
    const end = offsets[i + 1]!;
    for (let w = offsets[i]!, k = starts[i]!; w < end; w++, k++) sum += weights[w]! * spectrum[k]!;
    mel[at + i] = sum;
  }
}
