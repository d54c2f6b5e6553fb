/** Whether a scene and its caption imply another sentence. */

import type { Image } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { makeScene, type SceneObject, type SceneOptions } from "./scene.ts";
import { nameObject, sceneCaptions } from "./scene-captions.ts";
import { COLOUR_NAMES, SHAPES } from "./shapes.ts";
import { pick, type Split, withArticle } from "./world.ts";

export const ENTAILMENT_LABELS = ["yes", "no", "maybe"] as const;
export type Entailment = (typeof ENTAILMENT_LABELS)[number];

export interface EntailedImage {
  readonly image: Image;
  readonly caption: string;
  readonly hypothesis: string;
  /** "maybe": neither the image nor the caption tells. */
  readonly label: Entailment;
}

/** A scene, its caption, and a sentence that follows, contradicts them, or may be true. */
export function entailScenes(
  random: Random,
  split: Split,
  options: SceneOptions = {},
): EntailedImage {
  const scene = makeScene(random, split, options);
  const label = pick(random, ENTAILMENT_LABELS);
  return {
    image: scene.image,
    caption: pick(random, sceneCaptions(scene)),
    hypothesis: HYPOTHESES[label](random, scene.objects, pick(random, scene.objects)),
    label,
  };
}

type Hypothesis = (random: Random, objects: readonly SceneObject[], object: SceneObject) => string;

const HYPOTHESES: Readonly<Record<Entailment, Hypothesis>> = {
  yes: (random, objects, object) =>
    pick(random, [
      `there is ${withArticle(nameObject(object))}`,
      `there is a ${object.shape}`,
      `an object is ${object.colour}`,
      `an object is ${object.size}`,
      `the image shows ${objects.length} object${objects.length === 1 ? "" : "s"}`,
    ]),
  no: (random, objects, object) => {
    const shapes = SHAPES.filter((shape) => !objects.some((o) => o.shape === shape));
    const colours = COLOUR_NAMES.filter((colour) => !objects.some((o) => o.colour === colour));
    const count = pick(
      random,
      [1, 2, 3].filter((n) => n !== objects.length),
    );
    return pick(random, [
      `there is ${withArticle(`${object.colour} ${pick(random, shapes)}`)}`,
      `there is ${withArticle(`${pick(random, colours)} ${object.shape}`)}`,
      `there is a ${pick(random, shapes)}`,
      `an object is ${pick(random, colours)}`,
      `the image shows ${count} object${count === 1 ? "" : "s"}`,
    ]);
  },
  maybe: (random, _objects, object) => {
    const name = pick(random, [nameObject(object), object.shape]);
    return pick(random, [
      `the ${name} is heavy`,
      `the ${name} is made of wood`,
      `the ${name} is new`,
      `a child drew the ${name}`,
      `the ${name} belongs to anna`,
    ]);
  },
};
