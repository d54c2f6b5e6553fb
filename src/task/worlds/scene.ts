/** Scenes: one to three coloured shapes at clear places. */

import { type Color, createCanvas } from "../../media/draw/index.ts";
import type { Box, Image } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { addGrain, createPaper, jitterColour, pickPaper } from "./paper.ts";
import { COLOUR_NAMES, COLOURS, type Colour, drawFigure, SHAPES, type Shape } from "./shapes.ts";
import { between, chance, integer, isHeldOut, pick, pickSome, type Split } from "./world.ts";

export type Size = "small" | "large";

/** Of a grid of three rows and three columns; 0 is the top, and the left. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

export interface SceneObject {
  readonly shape: Shape;
  readonly colour: Colour;
  readonly size: Size;
  readonly place: Place;
  readonly box: Box;
}

export interface Scene {
  readonly image: Image;
  /** From left to right; in a column from top to bottom. */
  readonly objects: readonly SceneObject[];
}

export interface SceneOptions {
  /** Width and height in pixels (default 64). */
  readonly size?: number;
  /** How many objects at least and at most (default 1 and 3). */
  readonly least?: number;
  readonly most?: number;
  /** A background of one tone and no noise. */
  readonly isPlain?: boolean;
  /** Nothing but what captions tell is drawn at random: no turns, shifts, or shades of a colour. */
  readonly isExact?: boolean;
  /** The background's tone (default: drawn). */
  readonly paper?: Color;
}

const PLACES: readonly Place[] = Array.from({ length: 9 }, (_, i) => ({
  row: Math.floor(i / 3),
  column: i % 3,
}));

/** Radius as a share of the picture, small enough that neighbours never touch. */
const RADII = { small: [0.07, 0.09], large: [0.118, 0.134], largeAlone: [0.118, 0.2] } as const;

type Plan = Omit<SceneObject, "box">;

/**
 * Draws a scene. A colour and shape at a place (one combination in eight) is held out: training
 * never shows it, held-out scenes show at least one such object.
 *
 * @example
 * const { image, objects } = makeScene(createRandom(1), "train");
 */
export function makeScene(random: Random, split: Split, options: SceneOptions = {}): Scene {
  const { size = 64, isPlain = false, isExact = false, paper } = options;
  let plan = planObjects(random, options);
  while (plan.some(isHeldOutObject) !== (split === "heldout")) plan = planObjects(random, options);
  const rgb = paper ?? pickPaper(random).rgb;
  const image = isPlain ? createCanvas(size, size, rgb) : createPaper(random, rgb, size);
  const vary = (least: number, most: number): number =>
    isExact ? (least + most) / 2 : between(random, least, most);
  const objects = plan.map((object) => {
    const isAlone = plan.length === 1 && object.size === "large";
    const [least, most] = RADII[isAlone ? "largeAlone" : object.size];
    const box = drawFigure(image, {
      shape: object.shape,
      rgb: isExact ? COLOURS[object.colour] : jitterColour(random, COLOURS[object.colour]),
      x: size * ((object.place.column + 0.5) / 3 + vary(-0.022, 0.022)),
      y: size * ((object.place.row + 0.5) / 3 + vary(-0.022, 0.022)),
      radius: size * vary(least, most),
      angle: vary(-0.2, 0.2),
    });
    return { ...object, box };
  });
  if (!isPlain) addGrain(random, image);
  return { image, objects };
}

function planObjects(random: Random, { least = 1, most = 3 }: SceneOptions): Plan[] {
  const places = pickPlaces(random, integer(random, least, most));
  // Objects that share a shape or a colour make questions and references harder.
  const isAlike = chance(random, 0.4);
  const first = { shape: pick(random, SHAPES), colour: pick(random, COLOUR_NAMES) };
  const taken = new Set<string>();
  return places.map((place, index) => {
    for (;;) {
      const shape = isAlike && chance(random, 0.5) ? first.shape : pick(random, SHAPES);
      const colour = isAlike && chance(random, 0.4) ? first.colour : pick(random, COLOUR_NAMES);
      const look = index === 0 ? first : { shape, colour };
      const name = `${look.colour} ${look.shape}`;
      if (taken.has(name)) continue;
      taken.add(name);
      return { ...look, size: pick(random, ["small", "large"] as const), place };
    }
  });
}

/** Two objects lie in a row or a column; no two lie diagonally next to each other. */
function pickPlaces(random: Random, count: number): Place[] {
  for (;;) {
    const places = pickSome(random, PLACES, count);
    const isClear = places.every((a, i) =>
      places.slice(i + 1).every((b) => {
        const [rows, columns] = [Math.abs(a.row - b.row), Math.abs(a.column - b.column)];
        return count === 2 ? rows === 0 || columns === 0 : rows + columns !== 2 || rows !== 1;
      }),
    );
    if (isClear) return places.sort((a, b) => a.column - b.column || a.row - b.row);
  }
}

const isHeldOutObject = ({ colour, shape, place }: Plan): boolean =>
  heldOutLooks.has(`${colour} ${shape} ${place.row} ${place.column}`);

const heldOutLooks: ReadonlySet<string> = new Set(
  COLOUR_NAMES.flatMap((colour) => SHAPES.map((shape) => `${colour} ${shape}`))
    .flatMap((look) => PLACES.map(({ row, column }) => `${look} ${row} ${column}`))
    .filter((key) => isHeldOut("scenes", key)),
);

/** "top left", "middle", "right", … */
export function placeName({ row, column }: Place): string {
  const name = [["top", "", "bottom"][row], ["left", "", "right"][column]].filter(Boolean);
  return name.length > 0 ? name.join(" ") : "middle";
}
