import type { Random } from "../random.ts";
import { renumber, spell, traceInsert } from "../traces.ts";
import type { Instance, Language, Skill, Task, Wordings } from "../types.ts";
import { WORDS } from "../words.ts";

/** A word as people mention it: bare or quoted. The language's own quotes. */
const W = {
  en: '[{word}|"{word}"|the word {word}|the word "{word}"]',
  zh: "[{word}|“{word}”|单词{word}|单词“{word}”]",
};

const put = (wordings: Record<Language, Wordings>): Record<Language, Wordings> => {
  const fill = (list: string[], language: Language) =>
    list.map((t) => t.replaceAll("<w>", W[language]));
  const both = (language: Language) => ({
    train: fill(wordings[language].train, language),
    heldout: fill(wordings[language].heldout, language),
  });
  return { en: both("en"), zh: both("zh") };
};

/** A task on one English word: its letters are written out, edited, and joined again. */
const edit = (
  name: string,
  weight: number,
  make: (
    word: string,
    random: Random,
  ) => Pick<Instance, "think" | "answer"> & { key?: string; slots?: Record<string, string> },
  wordings: Record<Language, Wordings>,
): Task => ({
  name,
  weight,
  wordings: put(wordings),
  make: ({ random }) => {
    const word = random.pick(WORDS.en);
    const { key, slots, think, answer } = make(word, random);
    return { key: `${word},${key ?? ""}`, slots: { word, ...slots }, think, answer, spelled: true };
  },
});

const reverse = edit(
  "reverse",
  2,
  (word) => {
    const letters = Array.from(word, (c, i) => [c, i] as const).reverse();
    const back = letters.map(([c]) => c).join("");
    return { think: `${spell(word)}<${renumber(letters)}`, answer: back };
  },
  {
    en: {
      train: [
        "[Reverse|Please reverse] <w>[.|]",
        "[Write|Spell|Say] <w> [backwards|in reverse][.|]",
        "[What is|What's|Give me] <w> [backwards|in reverse|reversed][?|]",
        "Reverse the letters [of|in] <w>[.|]",
      ],
      heldout: ["[Can|Could] you write <w> backwards?", "Here is a word: {word}. Reverse it."],
    },
    zh: {
      train: [
        "[把|将|请把]<w>[反过来|倒过来][写|][。|]",
        "[反转|倒写|倒着写]<w>[。|]",
        "<w>[倒过来|反过来|倒着][怎么写|是什么|写是什么]？",
      ],
      heldout: ["请把<w>的字母倒过来写。", "这里有一个单词：{word}，请反过来写。"],
    },
  },
);

const uppercase = edit(
  "uppercase",
  2,
  (word) => {
    const answer = word.toUpperCase();
    return { think: `${spell(word)}:${spell(answer)}`, answer };
  },
  {
    en: {
      train: [
        "[Write|Put|Give me] <w> in [upper case|uppercase|capital letters|capitals][.|]",
        "[Uppercase|Capitalize all letters of] <w>[.|]",
        "[Make|Turn] <w> [uppercase|into capital letters|into capitals][.|]",
        "[What is|What's] <w> in [uppercase|capital letters]?",
      ],
      heldout: [
        "[Can|Could] you write <w> in capital letters?",
        "Here is a word: {word}. Write it in uppercase.",
      ],
    },
    zh: {
      train: [
        "[把|将|请把]<w>[变成|改成|写成|转换成][大写|大写字母][。|]",
        "<w>[的大写是什么|用大写怎么写|的大写怎么写]？",
        "[用|请用]大写[字母|]写[出|]<w>[。|]",
      ],
      heldout: ["请写出<w>的大写。", "这里有一个单词：{word}，请改成大写字母。"],
    },
  },
);

const isVowel = (c: string) => "aeiou".includes(c);

const removeVowels = edit(
  "remove-vowels",
  1.5,
  (word) => {
    const rest = Array.from(word, (c, i) => [c, i] as const).filter(([c]) => !isVowel(c));
    return { think: `${spell(word)}:${renumber(rest)}`, answer: rest.map(([c]) => c).join("") };
  },
  {
    en: {
      train: [
        "[Remove|Delete|Take out] [the vowels|all vowels|all the vowels] [from|in] <w>[.|]",
        "[Write|Give me] <w> without [vowels|the vowels|any vowels][.|]",
        "[What is|What's] <w> without [vowels|the vowels]?",
      ],
      heldout: [
        "[Can|Could] you remove the vowels from <w>?",
        "Here is a word: {word}. Delete all its vowels.",
      ],
    },
    zh: {
      train: [
        "[去掉|删除|删掉]<w>[里的|中的|的]元音[字母|][。|]",
        "[把|将|请把]<w>[里的|中的]元音[字母|][去掉|删除|删掉][。|]",
        "<w>去掉元音[字母|][是什么|后是什么|怎么写]？",
      ],
      heldout: ["请写出<w>去掉元音后的样子。", "这里有一个单词：{word}，请删掉所有元音。"],
    },
  },
);

