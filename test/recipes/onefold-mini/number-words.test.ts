import { describe, expect, it } from "vitest";
import { toChinese, toEnglish } from "../../../recipes/onefold-mini/number-words.ts";

/** Reads English number words, by a method of its own: running totals. */
function fromEnglish(text: string): number {
  const small = [
    ..."zero one two three four five six seven eight nine ten".split(" "),
    ..."eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" "),
  ];
  const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
  let total = 0;
  let part = 0;
  for (const word of text.split(/[ -]/)) {
    if (word === "hundred") part *= 100;
    else if (word === "thousand") {
      total += part * 1000;
      part = 0;
    } else part += small.includes(word) ? small.indexOf(word) : (tens.indexOf(word) + 2) * 10;
  }
  return total + part;
}

function fromChinese(text: string): number {
  const places: Record<string, number> = { 十: 10, 百: 100, 千: 1000 };
  let total = 0;
  let digit = -1;
  for (const c of text) {
    if (c in places) {
      total += (digit < 0 ? 1 : digit) * places[c]!;
      digit = -1;
    } else digit = "零一二三四五六七八九".indexOf(c);
  }
  return total + Math.max(digit, 0);
}

describe("number words", () => {
  it("round-trip for every number to 9999, each with words of its own", () => {
    const seen = new Set<string>();
    for (let value = 0; value <= 9999; value++) {
      expect(fromEnglish(toEnglish(value))).toBe(value);
      expect(fromChinese(toChinese(value))).toBe(value);
      seen.add(toEnglish(value)).add(toChinese(value));
    }
    expect(seen.size).toBe(20_000);
  });

  it.each([
    [10, "ten", "十"],
    [15, "fifteen", "十五"],
    [42, "forty-two", "四十二"],
    [105, "one hundred five", "一百零五"],
    [110, "one hundred ten", "一百一十"],
    [115, "one hundred fifteen", "一百一十五"],
    [1005, "one thousand five", "一千零五"],
    [1050, "one thousand fifty", "一千零五十"],
    [1200, "one thousand two hundred", "一千二百"],
    [3010, "three thousand ten", "三千零一十"],
  ])("writes %d as %s and %s", (value, english, chinese) => {
    expect(toEnglish(value)).toBe(english);
    expect(toChinese(value)).toBe(chinese);
  });
});
