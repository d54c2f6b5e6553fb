/** Words and sentences of answers. */

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** By Unicode's rules; the published code asks NLTK's trained model, which knows abbreviations. */
export const countSentences = (text: string): number =>
  [...segmenter.segment(text)].filter(({ segment }) => segment.trim()).length;

export const countWords = (text: string): number =>
  [...text.matchAll(/[\p{L}\p{M}\p{N}_]+/gu)].length;

/** Words in capitals; a hyphen joins, and a contraction is two words, as NLTK parts them. */
export const upperWords = (text: string): number =>
  text
    .replace(/(n't|'s|'m|'d|'ll|'re|'ve)\b/gi, " $1")
    .split(/[\s,;:?!"()[\]{}<>@#$%&*]+|\.(?=\s|$)/)
    .filter((word) => word !== word.toLowerCase() && word === word.toUpperCase()).length;
