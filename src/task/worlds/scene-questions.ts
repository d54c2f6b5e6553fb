/** Questions about a scene. */

import type { Image } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { makeScene, placeName, type Scene, type SceneObject, type SceneOptions } from "./scene.ts";
import { nameObject } from "./scene-captions.ts";
import { COLOUR_NAMES, SHAPES } from "./shapes.ts";
import {
  askQuestion,
  chance,
  pick,
  type Question,
  type Split,
  type Wordings,
  withArticle,
} from "./world.ts";

export interface ImageQuestion extends Question {
  readonly image: Image;
}

/** A scene, a question about it, and the answer. */
export function askScenes(random: Random, split: Split, options: SceneOptions = {}): ImageQuestion {
  const kind = pick(random, SCENE_QUESTION_KINDS);
  for (;;) {
    const scene = makeScene(random, split, options);
    const question = askScene(random, split, scene, kind);
    if (question) return { ...question, image: scene.image };
  }
}

const WORDINGS = {
  colour: {
    train: ["what colour is the {shape}?", "which colour does the {shape} have?"],
    heldout: ["what is the colour of the {shape}?"],
  },
  shape: {
    train: ["what shape is {colour}?", "which shape is {colour}?"],
    heldout: ["what is the {colour} shape?"],
  },
  count: {
    train: ["how many objects are there?", "how many shapes are in the image?"],
    heldout: ["how many shapes are there?"],
  },
  countShape: {
    train: ["how many {shapes} are there?", "how many {shapes} are in the image?"],
    heldout: ["how many {shapes} does the image have?"],
  },
  exists: {
    train: ["is there {name}?", "is there {name} in the image?"],
    heldout: ["does the image have {name}?"],
  },
  size: {
    train: ["is the {shape} small or large?", "what size is the {shape}?"],
    heldout: ["is the {shape} large or small?"],
  },
  place: {
    train: ["where is the {shape}?", "where is the {shape} in the image?"],
    heldout: ["where in the image is the {shape}?"],
  },
  neighbour: {
    train: ["what is {side} the {name}?", "which object is {side} the {name}?"],
    heldout: ["which shape is {side} the {name}?"],
  },
  relation: {
    train: ["is the {name} {side} the {other}?", "in the image, is the {name} {side} the {other}?"],
    heldout: ["does the {name} lie {side} the {other}?"],
  },
} as const satisfies Record<string, Wordings>;

export type SceneQuestionKind = keyof typeof WORDINGS;
export const SCENE_QUESTION_KINDS = Object.keys(WORDINGS) as SceneQuestionKind[];

/** Where b lies as seen from a, in words, where rows or columns alone tell it. */
function sideOf(a: SceneObject, b: SceneObject): string | undefined {
  const [rows, columns] = [b.place.row - a.place.row, b.place.column - a.place.column];
  if (rows === 0) return columns < 0 ? "left of" : "right of";
  if (columns === 0) return rows < 0 ? "above" : "below";
  return undefined;
}

const OPPOSITE: Readonly<Record<string, string>> = {
  "left of": "right of",
  "right of": "left of",
  above: "below",
  below: "above",
};

const plural = (noun: string) => (noun.endsWith("s") ? `${noun}es` : `${noun}s`);

/** A question of this kind; undefined where the scene does not allow one. */
export function askScene(
  random: Random,
  split: Split,
  scene: Scene,
  kind: SceneQuestionKind,
): Question | undefined {
  const { objects } = scene;
  const object = pick(random, objects);
  const { shape, colour } = object;
  const ask = (slots: Readonly<Record<string, string>>, answer: string) =>
    askQuestion(random, split, kind, WORDINGS[kind], slots, answer);
  const isOnlyShape = objects.filter((o) => o.shape === shape).length === 1;
  switch (kind) {
    case "colour":
      return isOnlyShape ? ask({ shape }, colour) : undefined;
    case "shape": {
      const isOnlyColour = objects.filter((o) => o.colour === colour).length === 1;
      return isOnlyColour ? ask({ colour }, shape) : undefined;
    }
    case "count":
      return ask({}, String(objects.length));
    case "countShape": {
      const asked = chance(random, 0.2) ? pick(random, SHAPES) : shape;
      return ask(
        { shapes: plural(asked) },
        String(objects.filter((o) => o.shape === asked).length),
      );
    }
    case "exists": {
      if (chance(random, 0.5)) return ask({ name: withArticle(nameObject(object)) }, "yes");
      // Wrong in one property, so that the colour or the shape alone does not tell.
      const other = chance(random, 0.5)
        ? { colour: pick(random, COLOUR_NAMES), shape }
        : { colour, shape: pick(random, SHAPES) };
      const isThere = objects.some((o) => o.colour === other.colour && o.shape === other.shape);
      return isThere ? undefined : ask({ name: withArticle(nameObject(other)) }, "no");
    }
    case "size":
      return isOnlyShape ? ask({ shape }, object.size) : undefined;
    case "place":
      return isOnlyShape ? ask({ shape }, placeName(object.place)) : undefined;
    case "neighbour": {
      const other = pick(random, objects);
      const side = other === object ? undefined : sideOf(object, other);
      // Nothing else may lie there, whether in the same row or not.
      if (!side || objects.some((o) => o !== other && o !== object && isOn(side, object, o)))
        return undefined;
      return ask({ side, name: nameObject(object) }, nameObject(other));
    }
    case "relation": {
      const other = pick(random, objects);
      const side = other === object ? undefined : sideOf(other, object);
      if (!side) return undefined;
      const isTrue = chance(random, 0.5);
      const said = isTrue ? side : OPPOSITE[side];
      return ask(
        { name: nameObject(object), side: said, other: nameObject(other) },
        isTrue ? "yes" : "no",
      );
    }
  }
}

function isOn(side: string, a: SceneObject, b: SceneObject): boolean {
  const [rows, columns] = [b.place.row - a.place.row, b.place.column - a.place.column];
  if (side === "left of") return columns < 0;
  if (side === "right of") return columns > 0;
  return side === "above" ? rows < 0 : rows > 0;
}
