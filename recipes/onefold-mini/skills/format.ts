import { WEEKDAYS } from "../calendar.ts";
import { writeList } from "../grade.ts";
import { toChinese, toEnglish } from "../number-words.ts";
import { traceAdd, traceCompare } from "../traces.ts";
import type { Language, ListForm, Skill, Task } from "../types.ts";
import { CATEGORIES, NO, WORDS, YES } from "../words.ts";

const FORMS: Record<Language, [ListForm, string[]][]> = {
  en: [
    ["json", ["as a JSON list", "as a JSON array"]],
    ["comma", ["separated by commas", "on one line, separated by commas"]],
    ["numbered", ["as a numbered list"]],
    ["bullets", ["as a bullet list", "as bullet points"]],
    ["lines", ["one per line", "each on its own line"]],
  ],
  zh: [
    ["json", ["用JSON列表", "用JSON数组"]],
    ["comma", ["用逗号分开", "用逗号隔开"]],
    ["numbered", ["用编号列表"]],
    ["bullets", ["用项目符号列表"]],
    ["lines", ["每行一个", "一行一个"]],
  ],
};

/** Items of a known kind in a given form; any right items pass. */
const nameSome: Task = {
  name: "name-some",
  weight: 3,
  smallSpace: true,
  wordings: {
    en: {
      train: [
        "[Name|List|Give me|Write] {n} {kind} {form}[.|]",
        "[Name|List|Give me|Write] {n} {kind}, {form}[.|]",
        "{n} {kind} {form}[, please|][.|]",
        "[I need|Tell me] {n} {kind} {form}[.|]",
      ],
      heldout: ["[Can|Could] you name {n} {kind} {form}?", "Write {n} {kind} for me, {form}."],
    },
    zh: {
      train: [
        "[{form}写出|{form}列出|{form}给出]{n}个{kind}[。|]",
        "[写出|列出|说出|给我]{n}个{kind}，{form}[。|]",
        "{n}个{kind}，{form}[。|]",
      ],
      heldout: ["请说出{n}个{kind}，要{form}。", "请{form}写{n}个{kind}。"],
    },
  },
  make: ({ random, language }) => {
    const kind = random.pick(CATEGORIES);
    const count = random.int(2, 4);
    const [form, phrases] = random.pick(FORMS[language]);
    const pool = kind.members[language];
    const words = language === "en" ? ["", "", "two", "three", "four"] : ["", "", "两", "三", "四"];
    const isWord = random.chance(0.5);
    return {
      key: `${kind.name.en},${count},${form}`,
      slots: {
        n: isWord ? words[count]! : String(count),
        kind: kind.name[language],
        form: random.pick(phrases),
      },
      think: `${form} ${kind.name[language]}${count}`,
      // Always the same first members: an easy habit, and any right answer passes.
      answer: writeList(pool.slice(0, count), form, language),
      expect: { kind: "listOf", form, count, pool },
    };
  },
};

/** Given items put into a given form. */
const rewrite: Task = {
  name: "rewrite-list",
  weight: 3,
  wordings: {
    en: {
      train: [
        "[Write|Put|Give me] {list} {form}[.|]",
        "[Write|Put] [this|these words|this list] {form}: {list}",
        "{list}[. |: ][Write this {form}|Write these words {form}|Put this {form}].",
      ],
      heldout: [
        "[Can|Could] you write this {form}? {list}",
        "Here are some words: {list}. Write them {form}.",
      ],
    },
    zh: {
      train: [
        "[{form}写出|{form}列出|{form}写]{list}[。|]",
        "[把|将|请把]{list}{form}[写出来|写|列出][。|]",
        "{list}[，|：]请{form}写[。|]",
      ],
      heldout: ["请{form}写出这些词：{list}", "这里有一些词：{list}，{form}写出来。"],
    },
  },
  make: ({ random, language }) => {
    const words = random.sample(WORDS[language], random.int(2, 4));
    const and = language === "en" ? " and " : "和";
    const comma = language === "en" ? ", " : "、";
    const list = random.chance(0.5)
      ? words.join(comma)
      : `${words.slice(0, -1).join(comma)}${and}${words.at(-1)}`;
    const [form, phrases] = random.pick(FORMS[language]);
    return {
      key: `${words.join(",")},${form}`,
      slots: { list, form: random.pick(phrases) },
      think: form,
      answer: writeList(words, form, language),
      ...(form === "json" ? { expect: { kind: "json" as const, value: words } } : {}),
    };
  },
};

const MARKS = ["** **", "* *", "( )", "[ ]", "{ }", "< >", '" "', "# #"];

