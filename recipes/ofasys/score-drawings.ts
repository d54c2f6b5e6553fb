/** Whether a drawing has the object that was asked for in its place, by its colour. */

import type { Image } from "../../src/media/types.ts";
import { COLOUR_NAMES, COLOURS, type SceneObject } from "../../src/task/worlds/index.ts";

type Rgb = readonly [number, number, number];

const distance = (a: Rgb, b: Rgb): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/**
 * The colour that most pixels of the object's box are of, those of the paper left out. The paper's
 * tone is that of the picture's corners' median: an object covers one of them at most.
 */
export function colourInPlace(image: Image, { box }: Pick<SceneObject, "box">): string {
  const pixel = (x: number, y: number): Rgb => {
    const at = 3 * (y * image.width + x);
    return [image.data[at], image.data[at + 1], image.data[at + 2]];
  };
  const [right, bottom] = [image.width - 1, image.height - 1];
  const corners = [pixel(0, 0), pixel(right, 0), pixel(0, bottom), pixel(right, bottom)];
  const median = (channel: 0 | 1 | 2): number =>
    corners.map((rgb) => rgb[channel]).toSorted((a, b) => a - b)[1];
  const paper: Rgb = [median(0), median(1), median(2)];
  const votes = new Map<string, number>();
  for (let y = box[1]; y < box[3]; y++) {
    for (let x = box[0]; x < box[2]; x++) {
      const own = pixel(x, y);
      let [name, least] = ["paper", distance(own, paper)];
      for (const colour of COLOUR_NAMES) {
        const away = distance(own, COLOURS[colour]);
        if (away < least) [name, least] = [colour, away];
      }
      if (name !== "paper") votes.set(name, (votes.get(name) ?? 0) + 1);
    }
  }
  const [first] = [...votes].toSorted((a, b) => b[1] - a[1]);
  return first?.[0] ?? "paper";
}

/** Share of drawings with the object's colour in its place. */
export const shareOfColours = (images: readonly unknown[], objects: readonly unknown[]): number =>
  images.filter((image, i) => {
    const object = objects[i] as SceneObject;
    return colourInPlace(image as Image, object) === object.colour;
  }).length / images.length;
