import type { Random } from "../random.ts";
import { numberItems, pad, traceInsert } from "../traces.ts";
import type { Language, Skill, Task } from "../types.ts";
import { WORDS } from "../words.ts";

/** Joins items the way a list is written in running text. */
const join = (items: readonly (string | number)[], language: Language) =>
  items.join(language === "zh" ? "，" : ", ");

function distinctNumbers(random: Random, count: number, top: number): number[] {
  const values = new Set<number>();
  while (values.size < count) values.add(random.int(1, top));
  return [...values];
}

const sortNumbers = (name: string, isUp: boolean, wordings: Task["wordings"]): Task => ({
  name,
  weight: 2,
  wordings,
  make: ({ random, language }) => {
    const values = distinctNumbers(random, random.int(3, 5), 99);
    const sorted = values.toSorted((a, b) => (isUp ? a - b : b - a));
    const isBefore = (a: number, b: number) => (isUp ? a < b : a > b);
    return {
      key: values.join(","),
      slots: { list: join(values, language) },
      think: `${isUp ? "up" : "down"}:${traceInsert(values, isBefore, (v) => pad(v, 2))}`,
      answer: join(sorted, language),
    };
  },
});

/** Words with different first letters, so that the first letter decides. */
function wordsToSort(random: Random): string[] {
  const words: string[] = [];
  const count = random.int(3, 4);
  while (words.length < count) {
    const word = random.pick(WORDS.en);
    if (words.every((w) => w[0] !== word[0])) words.push(word);
  }
  return words;
}

const sortWords: Task = {
  name: "sort-words",
  weight: 2,
  wordings: {
    en: {
      train: [
        "[Sort|Order|Put] [these words|the words] [alphabetically|in alphabetical order|from a to z]: {list}",
        "[Sort|Order] {list} [alphabetically|in alphabetical order|from a to z][.|]",
        "{list}[. |: ][Sort these words alphabetically|Put them in alphabetical order|Sort the words from a to z].",
      ],
      heldout: [
        "[Can|Could] you sort these words in alphabetical order? {list}",
        "Here are some words: {list}. Sort them alphabetically.",
      ],
    },
    zh: {
      train: [
        "[按字母顺序|按字母表顺序][排列|排序][这些单词|以下单词|]：{list}",
        "[把|将]{list}按字母顺序[排列|排序|排好][。|]",
        "{list}[，|：][按字母顺序排列|请按字母顺序排序][。|]",
      ],
      heldout: [
        "请把这些单词按字母顺序排好：{list}",
        "这里有一些单词：{list}，请按字母表顺序排列。",
      ],
    },
  },
  make: ({ random, language }) => {
    const words = wordsToSort(random);
    const sorted = words.toSorted();
    return {
      key: words.join(","),
      slots: { list: join(words, language) },
      think: `a-z:${traceInsert(words, (a, b) => a < b, String)}`,
      answer: join(sorted, language),
    };
  },
};

const countLetter: Task = {
  name: "count-letter",
  weight: 3,
  wordings: {
    en: {
      train: [
        'How many [times does the letter {c} appear in|letters {c} are in|{c}\'s are in|{c} are there in] [{word}|"{word}"|the word {word}|the word "{word}"]?',
        '[Count|Please count] the [letter {c}|letters {c}|{c}\'s] in [{word}|"{word}"|the word {word}|the word "{word}"][.|]',
        '[In the word|In] [{word}|"{word}"], how many [times is {c} used|{c}\'s are there|letters are {c}]?',
      ],
      heldout: [
        "Look at the word {word}. How many times does {c} appear?",
        '[Can|Could] you count the letter {c} in "{word}"?',
      ],
    },
    zh: {
      train: [
        "[{word}|“{word}”|单词{word}|单词“{word}”][里|中]有[几个|多少个][字母|]{c}？",
        "[数一数|数一下|请数一数][{word}|“{word}”|单词{word}][里|中]有[几个|多少个][字母|]{c}[。|]",
        "字母{c}在[{word}|“{word}”|单词{word}][里|中]出现[几次|了几次|多少次]？",
      ],
      heldout: ["请问单词“{word}”里字母{c}有几个？", "在单词{word}中，{c}出现了多少次？"],
    },
  },
  make: ({ random }) => {
    const word = random.pick(WORDS.en);
    // Mostly a letter of the word, sometimes any letter (often none).
    const letter = random.chance(0.75)
      ? random.pick([...word])
      : random.pick([..."abcdefghijklmnopqrstuvwxyz"]);
    let count = 0;
    const marked = [...word].map((c) => (c === letter ? `${c}${++count}` : c)).join(" ");
    return {
      key: `${word},${letter}`,
      slots: { word, c: letter },
      think: `${letter}:${marked}`,
      answer: String(count),
    };
  },
};

