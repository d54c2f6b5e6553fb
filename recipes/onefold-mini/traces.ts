// Thinking traces: the written-out steps a small model can follow. No space stands before a digit,
// because the Qwen2 splitter would spend a token on it. Operands are padded to the same width, so
// that digits to be combined are always the same distance apart.

export const pad = (value: number, width: number) => String(value).padStart(width, "0");

/** 57+385 -> "057+385:7+5=12,5+8+1=14,0+3+1=4;442" (from the right, carry written as "+1"). */
export function traceAdd(a: number, b: number): string {
  const width = String(Math.max(a, b)).length;
  const [x, y] = [pad(a, width), pad(b, width)];
  const steps: string[] = [];
  let carry = 0;
  for (let i = width - 1; i >= 0; i--) {
    const sum = Number(x[i]) + Number(y[i]) + carry;
    steps.push(`${x[i]}+${y[i]}${carry ? "+1" : ""}=${sum}`);
    carry = sum > 9 ? 1 : 0;
  }
  return `${x}+${y}:${steps.join(",")};${a + b}`;
}

/** 402-57 -> "402-057:12-7=5,10-5-1=4,4-0-1=3;345" (a borrowed ten stands before the digit). */
export function traceSubtract(a: number, b: number): string {
  const width = String(a).length;
  const [x, y] = [pad(a, width), pad(b, width)];
  const steps: string[] = [];
  let borrow = 0;
  for (let i = width - 1; i >= 0; i--) {
    const lent = Number(x[i]) - Number(y[i]) - borrow < 0 ? 10 : 0;
    const top = Number(x[i]) + lent;
    steps.push(`${top}-${y[i]}${borrow ? "-1" : ""}=${top - Number(y[i]) - borrow}`);
    borrow = lent ? 1 : 0;
  }
  return `${x}-${y}:${steps.join(",")};${a - b}`;
}

/** 47*6 -> "47*6:7*6=42,4*6+4=28;282" */
export function traceMultiplyDigit(a: number, digit: number): string {
  const x = String(a);
  const steps: string[] = [];
  let carry = 0;
  for (let i = x.length - 1; i >= 0; i--) {
    const product = Number(x[i]) * digit + carry;
    steps.push(`${x[i]}*${digit}${carry ? `+${carry}` : ""}=${product}`);
    carry = Math.floor(product / 10);
  }
  return `${x}*${digit}:${steps.join(",")};${a * digit}`;
}

/** 47*36 -> "47*6:...=28;282;47*3:...=14;141;0282+1410:...;1692" */
export function traceMultiply(a: number, b: number): string {
  if (b < 10) return traceMultiplyDigit(a, b);
  const [ones, tens] = [b % 10, Math.floor(b / 10)];
  const parts = [traceMultiplyDigit(a, ones), traceMultiplyDigit(a, tens)];
  return `${parts.join(";")};${traceAdd(a * ones, a * tens * 10)}`;
}

/** 392/7 -> "392/7:39/7=5r4,42/7=6r0;56" */
export function traceDivide(a: number, b: number): string {
  const steps: string[] = [];
  let rest = 0;
  const digits = String(a);
  for (let i = 0; i < digits.length; i++) {
    const part = rest * 10 + Number(digits[i]);
    rest = part % b;
    const counts = part >= b || steps.length > 0 || i === digits.length - 1;
    if (counts) steps.push(`${part}/${b}=${Math.floor(part / b)}r${rest}`);
  }
  return `${a}/${b}:${steps.join(",")};${Math.floor(a / b)}`;
}

/** "9.11,9.9" -> "9.11,9.90:9=9,1<9": digit by digit until one differs. */
export function traceCompare(a: string, b: string): string {
  const [x, y] = align(a, b);
  const steps: string[] = [];
  for (let i = 0; i < x.length; i++) {
    if (x[i] === ".") continue;
    const sign = x[i]! < y[i]! ? "<" : x[i]! > y[i]! ? ">" : "=";
    steps.push(`${x[i]}${sign}${y[i]}`);
    if (sign !== "=") break;
  }
  return `${x},${y}:${steps.join(",")}`;
}

function align(a: string, b: string): [string, string] {
  const whole = Math.max(...[a, b].map((t) => t.split(".")[0]!.length));
  const decimals = Math.max(...[a, b].map((t) => (t.split(".")[1] ?? "").length));
  const widen = (t: string) => {
    const [w, d = ""] = t.split(".");
    return w!.padStart(whole, "0") + (decimals > 0 ? `.${d.padEnd(decimals, "0")}` : "");
  };
  return [widen(a), widen(b)];
}

/** [12, 45, 7] -> "12,45:1<4;45,07:4>0;45": the larger (or smaller) one so far with the next. */
export function traceBest(values: readonly number[], want: "max" | "min"): string {
  let best = values[0]!;
  const steps = values.slice(1).map((value) => {
    const step = traceCompare(String(best), String(value));
    best = want === "max" ? Math.max(best, value) : Math.min(best, value);
    return step;
  });
  return `${steps.join(";")};${best}`;
}

/** ["a", "b"] -> "a1 b2": items numbered as they are met. */
export const numberItems = (items: readonly string[]) =>
  items.map((item, i) => `${item}${i + 1}`).join(" ");

/** Items with the numbers that they had: the letters kept of a word say where they come from. */
export const renumber = (items: readonly (readonly [item: string, at: number])[]) =>
  items.map(([item, at]) => `${item}${at + 1}`).join(" ");

/** "cat" -> "c1 a2 t3"; the numbers tell apart the e's of "cheese". */
export const spell = (word: string) => numberItems([...word]);

/** [43, 17, 97] -> "43;17,43;17,43,97": each item put into the sorted list so far. */
export function traceInsert<T>(
  items: readonly T[],
  isBefore: (a: T, b: T) => boolean,
  write: (item: T) => string,
): string {
  const sorted: T[] = [];
  const states = items.map((item) => {
    const at = sorted.findIndex((other) => isBefore(item, other));
    sorted.splice(at < 0 ? sorted.length : at, 0, item);
    return sorted.map(write).join(",");
  });
  return states.join(";");
}