const between: Task = {
  name: "between-marks",
  weight: 2,
  wordings: {
    en: {
      train: [
        "[Write|Put] [the word |]{word} between {marks}[.|]",
        "[Answer|Reply] only with [the word |]{word} between {marks}[.|]",
        "Put {marks} around [the word |]{word}[.|]",
      ],
      heldout: [
        "[Can|Could] you put the word {word} between {marks}?",
        "Here is a word: {word}. Write it between {marks}.",
      ],
    },
    zh: {
      train: [
        "[把|将|请把]{word}[写在|放在]{marks}[之间|中间|里][。|]",
        "在{word}[两边|前后]加上{marks}[。|]",
        "[只回答|只写]{word}，[写在|放在]{marks}[之间|中间][。|]",
      ],
      heldout: ["请在{marks}中间写{word}。", "这里有一个词：{word}，请放在{marks}里。"],
    },
  },
  make: ({ random, language }) => {
    const word = random.pick(WORDS[language]);
    const marks = random.pick(MARKS);
    const [open, close] = marks.split(" ");
    return {
      key: `${word},${marks}`,
      slots: { word, marks },
      think: `${open} ${word} ${close}`,
      answer: `${open}${word}${close}`,
    };
  },
};

const COUNTS = {
  en: ["", "one", "two", "three", "four", "five"],
  zh: ["", "一", "两", "三", "四", "五"],
};

/** "Write the word cat exactly three times", "name colors in exactly three words". */
const exactly: Task = {
  name: "exactly-n",
  weight: 2,
  wordings: {
    en: {
      train: [
        "[Write|Say|Repeat] [the word |]{word} [exactly |]{n} times[.|]",
        "[Answer|Reply] with [the word |]{word} {n} times[.|]",
        "{word}, {n} times[, please|][.|]",
      ],
      heldout: [
        "[Can|Could] you write the word {word} {n} times?",
        "Here is a word: {word}. Say it exactly {n} times.",
      ],
    },
    zh: {
      train: [
        "[把|请把|将]{word}[写|重复|说]{n}[遍|次][。|]",
        "[写|说|重复]{n}[遍|次]{word}[。|]",
        "{word}，[重复|写]{n}[遍|次][。|]",
      ],
      heldout: ["请你说{n}遍{word}。", "这里有一个词：{word}，请写{n}次。"],
    },
  },
  make: ({ random, language }) => {
    const word = random.pick(WORDS[language]);
    const count = random.int(2, 5);
    const copies = Array.from({ length: count }, () => word);
    return {
      key: `${word},${count}`,
      slots: { word, n: random.chance(0.5) ? COUNTS[language][count]! : String(count) },
      think: copies.map((w, i) => `${w}${i + 1}`).join(" "),
      answer: copies.join(" "),
    };
  },
};

const threeWords: Task = {
  name: "exact-words",
  weight: 1,
  smallSpace: true,
  wordings: {
    en: {
      train: [
        "[Name|Write|List|Give me] {kind} in exactly {n} words[.|]",
        "[Answer|Reply] in exactly {n} words: [name|list|write] {kind}[.|]",
        "Use exactly {n} words to name {kind}[.|]",
      ],
      heldout: [
        "[Can|Could] you name {kind} in exactly {n} words?",
        "In exactly {n} words, list {kind}.",
      ],
    },
    zh: {
      train: [
        "[只用|用|正好用]{n}个词[写出|说出|列出]{kind}[。|]",
        "[说出|写出|列出]{kind}，[只用|正好]{n}个词[。|]",
      ],
      heldout: ["请正好用{n}个词说出{kind}。", "{kind}，只写{n}个词。"],
    },
  },
  make: ({ random, language }) => {
    const kind = random.pick(CATEGORIES);
    const count = random.int(2, 5);
    const pool = kind.members[language];
    return {
      key: `${kind.name.en},${count}`,
      slots: {
        kind: kind.name[language],
        n: random.chance(0.6) ? COUNTS[language][count]! : String(count),
      },
      think: `words ${kind.name[language]}${count}`,
      answer: pool.slice(0, count).join(" "),
      expect: { kind: "words", count, pool },
    };
  },
};

/** Pick an option and give its letter alone. */
const choice: Task = {
  name: "letter-only",
  weight: 1.5,
  wordings: {
    en: {
      train: [
        "Which [one |]is {word}? {options} [Answer with the letter only|Answer only with A, B or C|Only the letter, please].",
        "{options} Which [letter|one] is {word}? [Answer with the letter only|Only the letter, please].",
      ],
      heldout: ["Answer only with the letter: which one is {word}? {options}"],
    },
    zh: {
      train: [
        "[哪个|哪一个]是{word}？{options} [只回答字母|只写字母|只用A、B或C回答]。",
        "{options} [哪个|哪一个]是{word}？[只回答字母|只写字母]。",
      ],
      heldout: ["只用字母回答：哪个是{word}？{options}"],
    },
  },
  make: ({ random, language }) => {
    const words = random.sample(WORDS[language], 3);
    const at = random.int(0, 2);
    const options = words.map((w, i) => `${"ABC"[i]}. ${w}`).join(" ");
    return {
      key: `${words.join(",")},${at}`,
      slots: { word: words[at]!, options },
      think: `${words[at]}:${"ABC"[at]}`,
      answer: "ABC"[at]!,
    };
  },
};

