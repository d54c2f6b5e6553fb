/** Small scenes for studies of pictures and words: a few shapes, questions, one vocabulary. */

import { loadTokenizer, trainBpe } from "../../src/media/text/index.ts";
import type { Image } from "../../src/media/types.ts";
import { createRandom, type Random } from "../../src/nn/random.ts";
import { createVocabulary, spanMarks, type Vocabulary } from "../../src/task/index.ts";
import {
  askScene,
  COLOUR_NAMES,
  captionScenes,
  makeScene,
  type Question,
  type SceneOptions,
  type SceneQuestionKind,
  SHAPES,
  type Split,
} from "../../src/task/worlds/index.ts";

/**
 * Pictures of 48 pixels, in which each of the nine places is a patch of its own.
 *
 * @param shapes that a picture has at most
 */
export const sceneOf = (shapes: number): SceneOptions => ({
  size: 48,
  most: shapes,
  isPlain: true,
});
export const IMAGE = { size: 48, patch: 16, layers: 0 };

export const QUESTION_KINDS = [
  "colour",
  "shape",
  "size",
  "exists",
  "place",
] as const satisfies readonly SceneQuestionKind[];

/** Every answer to such questions: a closed set, of one token to three each. */
export const ANSWERS: readonly string[] = [
  ...COLOUR_NAMES,
  ...SHAPES,
  ..."small,large,yes,no".split(","),
  ..."top left,top,top right,left,middle,right,bottom left,bottom,bottom right".split(","),
];

/** A scene and a question about it; kinds come up alike. */
export function question(
  random: Random,
  split: Split,
  options: SceneOptions,
): Question & { readonly image: Image } {
  const kind = QUESTION_KINDS[random.below(QUESTION_KINDS.length)];
  for (;;) {
    const scene = makeScene(random, split, options);
    const asked = askScene(random, split, scene, kind);
    if (asked) return { ...asked, image: scene.image };
  }
}

/** What is said about scenes, without the scene: a caption, or a question without its answer. */
export const sentence = (random: Random, options: SceneOptions): string =>
  random.uniform() < 0.5
    ? captionScenes(random, "train", options).caption
    : question(random, "train", options).question;

const TEXTS = 1500;
const SIZE = 400;

/**
 * Byte pairs of such sentences, of answers and of instructions. Sentences begin with `<s>` and end
 * with `</s>`.
 *
 * @param bins steps of boxes; 0: none
 */
export async function sceneVocabulary(
  instructions: readonly string[],
  bins: number,
): Promise<Vocabulary> {
  const random = createRandom(0, "vocabulary");
  const said = Array.from({ length: TEXTS }, () => sentence(random, sceneOf(2)));
  const known = [...instructions, ...ANSWERS].flatMap((text) => [text, text, text]);
  const texts = [...said, ...known].map((text) => ` ${text}`);
  const marks = ["<s>", "</s>", ...Array.from({ length: bins }, (_, i) => `<bin_${i}>`)];
  const json = trainBpe(texts, { vocabSize: SIZE + marks.length, specialTokens: marks });
  const tokenizer = await loadTokenizer({ tokenizer: json });
  return createVocabulary(tokenizer, spanMarks(tokenizer), { bins, codes: 0, alwaysBlank: true });
}
