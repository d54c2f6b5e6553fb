// Answers and traces against independent calculations: nothing here uses the generator's own code
// for the task, only the question's text, Date, and a small evaluator.
import { describe, expect, it } from "vitest";
import { generate } from "../../../recipes/onefold-mini/data.ts";
import type { Example } from "../../../recipes/onefold-mini/types.ts";

const make = (skill: string, n = 2400): Example[] => [
  ...generate({ seed: 11, split: "train", skill, n, mode: "default" }),
  ...generate({ seed: 11, split: "heldout", skill, n: n / 4, mode: "default" }),
];
const answerOf = (e: Example) => e.messages.at(-1)!.content;
const thinkOf = (e: Example) => e.messages.at(-1)!.reasoning_content!;
const questionOf = (e: Example) => e.messages.at(-2)!.content;
const of = (list: Example[], ...names: string[]) => {
  const found = list.filter((e) => names.includes(e.task));
  expect(found.length).toBeGreaterThan(50);
  return found;
};

/** Left-to-right value of digits joined by + - * / (products first). */
function evaluate(text: string): number {
  const terms = text.split(/(?=[+-])/).filter(Boolean);
  return terms.reduce((sum, term) => {
    const sign = term.startsWith("-") ? -1 : 1;
    const factors = term.replace(/^[+-]/, "").split(/(?=[*/])/);
    const product = factors.reduce((p, f) => {
      if (f.startsWith("*")) return p * Number(f.slice(1));
      if (f.startsWith("/")) return p / Number(f.slice(1));
      return Number(f);
    }, 1);
    return sum + sign * product;
  }, 0);
}

/** Every "expression=number" of a trace, quotients with a rest included, must be true. */
function checkSteps(trace: string): number {
  let steps = 0;
  for (const part of trace.split(/[:,;]/)) {
    const division = /^(\d+)\/(\d+)=(\d+)r(\d+)$/.exec(part);
    if (division) {
      const [a, b, q, r] = division.slice(1).map(Number) as [number, number, number, number];
      expect(q * b + r).toBe(a);
      expect(r).toBeLessThan(b);
      steps++;
      continue;
    }
    for (const [, left, right] of part.matchAll(
      /(?=(?<![\d.+*/-])(-?[\d.]+(?:[+*/-][\d.]+)+)=(-?[\d.]+)(?![\d.]))/g,
    )) {
      if (Math.abs(evaluate(left!) - Number(right)) > 1e-9)
        expect.fail(`${left}=${right}: ${trace}`);
      steps++;
    }
    for (const [, a, sign, b] of part.matchAll(/^([\d.]+)([<>=])([\d.]+)$/g)) {
      const is = Math.sign(Number(a) - Number(b));
      expect(is).toBe(sign === "<" ? -1 : sign === ">" ? 1 : 0);
      steps++;
    }
  }
  return steps;
}

describe("arithmetic", () => {
  it("gives the value of its operands, and only true steps", () => {
    const sign = { add: "+", subtract: "-", multiply: "*", divide: "/" };
    for (const e of make("arithmetic")) {
      const [a, b] = e.key.split(",") as [string, string];
      const value = evaluate(`${a}${sign[e.task as keyof typeof sign]}${b}`);
      expect(answerOf(e)).toBe(String(value));
      expect(value).toBeGreaterThanOrEqual(0);
      const numbers = questionOf(e).match(/\d+/g)!.toSorted();
      expect(numbers).toEqual([a, b].toSorted());
      expect(checkSteps(thinkOf(e))).toBeGreaterThan(0);
    }
  });
});

describe("traces", () => {
  it("hold only true steps in every skill that calculates", () => {
    let steps = 0;
    for (const skill of [
      "comparison",
      "dates and calendars",
      "unit conversion",
      "tables",
      "two-turn memory",
      "format instructions",
    ])
      for (const e of make(skill, 1000)) steps += checkSteps(thinkOf(e));
    expect(steps).toBeGreaterThan(3000);
  });

  it("spell the word that is asked about", () => {
    for (const e of make("string edits").filter((e) => e.spelled)) {
      const word = e.key.split(",")[0]!;
      const numbered = Array.from(word, (c, i) => `${c}${i + 1}`).join(" ");
      expect(thinkOf(e).startsWith(numbered)).toBe(true);
      expect(questionOf(e)).toContain(word);
    }
  });
});

describe("comparison", () => {
  it("picks by value", () => {
    const all = make("comparison");
    for (const e of of(all, "larger", "smaller")) {
      const values = e.key.split(",").map(Number);
      const want = e.task === "larger" ? Math.max(...values) : Math.min(...values);
      expect(Number(answerOf(e))).toBe(want);
      expect(questionOf(e)).toContain(answerOf(e));
    }
    for (const e of of(all, "max", "min")) {
      const values = e.key.split(",").map(Number);
      expect(Number(answerOf(e))).toBe(Math[e.task as "max" | "min"](...values));
    }
    for (const e of of(all, "is-larger")) {
      const [a, b] = e.key.split(",").map(Number) as [number, number];
      expect(["Yes", "是"].includes(answerOf(e))).toBe(a > b);
    }
  });
});

