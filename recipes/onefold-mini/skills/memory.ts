import { traceAdd, traceMultiplyDigit, traceSubtract } from "../traces.ts";
import type { Language, Message, Skill, Task, TaskContext, Wordings } from "../types.ts";
import { expand } from "../wording.ts";
import { CATEGORIES, CITIES, makeName } from "../words.ts";

/** What a user may tell, how it is told, and how the assistant acknowledges it. */
interface Fact {
  what: Record<Language, string>;
  tell: Record<Language, Wordings>;
  value(context: TaskContext): string;
}

const FACTS: Fact[] = [
  {
    what: { en: "name", zh: "名字" },
    tell: {
      en: {
        train: [
          "[Hi, |Hello, |Hi! |]my name is {v}.",
          "My name is {v}[.|!]",
          "I am {v}.",
          "You can call me {v}.",
        ],
        heldout: ["Hello! I am {v}.", "Hello! You can call me {v}."],
      },
      zh: {
        train: ["[你好，|]我叫{v}。", "我的名字是{v}。", "你可以叫我{v}。", "我是{v}。"],
        heldout: ["你好，我的名字是{v}。", "你好！我是{v}。"],
      },
    },
    value: ({ random, language }) => makeName(random, language),
  },
  {
    what: { en: "favorite color", zh: "最喜欢的颜色" },
    tell: {
      en: {
        train: ["My favorite color is {v}.", "I like {v} best.", "The color I like most is {v}."],
        heldout: ["Hi! My favorite color is {v}.", "Of all colors I like {v} best."],
      },
      zh: {
        train: ["我最喜欢的颜色是{v}。", "我最喜欢{v}。", "颜色里我最喜欢{v}。"],
        heldout: ["你好，我最喜欢的颜色是{v}。", "在颜色中我最喜欢{v}。"],
      },
    },
    value: ({ random, language }) => random.pick(CATEGORIES[2]!.members[language]),
  },
  {
    what: { en: "number", zh: "数字" },
    tell: {
      en: {
        train: [
          "My number is {v}.",
          "[Remember|Please remember] [the|my] number {v}.",
          "Keep the number {v} in mind.",
        ],
        heldout: [
          "Please keep the number {v} in mind.",
          "Hi! My number is {v}, please remember it.",
        ],
      },
      zh: {
        train: ["我的数字是{v}。", "[请|]记住[数字|]{v}。", "帮我记住数字{v}。"],
        heldout: ["你好，请帮我记住{v}这个数字。", "我的数字是{v}，请记住。"],
      },
    },
    value: ({ random }) => String(random.int(2, 999)),
  },
  {
    what: { en: "city", zh: "城市" },
    tell: {
      en: {
        train: ["I live in {v}.", "My city is {v}.", "I am from {v}."],
        heldout: ["Hi! I live in {v}.", "The city I live in is {v}."],
      },
      zh: {
        train: ["我住在{v}。", "我的城市是{v}。", "我来自{v}。"],
        heldout: ["你好，我住在{v}。", "我住的城市是{v}。"],
      },
    },
    value: ({ random, language }) => random.pick(CITIES[language]),
  },
  {
    what: { en: "age", zh: "年龄" },
    tell: {
      en: {
        train: ["I am {v} years old.", "My age is {v}.", "I'm {v} years old."],
        heldout: ["Hi! I am {v} years old.", "Please remember my age: {v}."],
      },
      zh: {
        train: ["我今年{v}岁。", "我的年龄是{v}。", "我{v}岁了。"],
        heldout: ["你好，我今年{v}岁。", "请记住我的年龄：{v}。"],
      },
    },
    value: ({ random }) => String(random.int(5, 90)),
  },
  {
    what: { en: "pet", zh: "宠物" },
    tell: {
      en: {
        train: ["My pet is a {v}.", "I have a {v}.", "I have a pet {v}."],
        heldout: ["Hi! I have a {v} as a pet.", "At home I have a {v}."],
      },
      zh: {
        train: ["我的宠物是{v}。", "我有一只{v}。", "我养了一只{v}。"],
        heldout: ["你好，我有一只宠物，是{v}。", "我家里有一只{v}。"],
      },
    },
    value: ({ random, language }) => random.pick(CATEGORIES[0]!.members[language]),
  },
];

export const ACKNOWLEDGE: Record<Language, string> = {
  en: "OK, I will remember that.",
  zh: "好的，我记住了。",
};

