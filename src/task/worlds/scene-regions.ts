/** Boxes in scenes: which object a phrase means, and where all objects are. */

import type { Box, Image } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { makeScene, type Scene, type SceneObject, type SceneOptions } from "./scene.ts";
import { describeObject, nameObject } from "./scene-captions.ts";
import { pick, type Split } from "./world.ts";

export interface Region {
  readonly image: Image;
  /** A phrase that fits one object alone: "the small red circle", "the star on the left". */
  readonly phrase: string;
  readonly box: Box;
}

/** A scene, a phrase that fits one of its objects, and that object's box. */
export function referScenes(random: Random, split: Split, options: SceneOptions = {}): Region {
  const scene = makeScene(random, split, options);
  const object = pick(random, scene.objects);
  return {
    image: scene.image,
    phrase: `the ${pick(random, referringPhrases(scene, object))}`,
    box: object.box,
  };
}

export interface DetectedObject {
  readonly box: Box;
  /** "red circle" */
  readonly label: string;
}

/** A scene and all its objects, from left to right and, in a column, from top to bottom. */
export function detectScenes(
  random: Random,
  split: Split,
  options: SceneOptions = {},
): { readonly image: Image; readonly objects: readonly DetectedObject[] } {
  const { image, objects } = makeScene(random, split, options);
  return { image, objects: objects.map((o) => ({ box: o.box, label: nameObject(o) })) };
}

/** The phrases, without "the", that fit this object of the scene and no other. */
export function referringPhrases({ objects }: Scene, object: SceneObject): string[] {
  const { shape, colour, size, place } = object;
  const others = objects.filter((o) => o !== object);
  const phrases = [nameObject(object), describeObject(object)];
  if (!others.some((o) => o.shape === shape)) phrases.push(shape);
  if (!others.some((o) => o.colour === colour)) phrases.push(`${colour} shape`);
  if (!others.some((o) => o.size === size && o.shape === shape)) phrases.push(`${size} ${shape}`);
  const alike = others.filter((o) => o.shape === shape);
  if (alike.length === 0) return phrases;
  if (alike.every((o) => o.place.column > place.column)) phrases.push(`${shape} on the left`);
  if (alike.every((o) => o.place.column < place.column)) phrases.push(`${shape} on the right`);
  if (alike.every((o) => o.place.row > place.row)) phrases.push(`${shape} at the top`);
  if (alike.every((o) => o.place.row < place.row)) phrases.push(`${shape} at the bottom`);
  return phrases;
}