describe("sorting and counting", () => {
  it("sorts and counts", () => {
    const all = make("sorting and counting");
    const split = (text: string) => text.split(/, |，/);
    for (const e of of(all, "sort-up", "sort-down")) {
      const values = e.key
        .split(",")
        .map(Number)
        .toSorted((a, b) => a - b);
      if (e.task === "sort-down") values.reverse();
      expect(split(answerOf(e)).map(Number)).toEqual(values);
    }
    for (const e of of(all, "sort-words")) {
      const words = e.key.split(",");
      expect(split(answerOf(e))).toEqual(words.toSorted());
      expect(new Set(words.map((w) => w[0])).size).toBe(words.length);
    }
    for (const e of of(all, "count-letter")) {
      const [word, letter] = e.key.split(",") as [string, string];
      expect(Number(answerOf(e))).toBe(word.split(letter).length - 1);
    }
    for (const e of of(all, "count-letters")) expect(Number(answerOf(e))).toBe(e.key.length);
    for (const e of of(all, "count-items"))
      expect(Number(answerOf(e))).toBe(e.key.split(",").length);
  });
});

describe("dates", () => {
  const DAY = 86_400_000;
  const EN = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  const ZH = ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"];
  const weekdayOf = (time: number, e: Example) =>
    (e.language === "en" ? EN : ZH)[new Date(time).getUTCDay()];
  // 2024-01-01 was a Monday.
  const monday = Date.UTC(2024, 0, 1);

  it("agrees with Date", () => {
    const all = make("dates and calendars", 4000);
    for (const e of of(all, "weekday-after", "weekday-before")) {
      const [from, days] = e.key.split(",").map(Number) as [number, number];
      const shift = e.task === "weekday-after" ? days : -days;
      expect(answerOf(e)).toBe(weekdayOf(monday + (from - 1 + shift) * DAY, e));
    }
    for (const e of of(all, "next-day")) {
      const [from, isNext] = e.key.split(",") as [string, string];
      const time = monday + (Number(from) - 1 + (isNext === "true" ? 1 : -1)) * DAY;
      expect(answerOf(e)).toBe(weekdayOf(time, e));
    }
    for (const e of of(all, "days-in-month")) {
      const [month, year] = e.key.split(",") as [string, string];
      const days = new Date(Date.UTC(Number(year || 2023), Number(month), 0)).getUTCDate();
      expect(Number(answerOf(e))).toBe(days);
    }
    for (const e of of(all, "leap-year")) {
      const isLeap = new Date(Date.UTC(Number(e.key), 1, 29)).getUTCMonth() === 1;
      expect(["Yes", "是"].includes(answerOf(e))).toBe(isLeap);
    }
    for (const e of of(all, "date-plus-days")) {
      const [year, month, day, n] = e.key.split(",").map(Number) as [
        number,
        number,
        number,
        number,
      ];
      const to = new Date(Date.UTC(year, month - 1, day + n)).toISOString().slice(0, 10);
      expect(answerOf(e)).toBe(to);
    }
    for (const e of of(all, "date-difference")) {
      const [a, b] = questionOf(e).match(/\d{4}-\d\d-\d\d/g)! as [string, string];
      expect(Number(answerOf(e))).toBe((Date.parse(b) - Date.parse(a)) / DAY);
    }
  });
});

describe("units", () => {
  const SI: Record<string, number> = {
    km: 1e6,
    m: 1000,
    cm: 10,
    mm: 1,
    千米: 1e6,
    米: 1000,
    厘米: 10,
    毫米: 1,
    kg: 1000,
    g: 1,
    千克: 1000,
    克: 1,
    L: 1000,
    mL: 1,
    升: 1000,
    毫升: 1,
    weeks: 604800,
    days: 86400,
    hours: 3600,
    minutes: 60,
    seconds: 1,
    周: 604800,
    天: 86400,
    小时: 3600,
    分钟: 60,
    秒: 1,
    kilometers: 1e6,
    meters: 1000,
    centimeters: 10,
    millimeters: 1,
    kilograms: 1000,
    grams: 1,
    liters: 1000,
    milliliters: 1,
  };

  it("keeps the quantity", () => {
    const all = make("unit conversion");
    for (const e of of(all, "convert", "convert-decimal")) {
      const parts = e.key.split(",") as [string, string, string];
      const [value, symbol] = /^([\d.]+) ?(\D+)$/.exec(answerOf(e))!.slice(1) as [string, string];
      const [from, to] = [SI[parts[0]]!, SI[symbol]!];
      expect(to).toBe(SI[parts[1]]);
      expect(Number(value) * to).toBeCloseTo(Number(parts[2]) * from, 6);
      expect(questionOf(e)).toContain(parts[2]);
    }
    for (const e of of(all, "temperature")) {
      const [isToF, value] = e.key.split(",") as [string, string];
      const celsius = isToF === "true" ? Number(value) : ((Number(value) - 32) * 5) / 9;
      const want = isToF === "true" ? celsius * 1.8 + 32 : celsius;
      expect(Number.parseInt(answerOf(e), 10)).toBe(Math.round(want));
    }
  });
});