/** Ways to tell that fit every fact; training only. */
const TELL_ANY: Record<Language, string[]> = {
  en: [
    "[Remember|Please remember|Note] that my {what} is {v}.",
    "[Remember this|Note this|One thing about me]: my {what} is {v}.",
    "I [want to tell you|tell you] my {what}: {v}.",
  ],
  zh: [
    "[记住|请记住|请注意]，我的{what}是{v}。",
    "[告诉你|跟你说]，我的{what}是{v}。",
    "我的{what}：{v}。",
  ],
};

/** One earlier exchange. */
const told = ({ random, language, split }: TaskContext, fact: Fact, v: string): Message[] => {
  const own = fact.tell[language][split];
  const isAny = split === "train" && random.chance(0.35);
  const pattern = random.pick(isAny ? TELL_ANY[language] : own);
  return [
    { role: "user", content: expand(random, pattern, { v, what: fact.what[language] }) },
    { role: "assistant", content: ACKNOWLEDGE[language] },
  ];
};

const askWordings: Task["wordings"] = {
  en: {
    train: [
      "[What is|What's|Tell me|Do you remember|Do you know] my {what}[?|]",
      "[What did I say my {what} is|What was my {what}|Which is my {what}]?",
      "My {what}[?| is?|, please.]",
      "[So, what|Now, what|And what] is my {what}?",
      "[Say|Repeat|Write|Give me|Please tell me] my {what}[.|, please.]",
      "[What|Which] {what} did I [tell you|give you|say]?",
      "Do you still [remember|know] my {what}?",
    ],
    heldout: ["[Can|Could] you tell me my {what}?", "Do you still know what my {what} is?"],
  },
  zh: {
    train: [
      "我的{what}是什么？",
      "[你记得|你还记得|你知道|告诉我]我的{what}[吗|是什么][？|]",
      "[请问|刚才说的]我的{what}是[什么|多少]？",
      "[说出|写出|请说出|重复]我的{what}。",
      "[那|那么|现在]我的{what}[呢|是什么]？",
      "我[告诉你的|刚才说的]{what}是什么？",
      "[还记得|你还知道]我的{what}吗？",
    ],
    heldout: ["请告诉我我的{what}是什么。", "你还知道我的{what}是什么吗？"],
  },
};

const recall: Task = {
  name: "recall",
  weight: 3,
  wordings: askWordings,
  make: (context) => {
    const fact = context.random.pick(FACTS);
    const value = fact.value(context);
    return {
      key: `${fact.what.en},${value}`,
      slots: { what: fact.what[context.language] },
      before: told(context, fact, value),
      think: `${fact.what[context.language]}:${value}`,
      answer: value,
    };
  },
  smallSpace: true,
};

/** Two facts, one asked: the right one has to be picked. */
const recallOfTwo: Task = {
  name: "recall-of-two",
  weight: 3,
  wordings: askWordings,
  make: (context) => {
    const pair = context.random.sample(FACTS, 2);
    const values = pair.map((fact) => fact.value(context));
    const at = context.random.int(0, 1);
    const what = pair[at]!.what[context.language];
    return {
      key: `${pair[0]!.what.en}=${values[0]},${pair[1]!.what.en}=${values[1]},${at}`,
      slots: { what },
      before: pair.flatMap((fact, i) => told(context, fact, values[i]!)),
      think: `${what}:${values[at]}`,
      answer: values[at]!,
    };
  },
};

/** The first turn: something to remember is acknowledged, whatever it is. */
const acknowledge: Task = {
  name: "acknowledge",
  weight: 1,
  bare: true,
  smallSpace: true,
  wordings: {
    en: { train: ["{told}"], heldout: ["{told}"] },
    zh: { train: ["{told}"], heldout: ["{told}"] },
  },
  make: (context) => {
    const fact = context.random.pick(FACTS);
    const v = fact.value(context);
    const [question] = told(context, fact, v);
    return {
      key: `${fact.what.en},${v}`,
      slots: { told: question!.content },
      think: `${fact.what[context.language]}:${v}`,
      answer: ACKNOWLEDGE[context.language],
    };
  },
};

