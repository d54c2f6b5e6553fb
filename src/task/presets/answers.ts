/** Every answer to the questions about generated scenes and clips: their closed sets. */

import { CLIP_ACTIONS, COLOUR_NAMES, SHAPE_LABELS, SHAPES } from "../worlds/index.ts";

const PLACES = ["top", "middle", "bottom"].flatMap((row) =>
  ["left", "", "right"].map((column) => {
    const name = `${row === "middle" ? "" : row} ${column}`.trim();
    return name === "" ? "middle" : name;
  }),
);

export const SCENE_ANSWERS: readonly string[] = [
  ...["yes", "no", "small", "large", "0", "1", "2", "3"],
  ...COLOUR_NAMES,
  ...SHAPES,
  ...SHAPE_LABELS,
  ...PLACES,
];

export const CLIP_ANSWERS: readonly string[] = [
  ...["yes", "no", "1", "2"],
  ...CLIP_ACTIONS,
  ...COLOUR_NAMES,
  ...SHAPE_LABELS,
];
