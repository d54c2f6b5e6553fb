// Calendar facts by the rules themselves (no Date), so that tests can hold them against Date.
import type { Language } from "./types.ts";

export const WEEKDAYS: Record<Language, string[]> = {
  en: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
  zh: ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"],
};

export const MONTHS: Record<Language, string[]> = {
  en: "January February March April May June July August September October November December".split(
    " ",
  ),
  zh: Array.from({ length: 12 }, (_, i) => `${i + 1}月`),
};

export const isLeapYear = (year: number) =>
  year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0);

/** Days in a month, 1 to 12. */
export function daysInMonth(month: number, year: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** The four-year rule written out: "24/4=6r0" decides, or the century does ("19/4=4r3"). */
export function traceLeap(year: number): string {
  const part = year % 100 === 0 ? year / 100 : year % 100;
  const two = String(part).padStart(2, "0");
  return `${year}:${two}/4=${Math.floor(part / 4)}r${part % 4}`;
}