describe("tables and JSON", () => {
  it("reads the table in the question", () => {
    const all = make("tables");
    for (const e of all) {
      const rows = questionOf(e)
        .split("\n")
        .filter((line) => line.startsWith("| "))
        .map((line) =>
          line
            .split("|")
            .slice(1, -1)
            .map((cell) => cell.trim()),
        );
      const body = rows.slice(1);
      const parts = thinkOf(e);
      if (e.task === "count-rows") expect(Number(answerOf(e))).toBe(body.length);
      if (e.task === "lookup") {
        const [name, column] = parts.slice(0, parts.indexOf(":")).split(",") as [string, string];
        const at = rows[0]!.indexOf(column);
        expect(answerOf(e)).toBe(body.find((row) => row[0] === name)![at]);
      }
      if (e.task === "sum" || e.task === "max") {
        const question = questionOf(e)
          .split("\n")
          .filter((line) => !line.startsWith("|"))
          .join(" ");
        const at = rows[0]!.findIndex((head, i) => i > 0 && question.includes(head));
        const values = body.map((row) => Number(row[at]));
        if (e.task === "sum")
          expect(Number(answerOf(e))).toBe(values.reduce((sum, v) => sum + v, 0));
        else {
          const best = Math[/largest|大/.test(question) ? "max" : "min"](...values);
          expect(answerOf(e)).toBe(body[values.indexOf(best)]![0]);
        }
      }
    }
  });

  it("reads the object in the question", () => {
    for (const e of make("json")) {
      const text = /\{.*\}/.exec(questionOf(e))?.[0];
      if (text === undefined) {
        expect(e.task).toBe("make-object");
        const object: Record<string, unknown> = JSON.parse(answerOf(e));
        for (const [key, value] of Object.entries(object)) {
          expect(questionOf(e)).toContain(key);
          expect(questionOf(e)).toContain(String(value));
        }
        continue;
      }
      const object: Record<string, unknown> = JSON.parse(text);
      const keys = Object.keys(object);
      if (e.task === "count-keys") expect(answerOf(e)).toBe(String(keys.length));
      if (e.task === "list-keys") expect(JSON.parse(answerOf(e))).toEqual(keys);
      if (e.task === "get-field") {
        const asked = keys.filter((key) => questionOf(e).replace(text, "").includes(key));
        expect(asked.map((key) => String(object[key]))).toContain(answerOf(e));
      }
    }
  });
});

describe("string edits", () => {
  it("edits letters", () => {
    const all = make("string edits");
    for (const e of of(all, "reverse"))
      expect([...answerOf(e)].reverse().join("")).toBe(e.key.split(",")[0]);
    for (const e of of(all, "uppercase"))
      expect(answerOf(e)).toBe(e.key.split(",")[0]!.toUpperCase());
    for (const e of of(all, "remove-vowels"))
      expect(answerOf(e)).toBe(e.key.split(",")[0]!.replaceAll(/[aeiou]/g, ""));
    for (const e of of(all, "replace-letter")) {
      const [word, letters] = e.key.split(",") as [string, string];
      expect(answerOf(e)).toBe(word.split(letters[0]!).join(letters[1]));
    }
    for (const e of of(all, "first-last")) {
      const [word, isFirst, n] = e.key.split(",") as [string, string, string];
      expect(answerOf(e).length).toBe(Number(n));
      expect(isFirst === "true" ? word.startsWith(answerOf(e)) : word.endsWith(answerOf(e))).toBe(
        true,
      );
    }
    for (const e of of(all, "reverse-list"))
      expect(answerOf(e).split(/, |，/)).toEqual(e.key.split(",").toReversed());
  });
});

describe("memory", () => {
  it("answers from what was told", () => {
    const all = make("two-turn memory");
    for (const e of of(all, "recall", "recall-of-two")) {
      const told = e.messages.slice(0, -2).filter((m) => m.role === "user");
      expect(told.some((m) => m.content.includes(answerOf(e)))).toBe(true);
      expect(questionOf(e)).not.toContain(answerOf(e));
    }
    for (const e of of(all, "follow-up")) {
      const [a, b, operation, n] = e.key.split(",") as [string, string, string, string];
      const sign = { plus: "+", minus: "-", double: "*" }[operation];
      const first = Number(a) + Number(b);
      expect(e.messages.at(-3)!.content).toBe(String(first));
      expect(Number(answerOf(e))).toBe(evaluate(`${first}${sign}${n}`));
    }
  });
});