const replace = edit(
  "replace-letter",
  2,
  (word, random) => {
    const from = random.pick([...word]);
    const to = random.pick([..."abcdefghijklmnopqrstuvwxyz"].filter((c) => c !== from));
    const answer = word.replaceAll(from, to);
    return {
      key: `${from}${to}`,
      slots: { x: from, y: to },
      think: `${spell(word)}:${from}>${to}:${spell(answer)}`,
      answer,
    };
  },
  {
    en: {
      train: [
        "[Replace|Change|Swap] [every|each|the letter|] {x} [with|to|for] {y} in <w>[.|]",
        '[In the word|In] [{word}|"{word}"], [replace|change] {x} [with|to] {y}[.|]',
        "[Write|Give me] <w> with {y} [instead of|in place of] {x}[.|]",
      ],
      heldout: [
        "[Can|Could] you replace {x} with {y} in <w>?",
        "Here is a word: {word}. Change every {x} to {y}.",
      ],
    },
    zh: {
      train: [
        "[把|将|请把]<w>[里的|中的]{x}[换成|改成|替换成]{y}[。|]",
        "[在|]<w>[里|中]，[用{y}替换{x}|把{x}换成{y}][。|]",
        "<w>[里的|中的]{x}[换成|改成]{y}[是什么|后是什么|怎么写]？",
      ],
      heldout: ["请用{y}替换<w>里的{x}。", "这里有一个单词：{word}，请把{x}改成{y}。"],
    },
  },
);

const ends = edit(
  "first-last",
  2,
  (word, random) => {
    const isFirst = random.chance(0.5);
    const n = random.int(1, Math.min(3, word.length));
    const answer = isFirst ? word.slice(0, n) : word.slice(-n);
    const start = isFirst ? 0 : word.length - n;
    const kept = Array.from(answer, (c, i) => [c, start + i] as const);
    const count = isFirst ? String(n) : `${word.length}-${n}=${start}`;
    return {
      key: `${isFirst},${n}`,
      slots: {
        n: String(n),
        side: isFirst ? "first" : "last",
        sideZh: isFirst ? "前" : "后",
        s: n === 1 ? "" : "s",
      },
      think: `${spell(word)}:${count}:${renumber(kept)}`,
      answer,
    };
  },
  {
    en: {
      train: [
        "[What are|Give me|Write|Tell me] the {side} {n} letter{s} [of|in] <w>[.|?]",
        "{side} {n} letter{s} of <w>[?|.|]",
        "[Take|Find] the {side} {n} letter{s} from <w>[.|]",
      ],
      heldout: [
        "[Can|Could] you give me the {side} {n} letter{s} of <w>?",
        "Here is a word: {word}. Write its {side} {n} letter{s}.",
      ],
    },
    zh: {
      train: [
        "<w>的{sideZh}{n}个字母是什么？",
        "[写出|取出|告诉我|给出]<w>的{sideZh}{n}个字母[。|]",
        "[取|求]<w>{sideZh}{n}个字母[。|]",
      ],
      heldout: [
        "请问<w>里{sideZh}{n}个字母是什么？",
        "这里有一个单词：{word}，请写出{sideZh}{n}个字母。",
      ],
    },
  },
);

const join: Task = {
  name: "join",
  weight: 2,
  wordings: {
    en: {
      train: [
        '[Join|Connect|Put together] {list} [with|using] ["{sep}"|the separator "{sep}"][.|]',
        '[Join|Connect] [the words|these words] [with|using] "{sep}": {list}',
        '{list}[. |: ][Join them with "{sep}"|Put "{sep}" between them].',
      ],
      heldout: [
        '[Can|Could] you join these words with "{sep}"? {list}',
        'Here are some words: {list}. Connect them using "{sep}".',
      ],
    },
    zh: {
      train: [
        "[用|请用]“{sep}”连接[这些词|以下词|下面的词]：{list}",
        "[把|将|请把]{list}用“{sep}”[连接|连起来|连在一起][。|]",
        "{list}[，|：][用“{sep}”连起来|中间加上“{sep}”][。|]",
      ],
      heldout: ["请把这些词用“{sep}”连起来：{list}", "这里有一些词：{list}，用“{sep}”连在一起。"],
    },
  },
  make: ({ random, language }) => {
    const words = random.sample(WORDS[random.chance(0.5) ? language : "en"], random.int(2, 4));
    const sep = random.pick(["-", "+", "/", "_", "*", "&"]);
    return {
      key: `${words.join(",")},${sep}`,
      slots: { list: words.join(language === "zh" ? "，" : ", "), sep },
      think: `${words.join(" ")}:${sep}`,
      answer: words.join(sep),
    };
  },
};

const reverseList: Task = {
  name: "reverse-list",
  weight: 1.5,
  wordings: {
    en: {
      train: [
        "[Reverse|Turn around] [this list|the list|the order of this list|the order of these words]: {list}",
        "[Write|Give me] [this list|these words] [in reverse order|in reverse|backwards]: {list}",
      ],
      heldout: [
        "[Can|Could] you reverse this list? {list}",
        "Here is a list: {list}. Write it in reverse order.",
      ],
    },
    zh: {
      train: [
        "[把|将|请把]这个列表[反过来|倒过来][写|]：{list}",
        "[反转|倒着写|倒写]这个列表：{list}",
        "{list}[，|：]把[顺序|这个列表][反过来|倒过来][。|]",
      ],
      heldout: ["这里有一个列表：{list}。请倒过来写。", "请反转列表：{list}"],
    },
  },
  make: ({ random, language }) => {
    const words = random.sample(WORDS[language], random.int(3, 5));
    const comma = language === "zh" ? "，" : ", ";
    return {
      key: words.join(","),
      slots: { list: words.join(comma) },
      think: traceInsert(words, () => true, String),
      answer: words.toReversed().join(comma),
    };
  },
};

export const strings: Skill = {
  name: "string edits",
  tasks: [reverse, uppercase, removeVowels, replace, ends, join, reverseList],
};
