/** Generated data for tasks of every modality. */

export * from "./charts.ts";
export * from "./clips.ts";
export * from "./facts.ts";
export * from "./handwriting.ts";
export * from "./instructions.ts";
export * from "./motions.ts";
export * from "./phones.ts";
export * from "./rendered-text.ts";
export * from "./scene.ts";
export * from "./scene-captions.ts";
export * from "./scene-entailment.ts";
export * from "./scene-questions.ts";
export * from "./scene-regions.ts";
export * from "./sentences.ts";
export { COLOUR_NAMES, COLOURS, type Colour, SHAPES, type Shape } from "./shapes.ts";
export * from "./speech.ts";
export * from "./speech-pool.ts";
export * from "./sql.ts";
export * from "./sudoku.ts";
export * from "./synthesize.ts";
export * from "./tone-speech.ts";
export * from "./utterances.ts";
export { type Question, type Split, streamWorld, type World } from "./world.ts";