const ANSWER_IN: Record<Language, string[]> = {
  en: ["Answer in English.", "Always answer in English.", "Reply only in English."],
  zh: ["Answer in Chinese.", "Always answer in Chinese.", "请用中文回答。", "只用中文回答。"],
};

/** A system message sets the language of the answer. */
const answerIn: Task = {
  name: "answer-language",
  weight: 2,
  wordings: {
    en: {
      train: [
        "What day comes after {day}?",
        "Which day is after {day}?",
        "Tell me the day after {day}.",
      ],
      heldout: ["What day comes right after {day}?", "Please tell me which day is after {day}."],
    },
    zh: {
      train: [
        "{day}的后一天是星期几？",
        "请问{day}后一天是星期几？",
        "告诉我{day}后一天是星期几。",
      ],
      heldout: ["请告诉我，{day}的后一天是星期几？", "{day}后面一天是星期几？"],
    },
  },
  smallSpace: true,
  make: ({ random, language }) => {
    const target: Language = random.chance(0.7) ? (language === "en" ? "zh" : "en") : language;
    const from = random.int(1, 7);
    const to = (from % 7) + 1;
    const answer = WEEKDAYS[target][to - 1]!;
    return {
      key: `${from},${target}`,
      slots: { day: WEEKDAYS[language][from - 1]! },
      system: random.pick(ANSWER_IN[target]),
      think: `${target} ${WEEKDAYS[language][from - 1]}=${from}+1=${from + 1},${answer}`,
      answer,
    };
  },
};

/** "Answer with yes or no only", "in one word": the same facts, a prescribed shape. */
const oneWord: Task = {
  name: "one-word",
  weight: 2,
  wordings: {
    en: {
      train: [
        "{rule} Is {a} [larger|bigger|greater] than {b}?",
        "Is {a} [larger|bigger|greater] than {b}? {rule}",
      ],
      heldout: [
        "{rule} Tell me: is {a} larger than {b}?",
        "{a} is greater than {b}, is it true? {rule}",
      ],
    },
    zh: {
      train: ["{rule}{a}[比{b}大|大于{b}]吗？", "{a}[比{b}大|大于{b}]吗？{rule}"],
      heldout: ["{rule}请问{a}比{b}大，对吗？", "{a}是不是大于{b}？{rule}"],
    },
  },
  make: ({ random, language }) => {
    const [a, b] = random.sample(
      Array.from({ length: 99 }, (_, i) => i + 1),
      2,
    ) as [number, number];
    const isTrue = a > b;
    const rules: [string, string, string][] =
      language === "en"
        ? [
            ["Answer only with yes or no.", "yes", "no"],
            ["Answer only with YES or NO.", "YES", "NO"],
            ["Answer only with true or false.", "true", "false"],
            ["Answer with 1 for yes and 0 for no.", "1", "0"],
          ]
        : [
            ["只回答是或不是。", YES.zh, NO.zh],
            ["只回答对或错。", "对", "错"],
            ["只回答true或false。", "true", "false"],
            ["是就回答1，不是就回答0。", "1", "0"],
          ];
    const [rule, yes, no] = random.pick(rules);
    const answer = isTrue ? yes : no;
    return {
      key: `${a},${b}`,
      slots: { a: String(a), b: String(b), rule },
      think: traceCompare(String(a), String(b)),
      answer,
    };
  },
};

/** A number written as digits or as words, as the system message asks. */
const numberStyle: Task = {
  name: "number-style",
  weight: 1.5,
  wordings: {
    en: {
      train: ["What is {a} + {b}?", "{a} plus {b}?", "Add {a} and {b}.", "{a} + {b} ="],
      heldout: ["Please add {a} and {b}.", "What is {a} and {b} together?"],
    },
    zh: {
      train: ["{a}加{b}等于多少？", "计算{a}+{b}。", "{a}+{b}=？"],
      heldout: ["请问{a}加{b}是多少？", "把{a}和{b}加起来。"],
    },
  },
  make: ({ random, language }) => {
    const [a, b] = [random.int(1, 50), random.int(1, 49)];
    const isWords = random.chance(0.75);
    const system =
      language === "en"
        ? isWords
          ? random.pick(["Write numbers in words.", "Answer with number words."])
          : random.pick(["Write numbers in digits.", "Answer with digits only."])
        : isWords
          ? random.pick(["用中文数字回答。", "数字请用汉字写。"])
          : random.pick(["用阿拉伯数字回答。", "只用数字回答。"]);
    const words = language === "en" ? toEnglish(a + b) : toChinese(a + b);
    return {
      key: `${a},${b}`,
      slots: { a: String(a), b: String(b) },
      system,
      think: traceAdd(a, b),
      answer: isWords ? words : String(a + b),
    };
  },
};

export const format: Skill = {
  name: "format instructions",
  tasks: [nameSome, rewrite, between, exactly, threeWords, choice, answerIn, oneWord, numberStyle],
};
