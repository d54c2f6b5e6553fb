import { toChinese, toEnglish } from "../number-words.ts";
import type { Random } from "../random.ts";
import type { Skill, Task } from "../types.ts";

/** 10 to 9999, shorter numbers as likely as longer ones. */
function makeNumber(random: Random): number {
  const digits = random.pick([2, 3, 3, 3, 4]);
  const value = random.int(10 ** (digits - 1), 10 ** digits - 1);
  // Zeros inside are the hard part; make them frequent.
  if (digits > 2 && random.chance(0.25)) {
    const text = [...String(value)];
    text[random.int(1, digits - 1)] = "0";
    return Number(text.join(""));
  }
  return value;
}

/** 1205 -> "1000+200+0+5" */
const places = (value: number) =>
  [...String(value)]
    .map((d, i, all) => (d === "0" ? "0" : d + "0".repeat(all.length - 1 - i)))
    .join("+");

type Direction = "to-english" | "to-chinese" | "from-english" | "from-chinese";

const task = (name: Direction, wordings: Task["wordings"]): Task => ({
  name,
  weight: 1,
  wordings,
  make: ({ random }) => {
    const value = makeNumber(random);
    const words = name.endsWith("english") ? toEnglish(value) : toChinese(value);
    const isToWords = name.startsWith("to");
    return {
      key: String(value),
      slots: { v: isToWords ? String(value) : words },
      think: isToWords ? places(value) : `${places(value)}=${value}`,
      answer: isToWords ? words : String(value),
    };
  },
});

const across: Task = {
  name: "across",
  weight: 1,
  wordings: {
    en: {
      train: [
        "[Write|Say|Give me] [the number|] {v} in {to}[.|]",
        "[How do you say|How do you write] [the number|] {v} in {to}?",
        "[What is|What's] [the number|] {v} in {to}[ words|]?",
      ],
      heldout: ["[Can|Could] you write {v} in {to} for me?", "{v}: what is this number in {to}?"],
    },
    zh: {
      train: [
        "{v}用{to}怎么[写|说|读]？",
        "[请|]用{to}写[出|]：{v}",
        "[把|将]{v}[写成|变成|转换成]{to}[。|]",
      ],
      heldout: ["{v}这个数用{to}怎么说？", "请把{v}用{to}写出来。"],
    },
  },
  make: ({ random, language }) => {
    const value = makeNumber(random);
    const isToChinese = random.chance(0.5);
    const [from, to] = [toEnglish(value), toChinese(value)];
    const names = language === "en" ? ["English", "Chinese"] : ["英文", "中文"];
    return {
      key: `${value},${isToChinese}`,
      slots: { v: isToChinese ? from : to, to: names[isToChinese ? 1 : 0]! },
      think: `${places(value)}=${value}`,
      answer: isToChinese ? to : from,
    };
  },
};

const toWordsEn = (to: string) => ({
  train: [
    `[Write|Spell|Say|Give me] [the number |]{v} in ${to}[.|]`,
    `[How do you write|How do you say] [the number |]{v} in ${to}?`,
    `[What is|What's] [the number |]{v} in ${to}?`,
    `{v} in ${to}[?|:|]`,
  ],
  heldout: [
    `[Can|Could] you write the number {v} in ${to}?`,
    `Here is a number: {v}. Write it in ${to}.`,
  ],
});
const toWordsZh = (to: string) => ({
  train: [
    `[把|将|请把]{v}[写成|变成|转换成]${to}[。|]`,
    `{v}[用${to}|的${to}][怎么写|怎么说|怎么读]？`,
    `[请|]用${to}[写出|读出|写|读]{v}[。|]`,
    `{v}的${to}[是什么？|是：|]`,
  ],
  heldout: [`数字{v}，用${to}怎么写？`, `请写出{v}的${to}。`],
});
const fromWordsEn = {
  train: [
    '[Write|Give me] "{v}" [in digits|as a number|as digits|with digits][.|]',
    "[Write|Give me|Turn] {v} [in digits|as a number|into digits|into a number][.|]",
    '[What|Which] number is [{v}|"{v}"]?',
    "{v} [in digits|as a number|= ?|as digits][?|]",
  ],
  heldout: ["[Can|Could] you write {v} in digits?", 'Which digits are "{v}"?'],
};
const fromWordsZh = {
  train: [
    "[把|将|请把]{v}[写成|变成|转换成][数字|阿拉伯数字][。|]",
    "{v}[用数字|用阿拉伯数字|的数字][怎么写|是什么|是多少]？",
    "[请|]用[数字|阿拉伯数字][写出|写|表示]{v}[。|]",
    "{v}[是多少|等于多少|=][？|]",
  ],
  heldout: ["{v}，用数字怎么写出来？", "请写出{v}的阿拉伯数字。"],
};

export const numberWords: Skill = {
  name: "number words",
  tasks: [
    task("to-english", {
      en: toWordsEn("[words|English words|English]"),
      zh: toWordsZh("[英文|英语]"),
    }),
    task("to-chinese", {
      en: toWordsEn("[Chinese|Chinese words|Chinese characters]"),
      zh: toWordsZh("[中文|汉字|中文数字]"),
    }),
    task("from-english", { en: fromWordsEn, zh: fromWordsZh }),
    task("from-chinese", { en: fromWordsEn, zh: fromWordsZh }),
    across,
  ],
};
