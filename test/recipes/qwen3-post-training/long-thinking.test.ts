import { describe, expect, it } from "vitest";
import { generate } from "../../../recipes/onefold-mini/data.ts";
import {
  lengthen,
  longColumn,
  longConvert,
  longLookup,
  splitCarries,
} from "../../../recipes/qwen3-post-training/long-thinking.ts";
import { draw, GENERAL } from "../../../recipes/qwen3-post-training/questions.ts";

const table = [
  "Look:",
  "",
  "| name | age | city |",
  "|---|---|---|",
  "| Ann | 26 | Rome |",
  "| Bob | 16 | Oslo |",
  "",
  "Who?",
].join("\n");

describe("longer thinking", () => {
  it("multiplies before it adds a carry", () => {
    expect(splitCarries("47*6:7*6=42,4*6+4=28;282")).toBe("47*6:7*6=42,4*6=24,24+4=28;282");
  });

  it("writes the row, or the column, that is asked about", () => {
    const row = "Bob:age=16,city=Oslo;city=Oslo";
    expect(longLookup("Bob,city:Oslo", table)).toBe(row);
    expect(longLookup("Bob,city:Oslo", `/think ${table.slice(table.indexOf("|"))}`)).toBe(row);
    expect(longColumn("26,16;26+16:6+6=12,2+1+1=4;42", table)).toBe(
      "age:Ann=26,Bob=16;26,16;26+16:6+6=12,2+1+1=4;42",
    );
  });

  it.each([
    ["1km=1000m;3000/1000=3", "3 km", "3000m=?km;1km=1000m;3000/1000=300/100=30/10=3"],
    ["1m=100cm,0.6*100=60", "60 cm", "0.6m=?cm;1m=100cm,0.6*100=6*10=60"],
    ["1天=24小时;48/24=2", "2天", "48小时=?天;1天=24小时;24*1=24,24*2=48;48/24=2"],
    ["1weeks=7days;14/7:14/7=2r0;2", "2 weeks", "14days=?weeks;1weeks=7days;14/7:14/7=2r0;2"],
  ])("says which way it converts: %s", (think, answer, long) => {
    expect(longConvert(think, answer)).toBe(long);
  });

  it("claims nothing that is not so", () => {
    const examples = generate({ seed: "long thinking", split: "train", n: 4000, followUps: 0.2 });
    let steps = 0;
    for (const example of examples) {
      const { reasoning_content: think, content } = lengthen(example).messages.at(-1)!;
      expect(content).toBe(example.messages.at(-1)!.content);
      if (think === undefined) continue;
      expect(think).not.toMatch(/undefined|NaN/);
      for (const [, a, b, product] of think.matchAll(/(?<![\d.])(\d+)\*(\d+)=(\d+)(?![\d*])/g)) {
        expect(Number(a) * Number(b)).toBe(Number(product));
        steps++;
      }
    }
    expect(steps).toBeGreaterThan(300);
  });
});

describe("questions", () => {
  it("are drawn by share, the same for a stream and others for another", () => {
    const options = { count: 200, shares: GENERAL, mode: "default" } as const;
    const one = draw({ ...options, stream: "a" });
    expect(draw({ ...options, stream: "a" })).toEqual(one);
    expect(draw({ ...options, stream: "b" })).not.toEqual(one);
    expect(Math.abs(one.length - 200)).toBeLessThan(7);
    const tables = one.filter(({ skill }) => skill === "tables").length;
    const all = Object.values(GENERAL).reduce((sum, share) => sum + share, 0);
    expect(tables).toBe(Math.round((200 * GENERAL.tables!) / all));
  });
});
