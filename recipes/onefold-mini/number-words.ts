// Numbers 0 to 9999 in words. English without "and"; Chinese with the usual zero rule
// (1005 一千零五, 1050 一千零五十, 15 十五, 115 一百一十五).

const ONES =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** @example toEnglish(123); // "one hundred twenty-three" */
export function toEnglish(value: number): string {
  if (value >= 1000) {
    const rest = value % 1000;
    return `${toEnglish(Math.floor(value / 1000))} thousand${rest ? ` ${toEnglish(rest)}` : ""}`;
  }
  if (value >= 100) {
    const rest = value % 100;
    return `${ONES[Math.floor(value / 100)]} hundred${rest ? ` ${toEnglish(rest)}` : ""}`;
  }
  if (value < 20) return ONES[value]!;
  const rest = value % 10;
  return `${TENS[Math.floor(value / 10)]}${rest ? `-${ONES[rest]}` : ""}`;
}

const DIGITS = [..."零一二三四五六七八九"];
const PLACES = ["", "十", "百", "千"];

/** @example toChinese(123); // "一百二十三" */
export function toChinese(value: number): string {
  if (value === 0) return "零";
  const digits = [...String(value)].map(Number);
  let text = "";
  let isGap = false;
  digits.forEach((digit, i) => {
    const place = digits.length - 1 - i;
    if (digit === 0) {
      isGap = true;
      return;
    }
    if (isGap && text) text += "零";
    isGap = false;
    text += DIGITS[digit]! + PLACES[place]!;
  });
  return text.startsWith("一十") ? text.slice(1) : text;
}
