import { daysInMonth, isLeapYear, MONTHS, traceLeap, WEEKDAYS } from "../calendar.ts";
import { pad, traceAdd, traceSubtract } from "../traces.ts";
import type { Skill, Task } from "../types.ts";
import { NO, YES } from "../words.ts";

/**
 * A weekday number (1 to 7) moved by some days. Whole weeks go first, so that what is left is a
 * small table: 2 and 17 -> "17-14=3,2+3=5"; 6 and 9 -> "9-7=2,6+2-7=1".
 */
function shiftWeekday(from: number, days: number): { to: number; trace: string } {
  const count = Math.abs(days);
  const rest = count % 7;
  const sign = days < 0 ? "-" : "+";
  const sum = from + Math.sign(days) * rest;
  const to = sum > 7 ? sum - 7 : sum < 1 ? sum + 7 : sum;
  const weeks = count > 6 ? `${count}-${count - rest}=${rest},` : "";
  const back = sum > 7 ? "-7" : sum < 1 ? "+7" : "";
  return { to, trace: `${weeks}${from}${sign}${rest}${back}=${to}` };
}

const weekday = (name: string, sign: 1 | -1, wordings: Task["wordings"]): Task => ({
  name,
  weight: 2,
  wordings,
  make: ({ random, language }) => {
    const from = random.int(1, 7);
    const days = random.int(1, random.chance(0.5) ? 10 : 30);
    const { to, trace } = shiftWeekday(from, sign * days);
    const names = WEEKDAYS[language];
    return {
      key: `${from},${days}`,
      slots: { day: names[from - 1]!, n: String(days), s: days === 1 ? "" : "s" },
      think: `${names[from - 1]}=${from},${trace}=${names[to - 1]}`,
      answer: names[to - 1]!,
    };
  },
});

const nextDay: Task = {
  name: "next-day",
  weight: 1,
  smallSpace: true,
  wordings: {
    en: {
      train: [
        "[What|Which] day [comes|is] [right|] {side} {day}?",
        "[Tell me|Give me] the day {side} {day}[.|]",
        "Today is {day}. [What|Which] day {is} {rel}?",
      ],
      heldout: [
        "If today is {day}, what day {is} {rel}?",
        "Which day of the week is {side} {day}?",
      ],
    },
    zh: {
      train: [
        "{day}的{side}一天是星期几？",
        "今天是{day}，{rel}[是|]星期几？",
        "[请问|告诉我]{day}{side}一天是星期几[？|]",
      ],
      heldout: ["如果今天是{day}，{rel}是星期几？", "今天{day}，那{rel}呢？"],
    },
  },
  make: ({ random, language }) => {
    const from = random.int(1, 7);
    const isNext = random.chance(0.5);
    const { to, trace } = shiftWeekday(from, isNext ? 1 : -1);
    const names = WEEKDAYS[language];
    const [side, rel] =
      language === "en"
        ? isNext
          ? ["after", "tomorrow"]
          : ["before", "yesterday"]
        : isNext
          ? ["后", "明天"]
          : ["前", "昨天"];
    return {
      key: `${from},${isNext}`,
      slots: { day: names[from - 1]!, side: side!, rel: rel!, is: isNext ? "is" : "was" },
      think: `${names[from - 1]}=${from},${trace}=${names[to - 1]}`,
      answer: names[to - 1]!,
    };
  },
};

const monthDays: Task = {
  name: "days-in-month",
  weight: 1,
  smallSpace: true,
  wordings: {
    en: {
      train: [
        "How many days [are in|are there in] {month}?",
        "How many days does {month} have?",
        "[Tell me|Give me] the number of days in {month}[.|]",
        "Days in {month}[?|]",
      ],
      heldout: [
        "How long is {month} in days?",
        "[Can|Could] you tell me how many days are in {month}?",
      ],
    },
    zh: {
      train: [
        "{month}[有|一共有][多少|几]天？",
        "[请问|告诉我]{month}有[多少|几]天[？|]",
        "{month}的天数是多少？",
      ],
      heldout: ["请问，{month}一共是多少天？", "{month}里有几天？"],
    },
  },
  make: ({ random, language }) => {
    const month = random.chance(0.3) ? 2 : random.int(1, 12);
    const year = random.int(1990, 2040);
    const hasYear = month === 2 || random.chance(0.2);
    const name = MONTHS[language][month - 1]!;
    const written =
      language === "zh"
        ? hasYear
          ? `${year}年${name}`
          : name
        : name + (hasYear ? ` ${year}` : "");
    const days = daysInMonth(month, year);
    const rule = month === 2 ? `${traceLeap(year)},` : "";
    return {
      key: `${month},${hasYear ? year : ""}`,
      slots: { month: written },
      think: `${rule}${pad(month, 2)}:${days}`,
      answer: String(days),
    };
  },
};

