import type { Random } from "../random.ts";
import { traceBest, traceCompare } from "../traces.ts";
import type { Skill, Task, Wordings } from "../types.ts";
import { NO, YES } from "../words.ts";

/** Two different numbers as text: whole, or with one or two decimals (9.11 and 9.9). */
function makePair(random: Random): [string, string] {
  const isDecimal = random.chance(0.4);
  const whole = random.int(0, 99);
  const make = () => {
    if (!isDecimal) return String(random.int(0, random.pick([9, 99, 999])));
    const part = random.chance(0.6) ? whole : random.int(0, 99);
    return random.chance(0.5)
      ? `${part}.${random.int(1, 9)}`
      : `${part}.${random.int(0, 9)}${random.int(1, 9)}`;
  };
  const a = make();
  let b = make();
  while (Number(a) === Number(b)) b = make();
  return [a, b];
}

const choose = (name: string, isLarger: boolean, wordings: Task["wordings"]): Task => ({
  name,
  weight: 2,
  wordings,
  make: ({ random }) => {
    const [a, b] = makePair(random);
    return {
      key: [a, b].sort().join(","),
      slots: { a, b },
      think: traceCompare(a, b),
      answer: Number(a) > Number(b) === isLarger ? a : b,
    };
  },
});

/** The same sentences for both directions, with the adjective filled in. */
const fill = (wordings: Wordings, words: Record<string, string>): Wordings => {
  const put = (text: string) => text.replaceAll(/<(\w+)>/g, (_m, k: string) => words[k]!);
  return { train: wordings.train.map(put), heldout: wordings.heldout.map(put) };
};

const chooseEn: Wordings = {
  train: [
    "[Which|Which number] is <adj>[, |: ]{a} or {b}?",
    "[Which|Which one] is the <adj> number[, |: ]{a} or {b}?",
    "[Tell me|Find|Give me|Write] the <adj> [of|number of] {a} and {b}[.|]",
    "{a} or {b}[, which is|: which one is] <adj>?",
    "[Compare|Look at] {a} and {b}[.|:] [Which is <adj>|Which number is <adj>|Tell me the <adj> one][?|]",
  ],
  heldout: [
    "[Can|Could] you tell me which is <adj>, {a} or {b}?",
    "Of {a} and {b}, which number is <adj>?",
    "Here are {a} and {b}. Find the <adj> one.",
  ],
};
const chooseZh: Wordings = {
  train: [
    "{a}和{b}[哪个|，哪个|，哪一个|哪一个]<adj>？",
    "[哪个|哪一个|哪个数|请问哪个]<adj>[，|：|？]{a}还是{b}[？|]",
    "[比较|比一比]{a}和{b}，[哪个|写出]<adj>[的数|]？",
    "[告诉我|写出|找出]{a}和{b}中<adj>的[数|一个][。|]",
  ],
  heldout: [
    "{a}还是{b}<adj>？",
    "在{a}和{b}中，哪个数<adj>？",
    "请比较{a}和{b}，告诉我<adj>的数。",
  ],
};

const isLarger: Task = {
  name: "is-larger",
  weight: 1.5,
  wordings: {
    en: {
      train: [
        "Is {a} [larger|bigger|greater|more] than {b}?",
        "[Is it true|True or not:|Tell me if] {a} [>|is greater than|is larger than] {b}?",
        "{a} > {b}? [Yes or no.|Answer yes or no.]",
      ],
      heldout: ["Tell me: is {a} greater than {b}?", "Yes or no: {a} is larger than {b}?"],
    },
    zh: {
      train: [
        "{a}[比{b}大|大于{b}][吗|对吗|，对吗|是吗]？",
        "[请问|告诉我][{a}大于{b}|{a}比{b}大]吗？",
        "[{a}>{b}|{a}大于{b}]，是不是？",
      ],
      heldout: ["{a}是不是比{b}大？", "是不是{a}大于{b}？"],
    },
  },
  make: ({ random, language }) => {
    const [a, b] = makePair(random);
    return {
      key: `${a},${b}`,
      slots: { a, b },
      think: traceCompare(a, b),
      answer: Number(a) > Number(b) ? YES[language] : NO[language],
    };
  },
};

const best = (name: string, want: "max" | "min", wordings: Task["wordings"]): Task => ({
  name,
  weight: 2,
  wordings,
  make: ({ random }) => {
    const top = random.pick([99, 99, 999]);
    const values = new Set<number>();
    const count = random.int(3, 5);
    while (values.size < count) values.add(random.int(1, top));
    const list = [...values];
    return {
      key: list.join(","),
      slots: { list: list.join(", "), listZh: list.join("，") },
      think: traceBest(list, want),
      answer: String(want === "max" ? Math.max(...list) : Math.min(...list)),
    };
  },
});

const bestEn: Wordings = {
  train: [
    "[What is|Find|Give me|Tell me|Write] the <adj> [number|one|value] [in|of|among] [this list: |]{list}[.|?|]",
    "[Which|Which number|Which one] is the <adj>[, |: ]{list}?",
    "{list}[. |: ][Which is the <adj>?|Which number is the <adj>?|Find the <adj>.]",
    "<short> [of|in] {list}[?|.|]",
  ],
  heldout: [
    "[Can|Could] you find the <adj> number in this list? {list}",
    "Here is a list: {list}. What is the <adj> number?",
    "Look at {list}. Tell me the <adj> one.",
  ],
};
const bestZh: Wordings = {
  train: [
    "{listZh}[中|里|这些数中|这几个数里]最<adj>的[数|一个|]是[多少|哪个|几]？",
    "[找出|写出|告诉我|求]{listZh}[中|里]最<adj>的[数|一个][。|]",
    "[哪个|哪个数|哪一个]最<adj>[？|：|，]{listZh}[？|]",
    "{listZh}[，|：][哪个最<adj>|哪个数最<adj>]？",
  ],
  heldout: [
    "在{listZh}中，哪个数最<adj>？",
    "请找出最<adj>的数：{listZh}",
    "最<adj>的数是哪个？{listZh}",
  ],
};

export const comparison: Skill = {
  name: "comparison",
  tasks: [
    choose("larger", true, {
      en: fill(chooseEn, { adj: "[larger|bigger|greater]" }),
      zh: fill(chooseZh, { adj: "[更大|大|比较大]" }),
    }),
    choose("smaller", false, {
      en: fill(chooseEn, { adj: "[smaller|lower]" }),
      zh: fill(chooseZh, { adj: "[更小|小|比较小]" }),
    }),
    isLarger,
    best("max", "max", {
      en: fill(bestEn, { adj: "[largest|biggest|greatest]", short: "[Max|Maximum]" }),
      zh: fill(bestZh, { adj: "大" }),
    }),
    best("min", "min", {
      en: fill(bestEn, { adj: "[smallest|least]", short: "[Min|Minimum]" }),
      zh: fill(bestZh, { adj: "小" }),
    }),
  ],
};
