import type { Random } from "../random.ts";
import type { Language, Skill, Task } from "../types.ts";
import { CATEGORIES, CITIES, makeName } from "../words.ts";

type Value = string | number;
type Facts = [string, Value][];

/** JSON the way Python and most people write it on one line: {"a": 1, "b": "x"}. */
export const writeJson = (facts: Facts) =>
  `{${facts.map(([k, v]) => `${JSON.stringify(k)}: ${JSON.stringify(v)}`).join(", ")}}`;

const COLORS = CATEGORIES[2]!.members;
const ANIMALS = CATEGORIES[0]!.members;

/** Keys stay English, as they do in practice; values follow the language. */
function makeFacts(random: Random, language: Language, low: number, high: number): Facts {
  const fields: [string, () => Value][] = [
    ["name", () => makeName(random, language)],
    ["age", () => random.int(5, 80)],
    ["city", () => random.pick(CITIES[language])],
    ["color", () => random.pick(COLORS[language])],
    ["pet", () => random.pick(ANIMALS[language])],
    ["id", () => random.int(100, 999)],
    ["price", () => random.int(1, 99)],
    ["count", () => random.int(1, 20)],
  ];
  return random.sample(fields, random.int(low, high)).map(([key, make]) => [key, make()]);
}

const getField: Task = {
  name: "get-field",
  weight: 3,
  wordings: {
    en: {
      train: [
        '{json}\n[What is the {key}?|What is the value of {key}?|Give me the {key}.|Get "{key}".]',
        '[Here is|Look at|Use] [this JSON|a JSON object|the JSON]: {json} [What is the {key}?|What is "{key}"?|Tell me the {key}.]',
        '[What is the {key} in|Find the value of "{key}" in|Get the {key} from] [this JSON|the JSON object|]: {json}',
      ],
      heldout: [
        "{json}\n[Tell me|Find] the value of {key}.",
        'Here is some JSON: {json} Get the value of "{key}".',
      ],
    },
    zh: {
      train: [
        '{json}\n[{key}是什么？|{key}的值是多少？|告诉我{key}。|取出"{key}"的值。]',
        "[这是|看|下面是][一个JSON|JSON|一个JSON对象]：{json} [{key}是什么？|{key}的值是什么？|请问{key}是多少？]",
        "[找出|取出|写出]{key}的值：{json}",
      ],
      heldout: ["{json}\n请告诉我{key}的值。", '这里有一个JSON：{json} 请找出"{key}"。'],
    },
  },
  make: ({ random, language }) => {
    const facts = makeFacts(random, language, 2, 4);
    const [key, value] = random.pick(facts);
    return {
      key: `${writeJson(facts)},${key}`,
      slots: { json: writeJson(facts), key },
      think: `${key}:${value}`,
      answer: String(value),
    };
  },
};

const countKeys: Task = {
  name: "count-keys",
  weight: 1.5,
  wordings: {
    en: {
      train: [
        "{json}\n[How many keys are there?|How many keys does it have?|Count the keys.|How many keys are in this JSON?|Give me the number of keys.]",
        "[How many keys are in|Count the keys in|Count the keys of] [this JSON|the JSON object|this object]: {json}",
      ],
      heldout: [
        "Here is some JSON: {json} How many keys are in it?",
        "{json}\nTell me how many keys it has.",
      ],
    },
    zh: {
      train: [
        "{json}\n[有几个键？|一共有多少个键？|数一数有几个键。|它有多少个键？|请问有几个键？|告诉我有多少个键。]",
        "[这个JSON|这个对象|下面的JSON][有几个键|有多少个键|一共有几个键]：{json}",
      ],
      heldout: ["这里有一个JSON：{json} 它有几个键？", "{json}\n请告诉我一共有几个键。"],
    },
  },
  make: ({ random, language }) => {
    const facts = makeFacts(random, language, 1, 6);
    return {
      key: writeJson(facts),
      slots: { json: writeJson(facts) },
      think: facts.map(([k], i) => `${k}${i + 1}`).join(" "),
      answer: String(facts.length),
    };
  },
};

const listKeys: Task = {
  name: "list-keys",
  weight: 1,
  wordings: {
    en: {
      train: [
        "{json}\n[List the keys|Write the keys|Give me the keys] as a JSON list.",
        "[List the keys of|Write the keys of] [this JSON|this object] as a JSON list: {json}",
      ],
      heldout: ["Here is some JSON: {json} Give me its keys as a JSON list."],
    },
    zh: {
      train: [
        "{json}\n用JSON列表[写出|列出|给出][所有的|]键。",
        "[列出|写出][这个JSON|这个对象]的键，用JSON列表：{json}",
      ],
      heldout: ["这里有一个JSON：{json} 请用JSON列表写出它的键。"],
    },
  },
  make: ({ random, language }) => {
    const facts = makeFacts(random, language, 2, 4);
    const keys = facts.map(([k]) => k);
    return {
      key: writeJson(facts),
      slots: { json: writeJson(facts) },
      think: keys.join(" "),
      answer: `[${keys.map((k) => JSON.stringify(k)).join(", ")}]`,
      expect: { kind: "json", value: keys },
    };
  },
};

const makeObject: Task = {
  name: "make-object",
  weight: 3,
  wordings: {
    en: {
      train: [
        "[Make|Write|Create] a JSON object [from|with] [these facts|this|]: {facts}",
        "[Turn|Change|Put] this [into|in] [JSON|a JSON object]: {facts}",
        "{facts}[. |: ][Write this as JSON|Make a JSON object|As a JSON object, please].",
      ],
      heldout: [
        "Here are some facts: {facts}. Make a JSON object from them.",
        "[Can|Could] you write this as a JSON object? {facts}",
      ],
    },
    zh: {
      train: [
        "[用|请用|根据][这些信息|下面的信息][写|生成|做]一个JSON对象：{facts}",
        "[把|将|请把]这些[写成|变成|转换成]JSON：{facts}",
        "{facts}[，|。|：][写成JSON|请写成JSON对象|变成JSON][。|]",
      ],
      heldout: ["请把下面的信息变成JSON对象：{facts}", "这里有一些信息：{facts}。写成JSON。"],
    },
  },
  make: ({ random, language }) => {
    const facts = makeFacts(random, language, 2, 3);
    const [is, comma] =
      language === "en" ? [random.pick([" ", " is ", " = "]), ", "] : ["是", "，"];
    const isPlain = language === "zh" && random.chance(0.3);
    const written = facts.map(([k, v]) => `${k}${isPlain ? "=" : is}${v}`).join(comma);
    return {
      key: writeJson(facts),
      slots: { facts: written },
      think: facts.map(([k, v]) => `${k}:${typeof v === "number" ? "number" : "text"}`).join(" "),
      answer: writeJson(facts),
      expect: { kind: "json", value: Object.fromEntries(facts) },
    };
  },
};

export const json: Skill = { name: "json", tasks: [getField, countKeys, listKeys, makeObject] };