const leap: Task = {
  name: "leap-year",
  weight: 1.5,
  wordings: {
    en: {
      train: [
        "Is [{y}|the year {y}] a leap year?",
        "[Tell me if|Is it true that] {y} is a leap year[.|?]",
        "[Was {y}|Will {y} be] a leap year?",
        "Leap year or not: {y}[?|]",
      ],
      heldout: ["Yes or no: is {y} a leap year?", "{y}: is this year a leap year?"],
    },
    zh: {
      train: [
        "{y}年[是闰年吗|是不是闰年|是不是一个闰年]？",
        "[请问|告诉我]{y}年[是闰年吗|是不是闰年][？|]",
        "{y}是闰年[吗|，对吗]？",
      ],
      heldout: ["判断一下，{y}年是闰年吗？", "{y}这一年是闰年吗？"],
    },
  },
  make: ({ random, language }) => {
    const year = random.chance(0.15) ? 100 * random.int(17, 24) : random.int(1900, 2100);
    return {
      key: String(year),
      slots: { y: String(year) },
      think: traceLeap(year),
      answer: isLeapYear(year) ? YES[language] : NO[language],
    };
  },
};

const writeDate = (year: number, month: number, day: number) =>
  `${year}-${pad(month, 2)}-${pad(day, 2)}`;

/** Days of a month with the leap-year rule where it matters. */
const monthRule = (month: number, year: number) =>
  `${month === 2 ? `${traceLeap(year)},` : ""}${pad(month, 2)}:${daysInMonth(month, year)}`;

const addDays: Task = {
  name: "date-plus-days",
  weight: 2,
  wordings: {
    en: {
      train: [
        "[What is the date|What date is|Which date is] {n} day{s} after {date}?",
        "[What is|Find|Calculate] {date} [plus|+] {n} day{s}[.|?|]",
        "[Add|Please add] {n} day{s} to {date}[.|]",
        "Today is {date}. [What|Which] date is [it in {n} day{s}|{n} day{s} later]?",
      ],
      heldout: [
        "If today is {date}, what is the date {n} day{s} later?",
        "[Can|Could] you add {n} day{s} to the date {date}?",
      ],
    },
    zh: {
      train: [
        "{date}[的|]{n}天[后|以后|之后]是[哪一天|几号|什么日期]？",
        "[求|计算|请问]{date}[加|加上]{n}天[是哪一天？|。|]",
        "今天是{date}，{n}天[后|以后|之后]是[哪一天|几号|什么日期]？",
      ],
      heldout: ["从{date}起，过{n}天是哪一天？", "如果今天是{date}，那么{n}天后是几号？"],
    },
  },
  make: ({ random }) => {
    const year = random.int(1990, 2040);
    const month = random.int(1, 12);
    const length = daysInMonth(month, year);
    const day = random.int(1, length);
    const n = random.int(1, 28);
    const sum = day + n;
    const isOver = sum > length;
    const to = isOver
      ? writeDate(month === 12 ? year + 1 : year, (month % 12) + 1, sum - length)
      : writeDate(year, month, sum);
    const over = isOver ? `;${traceSubtract(sum, length)}` : "";
    return {
      key: `${year},${month},${day},${n}`,
      slots: { date: writeDate(year, month, day), n: String(n), s: n === 1 ? "" : "s" },
      think: `${monthRule(month, year)};${traceAdd(day, n)}${over}`,
      answer: to,
    };
  },
};

