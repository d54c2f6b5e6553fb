export * from "./scene.ts";
export * from "./scene-captions.ts";
export * from "./scene-entailment.ts";
export * from "./scene-questions.ts";
export * from "./scene-regions.ts";
export { COLOUR_NAMES, COLOURS, type Colour, SHAPES, type Shape } from "./shapes.ts";
export { type Question, type Split, streamWorld, type World } from "./world.ts";
