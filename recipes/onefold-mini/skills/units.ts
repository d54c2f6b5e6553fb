import { traceAdd, traceDivide, traceMultiplyDigit, traceSubtract } from "../traces.ts";
import type { Language, Skill, Task } from "../types.ts";

interface Unit {
  en: string[];
  zh: string[];
  /** How an answer writes it. */
  symbol: Record<Language, string>;
}

const unit = (en: string, zh: string, symbol: string): Unit => ({
  en: [en, symbol].filter((v, i, all) => all.indexOf(v) === i),
  zh: [zh],
  symbol: { en: symbol, zh },
});

const KM = unit("kilometers", "千米", "km");
const M = unit("meters", "米", "m");
const CM = unit("centimeters", "厘米", "cm");
const MM = unit("millimeters", "毫米", "mm");
const KG = unit("kilograms", "千克", "kg");
const G = unit("grams", "克", "g");
const L = unit("liters", "升", "L");
const ML = unit("milliliters", "毫升", "mL");
const WEEK = unit("weeks", "周", "weeks");
const DAY = unit("days", "天", "days");
const HOUR = unit("hours", "小时", "hours");
const MIN = unit("minutes", "分钟", "minutes");
const SEC = unit("seconds", "秒", "seconds");

/** From the larger unit to the smaller, with the factor and the largest count asked about. */
const PAIRS: [Unit, Unit, number, number][] = [
  [KM, M, 1000, 99],
  [M, CM, 100, 99],
  [CM, MM, 10, 99],
  [KG, G, 1000, 99],
  [L, ML, 1000, 99],
  [HOUR, MIN, 60, 20],
  [MIN, SEC, 60, 20],
  [WEEK, DAY, 7, 20],
  [DAY, HOUR, 24, 9],
];

const wordings: Task["wordings"] = {
  en: {
    train: [
      "How many {to} [are|are there|is it] in {v} {from}?",
      "[Convert|Change|Please convert|Turn] {v} {from} [to|into] {to}[.|]",
      "[What is|How much is|What's] {v} {from} in {to}?",
      "{v} {from} [in {to}|= ? {to}|is how many {to}|to {to}][?|]",
    ],
    heldout: [
      "[Can|Could] you convert {v} {from} to {to}?",
      "I have {v} {from}. How many {to} is that?",
      "Write {v} {from} in {to}.",
    ],
  },
  zh: {
    train: [
      "{v}{from}[是|等于|有|合]多少{to}？",
      "[把|将|请把]{v}{from}[换算成|变成|转换成]{to}[。|]",
      "[换算|请问|求]：{v}{from}[=|等于|是]多少{to}[？|]",
      "{v}{from}=[?|？|多少]{to}",
    ],
    heldout: ["{v}{from}换算成{to}是多少？", "请问{v}{from}有几{to}？", "多少{to}等于{v}{from}？"],
  },
};
/** Powers of ten move the number at once; 60 goes through 6, 24 and 7 by its digits. */
function traceTimes(count: number, factor: number): string {
  const plain = `${count}*${factor}=${count * factor}`;
  if (/^10+$/.test(String(factor))) return plain;
  if (factor === 60) return `${traceMultiplyDigit(count, 6)};${plain}`;
  return count < 10 ? traceMultiplyDigit(factor, count) : traceMultiplyDigit(count, factor);
}

function traceOver(value: number, factor: number): string {
  const plain = `${value}/${factor}=${value / factor}`;
  if (factor === 60) return `${value}/10=${value / 10};${traceDivide(value / 10, 6)}`;
  return factor < 10 ? traceDivide(value, factor) : plain;
}

const convert: Task = {
  name: "convert",
  weight: 4,
  wordings,
  make: ({ random, language }) => {
    const [large, small, factor, top] = random.pick(PAIRS);
    const count = random.int(1, random.chance(0.5) ? Math.min(9, top) : top);
    const isDown = random.chance(0.55);
    const [from, to] = isDown ? [large, small] : [small, large];
    const value = isDown ? count : count * factor;
    const answer = isDown ? count * factor : count;
    const name = (u: Unit) => random.pick(u[language]);
    const steps = isDown ? traceTimes(count, factor) : traceOver(value, factor);
    return {
      key: `${from.en[0]},${to.en[0]},${value}`,
      slots: { v: String(value), from: name(from), to: name(to) },
      think: `1${large.symbol[language]}=${factor}${small.symbol[language]};${steps}`,
      answer: `${answer}${language === "en" ? " " : ""}${to.symbol[language]}`,
    };
  },
};

/** Whole and a half: 2.5 km = 2500 m. */
const convertHalf: Task = {
  name: "convert-decimal",
  weight: 1,
  wordings,
  make: ({ random, language }) => {
    const [large, small, factor] = random.pick(PAIRS.slice(0, 5));
    const tenths = 10 * random.int(0, 20) + random.int(1, 9);
    const value = `${Math.floor(tenths / 10)}.${tenths % 10}`;
    const answer = (tenths * factor) / 10;
    const name = (u: Unit) => random.pick(u[language]);
    return {
      key: `${large.en[0]},${small.en[0]},${value}`,
      slots: { v: value, from: name(large), to: name(small) },
      think: `1${large.symbol[language]}=${factor}${small.symbol[language]},${value}*${factor}=${answer}`,
      answer: `${answer}${language === "en" ? " " : ""}${small.symbol[language]}`,
    };
  },
};

const temperature: Task = {
  name: "temperature",
  weight: 1.5,
  wordings: {
    en: {
      train: [
        "[Convert|Change|Please convert] {v} [degrees |°]{from} to [degrees |°]{to}[.|]",
        "[What is|How much is|What's] {v} [degrees |°]{from} in {to}?",
        "{v} °{from} [in °{to}|= ? °{to}|to °{to}][?|]",
      ],
      heldout: [
        "[Can|Could] you convert {v} degrees {from} to {to}?",
        "Write {v} °{from} in °{to}.",
      ],
    },
    zh: {
      train: [
        "{from}{v}度[是|等于]{to}多少度？",
        "[把|请把]{from}{v}度[换算成|转换成]{to}[。|]",
        "[换算|请问|求]：{from}{v}度=[?|？|多少]度{to}",
      ],
      heldout: ["{from}{v}度换算成{to}是多少？", "请问{from}{v}度等于{to}几度？"],
    },
  },
  make: ({ random, language }) => {
    const fives = random.int(0, 24); // degrees Celsius in steps of five convert exactly
    const [celsius, fahrenheit] = [5 * fives, 9 * fives + 32];
    const isToF = random.chance(0.5);
    const names = language === "en" ? ["Celsius", "Fahrenheit"] : ["摄氏", "华氏"];
    const [value, answer] = isToF ? [celsius, fahrenheit] : [fahrenheit, celsius];
    const steps = isToF
      ? [traceDivide(celsius, 5), traceMultiplyDigit(fives, 9), traceAdd(9 * fives, 32)]
      : [traceSubtract(fahrenheit, 32), traceDivide(9 * fives, 9), traceMultiplyDigit(fives, 5)];
    return {
      key: `${isToF},${value}`,
      slots: { v: String(value), from: names[isToF ? 0 : 1]!, to: names[isToF ? 1 : 0]! },
      think: steps.join(";"),
      answer: language === "en" ? `${answer} °${isToF ? "F" : "C"}` : `${answer}度`,
    };
  },
};

export const units: Skill = {
  name: "unit conversion",
  tasks: [convert, convertHalf, temperature],
};