const difference: Task = {
  name: "date-difference",
  weight: 2,
  wordings: {
    en: {
      train: [
        "How many days [are there|are] [from {a} to {b}|between {a} and {b}]?",
        "[Find|Count|Calculate] the [days|number of days] [from {a} to {b}|between {a} and {b}][.|]",
        "From {a} to {b}[:|,] how many days[ is it|]?",
      ],
      heldout: [
        "[Can|Could] you count the days from {a} to {b}?",
        "Today is {a}. How many days is it to {b}?",
      ],
    },
    zh: {
      train: [
        "[从|]{a}到{b}[有|是|一共有][多少|几]天？",
        "[求|计算|请问]{a}[和|与]{b}[相差|差|之间有][多少|几]天[？|]",
        "{a}到{b}，[有|是][多少|几]天？",
      ],
      heldout: ["今天是{a}，到{b}还有几天？", "请问从{a}起到{b}一共是多少天？"],
    },
  },
  make: ({ random }) => {
    const year = random.int(1990, 2040);
    const month = random.int(1, 11);
    const length = daysInMonth(month, year);
    if (random.chance(0.5)) {
      const [x, y] = random.sample(
        Array.from({ length }, (_, i) => i + 1),
        2,
      );
      const [day, later] = [Math.min(x!, y!), Math.max(x!, y!)];
      return {
        key: `${year},${month},${day},${later}`,
        slots: { a: writeDate(year, month, day), b: writeDate(year, month, later) },
        think: traceSubtract(later, day),
        answer: String(later - day),
      };
    }
    const [day, later] = [random.int(1, length), random.int(1, 28)];
    const rest = length - day;
    return {
      key: `${year},${month},${day},next,${later}`,
      slots: { a: writeDate(year, month, day), b: writeDate(year, month + 1, later) },
      think: `${monthRule(month, year)};${traceSubtract(length, day)};${traceAdd(rest, later)}`,
      answer: String(rest + later),
    };
  },
};

export const dates: Skill = {
  name: "dates and calendars",
  tasks: [
    weekday("weekday-after", 1, {
      en: {
        train: [
          "[What|Which] day [is|comes] {n} day{s} after {day}?",
          "Today is {day}. [What|Which] day [is it in {n} day{s}|will it be in {n} day{s}|is it {n} day{s} later]?",
          "[Tell me|Give me|Find] the day {n} day{s} after {day}[.|]",
          "{day} plus {n} day{s} is [what day|which day]?",
        ],
        heldout: [
          "If today is {day}, what day is it in {n} day{s}?",
          "[Can|Could] you tell me which day comes {n} day{s} after {day}?",
        ],
      },
      zh: {
        train: [
          "{day}[的|]{n}天[后|以后|之后]是星期几？",
          "今天是{day}，[再过|过]{n}天是星期几？",
          "今天是{day}，{n}天[后|以后|之后][是|]星期几？",
          "[请问|告诉我]{day}过{n}天是星期几[？|]",
        ],
        heldout: ["如果今天是{day}，{n}天后是星期几？", "从{day}起，再过{n}天是星期几？"],
      },
    }),
    weekday("weekday-before", -1, {
      en: {
        train: [
          "[What|Which] day [is|was|comes] {n} day{s} before {day}?",
          "Today is {day}. [What|Which] day was it {n} day{s} [ago|before|earlier]?",
          "[Tell me|Give me|Find] the day {n} day{s} before {day}[.|]",
          "{day} minus {n} day{s} is [what day|which day]?",
        ],
        heldout: [
          "If today is {day}, what day was it {n} day{s} ago?",
          "[Can|Could] you tell me which day comes {n} day{s} before {day}?",
        ],
      },
      zh: {
        train: [
          "{day}[的|]{n}天[前|以前|之前]是星期几？",
          "今天是{day}，{n}天[前|以前|之前][是|]星期几？",
          "[请问|告诉我]{day}{n}天[前|之前]是星期几[？|]",
        ],
        heldout: ["如果今天是{day}，{n}天前是星期几？", "从{day}往前{n}天是星期几？"],
      },
    }),
    nextDay,
    monthDays,
    leap,
    addDays,
    difference,
  ],
};