const OPERATIONS: {
  name: string;
  symbol: string;
  wordings: Record<Language, Wordings>;
  isDoubling?: boolean;
}[] = [
  {
    name: "plus",
    symbol: "+",
    wordings: {
      en: {
        train: [
          "Add {n}[ to that| to it|][.|]",
          "Now add {n}[.|]",
          "Plus {n}[?|]",
          "And plus {n}?",
          "[What is|How much is] [that|it] plus {n}?",
          "Then add {n}[.|]",
          "Add {n} to the result[.|]",
        ],
        heldout: ["Now add {n} to that, please.", "And if you add {n}?"],
      },
      zh: {
        train: [
          "[再|]加[上|]{n}[呢？|。|]",
          "然后加{n}[。|]",
          "把它加上{n}[。|]",
          "[上面的结果|这个结果|结果][加|加上]{n}[是多少|等于几]？",
          "[那|那么|现在]加上{n}呢？",
        ],
        heldout: ["那么再加上{n}是多少？", "现在加{n}呢？"],
      },
    },
  },
  {
    name: "minus",
    symbol: "-",
    wordings: {
      en: {
        train: [
          "Subtract {n}[ from that| from it|][.|]",
          "Now subtract {n}[.|]",
          "Minus {n}[?|]",
          "And minus {n}?",
          "[What is|How much is] [that|it] minus {n}?",
          "Then subtract {n}[.|]",
          "Take {n} from the result[.|]",
        ],
        heldout: ["Now subtract {n} from that, please.", "And if you subtract {n}?"],
      },
      zh: {
        train: [
          "[再|]减[去|]{n}[呢？|。|]",
          "然后减{n}[。|]",
          "把它减去{n}[。|]",
          "[上面的结果|这个结果|结果][减|减去]{n}[是多少|等于几]？",
          "[那|那么|现在]减去{n}呢？",
        ],
        heldout: ["那么再减去{n}是多少？", "现在减{n}呢？"],
      },
    },
  },
  {
    name: "double",
    symbol: "*",
    isDoubling: true,
    wordings: {
      en: {
        train: [
          "Double [it|that][.|]",
          "Now double [it|that][.|]",
          "Times 2[?|]",
          "Multiply [it|that] by 2[.|]",
          "[What is|How much is] [that|it] times 2?",
          "Then double it[.|]",
          "Double the result[.|]",
        ],
        heldout: ["Now multiply that by 2, please.", "And if you double it?"],
      },
      zh: {
        train: [
          "[再|]乘以2[呢？|。|]",
          "然后乘以2[。|]",
          "把它乘以2[。|]",
          "[上面的结果|这个结果|结果]乘以2[是多少|等于几]？",
          "[那|那么]乘以2呢？",
        ],
        heldout: ["那么再乘以2是多少？", "现在乘以2呢？"],
      },
    },
  },
];

/** A small sum is answered, and the next turn works on the result. */
const followUp: Task = {
  name: "follow-up",
  weight: 3,
  bare: true,
  wordings: {
    en: { train: ["{ask}"], heldout: ["{ask}"] },
    zh: { train: ["{ask}"], heldout: ["{ask}"] },
  },
  make: ({ random, language, split }) => {
    const [a, b] = [random.int(1, 40), random.int(1, 40)];
    const operation = random.pick(OPERATIONS);
    const first = a + b;
    const n = operation.isDoubling ? 2 : random.int(1, Math.min(20, first));
    const result = operation.isDoubling
      ? first * 2
      : operation.symbol === "+"
        ? first + n
        : first - n;
    const asked =
      language === "en"
        ? [`What is ${a} + ${b}?`, `${a} + ${b}`]
        : [`${a}加${b}等于多少？`, `${a}+${b}=？`];
    return {
      key: `${a},${b},${operation.name},${n}`,
      slots: {
        ask: expand(random, random.pick(operation.wordings[language][split]), { n: String(n) }),
      },
      before: [
        { role: "user", content: random.pick(asked) },
        { role: "assistant", content: String(first) },
      ],
      think: operation.isDoubling
        ? traceMultiplyDigit(first, 2)
        : operation.symbol === "+"
          ? traceAdd(first, n)
          : traceSubtract(first, n),
      answer: String(result),
    };
  },
};

export const memory: Skill = {
  name: "two-turn memory",
  tasks: [recall, recallOfTwo, acknowledge, followUp],
};

/** Wordings that live inside the tasks, for the tests of the splits. */
export const innerWordings: Record<Language, Wordings>[] = [
  ...FACTS.map((fact) => fact.tell),
  ...OPERATIONS.map((operation) => operation.wordings),
];
