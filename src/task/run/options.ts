/** How answers are generated. */

/** What is taken where nothing is said. */
export const GENERATE_DEFAULTS = {
  beam: 5,
  noRepeatNgram: 3,
  lengthPenalty: 1,
  maxLength: 64,
  drawing: { temperature: 1, topK: 256 },
  steps: 50,
  guidance: 1,
} as const;

export interface GenerateOptions {
  /** Answers that `closed_set` slots choose from. */
  readonly closedSet?: readonly string[];
  /** Hypotheses that are followed; 1 takes the likeliest token each time (default 5, or 1 with a closed set). */
  readonly beam?: number;
  /** Above 1 favours long answers (default 1). */
  readonly lengthPenalty?: number;
  /** No n tokens in a row twice; 0 allows it (default 3 with a beam, 0 without). */
  readonly noRepeatNgram?: number;
  /** Most tokens of text (default 64, or the slot's max_length). */
  readonly maxLength?: number;
  readonly minLength?: number;
  /** Draws instead of searching; an image's codes are always drawn (default 1). */
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  /** Of what is drawn (default 0). */
  readonly seed?: number;
  /** Most positions of speech (default: as many as the model gives). */
  readonly positions?: number;
  /** Frames of a motion (default: as many as the model gives). */
  readonly frames?: number;
  /** Steps in which noise becomes motion (default 50). */
  readonly steps?: number;
  /** How strongly a motion follows the text: (1 + w) · with - w · without (default 1). */
  readonly guidance?: number;
  readonly signal?: AbortSignal;
}