const countLetters: Task = {
  name: "count-letters",
  weight: 1,
  wordings: {
    en: {
      train: [
        'How many letters [are in|are there in] [{word}|"{word}"|the word {word}|the word "{word}"]?',
        'How many letters does [{word}|"{word}"|the word {word}] have?',
        '[Count|Please count] [the|all] letters [in|of] [{word}|"{word}"|the word {word}|the word "{word}"][.|]',
      ],
      heldout: ['[Can|Could] you count the letters in "{word}"?', "How long is the word {word}?"],
    },
    zh: {
      train: [
        "[{word}|“{word}”|单词{word}|单词“{word}”][里|]有[几个|多少个]字母？",
        "[数一数|数一下|请数一数][{word}|“{word}”|单词{word}]有[几个|多少个]字母[。|]",
      ],
      heldout: ["单词“{word}”一共有几个字母？", "请问{word}一共有多少个字母？"],
    },
  },
  make: ({ random }) => {
    const word = random.pick(WORDS.en);
    return {
      key: word,
      slots: { word },
      think: numberItems([...word]),
      answer: String(word.length),
    };
  },
};

const countItems: Task = {
  name: "count-items",
  weight: 2,
  wordings: {
    en: {
      train: [
        "How many [items|words|things] are [in this list|in the list|here]: {list}?",
        "[Count|Please count] [the items|the words|the things] [in this list|here]: {list}",
        "{list}[. |: ][How many words are there|How many items are there|How many are there]?",
      ],
      heldout: [
        "Here is a list: {list}. How many items are in it?",
        "[Can|Could] you count the things in this list? {list}",
      ],
    },
    zh: {
      train: [
        "[下面|这里|列表里][有|一共有][几|多少]个[词|东西]？{list}",
        "[数一数|数一下|请数一数][这个列表|下面]有[几|多少]个词：{list}",
        "{list}[，|：][一共|这里][有|是][几|多少]个词？",
      ],
      heldout: ["这个列表里有几个东西？{list}", "这里有一个列表：{list}。请数一数有多少个词。"],
    },
  },
  make: ({ random, language }) => {
    const items = random.sample(WORDS[language], random.int(2, 8));
    return {
      key: items.join(","),
      slots: { list: join(items, language) },
      think: numberItems(items),
      answer: String(items.length),
    };
  },
};

const sortEn = (adjective: string, from: string) => ({
  train: [
    `[Sort|Order|Put] [these numbers|the numbers] [${adjective}|from ${from}]: {list}`,
    `[Sort|Order] {list} [${adjective}|from ${from}][.|]`,
    `{list}[. |: ][Sort these numbers from ${from}|Put them ${adjective}|Order them from ${from}].`,
  ],
  heldout: [
    `[Can|Could] you sort these numbers from ${from}? {list}`,
    `Here are some numbers: {list}. Sort them ${adjective}.`,
  ],
});
const sortZh = (order: string, from: string) => ({
  train: [
    `[按${from}|${from}|按${from}的顺序][排列|排序][这些数|以下数字|]：{list}`,
    `[把|将]{list}[按${from}|${from}|按${order}][排列|排序|排好][。|]`,
    `{list}[，|：][请${from}排列|按${from}排序|请按${order}排列][。|]`,
  ],
  heldout: [`请把这些数${from}排好：{list}`, `这里有一些数字：{list}，请按${from}的顺序排列。`],
});

export const sorting: Skill = {
  name: "sorting and counting",
  tasks: [
    sortNumbers("sort-up", true, {
      en: sortEn("in [ascending|increasing] order", "[smallest to largest|small to large]"),
      zh: sortZh("升序", "从小到大"),
    }),
    sortNumbers("sort-down", false, {
      en: sortEn("in [descending|decreasing] order", "[largest to smallest|large to small]"),
      zh: sortZh("降序", "从大到小"),
    }),
    sortWords,
    countLetter,
    countLetters,
    countItems,
  ],
};
