/** What a scene shows, in one sentence. */

import type { Image } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { makeScene, placeName, type Scene, type SceneObject, type SceneOptions } from "./scene.ts";
import { COLOUR_NAMES, type Colour, SHAPES, type Shape } from "./shapes.ts";
import { pick, type Split } from "./world.ts";

export interface CaptionedImage {
  readonly image: Image;
  readonly caption: string;
  /** All captions that are right, `caption` among them. */
  readonly references: readonly string[];
}

/** A scene and what it shows: "a small red circle above a large blue star". */
export function captionScenes(
  random: Random,
  split: Split,
  options: SceneOptions = {},
): CaptionedImage {
  const scene = makeScene(random, split, options);
  const references = sceneCaptions(scene);
  return { image: scene.image, caption: pick(random, references), references };
}

const WHITE = [255, 255, 255] as const;

/**
 * A picture to draw from its caption: one or two shapes on white, 32 x 32 by default, and nothing
 * that the caption does not tell but which of two places in a row or column they have.
 */
export function drawingScenes(
  random: Random,
  split: Split,
  options: SceneOptions = {},
): CaptionedImage {
  return captionScenes(random, split, {
    size: 32,
    most: 2,
    isPlain: true,
    isExact: true,
    paper: WHITE,
    ...options,
  });
}

/** Every way to caption a scene. */
export function sceneCaptions({ objects }: Scene): readonly string[] {
  const names = objects.map((object) => `a ${describeObject(object)}`);
  const [a, b] = objects;
  if (objects.length === 1) {
    const place = placeName(a.place);
    return [`${names[0]} ${place === "middle" ? "in" : "at"} the ${place}`];
  }
  if (objects.length === 2) {
    return a.place.column === b.place.column
      ? [`${names[0]} above ${names[1]}`, `${names[1]} below ${names[0]}`]
      : [
          `${names[0]} to the left of ${names[1]}`,
          `${names[0]} on the left and ${names[1]} on the right`,
        ];
  }
  return [`${names.slice(0, -1).join(", ")} and ${names.at(-1)}`];
}

/** "small red circle" */
export const describeObject = ({ size, colour, shape }: SceneObject): string =>
  `${size} ${colour} ${shape}`;

/** "red circle" */
export const nameObject = ({ colour, shape }: { colour: Colour; shape: Shape }): string =>
  `${colour} ${shape}`;

/** All names of single objects: the closed set of `classifyShapes`. */
export const SHAPE_LABELS: readonly string[] = COLOUR_NAMES.flatMap((colour) =>
  SHAPES.map((shape) => nameObject({ colour, shape })),
);

/** One object and its name, of `SHAPE_LABELS`. */
export function classifyShapes(
  random: Random,
  split: Split,
  options: SceneOptions = {},
): { readonly image: Image; readonly label: string } {
  const { image, objects } = makeScene(random, split, { ...options, least: 1, most: 1 });
  return { image, label: nameObject(objects[0]) };
}
