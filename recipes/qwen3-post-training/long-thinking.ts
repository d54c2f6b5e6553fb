/**
 * Longer thinking for onefold-mini's questions: what its own traces write in one go, these
 * write in steps. A cell is found by writing its row with the columns' names, a carried product is
 * multiplied and then added, a conversion begins with what is asked and moves one zero at a time.
 */

import type { Example } from "../onefold-mini/types.ts";

/** The example with longer thinking, where its task has one; the answer stays. */
export function lengthen(example: Example): Example {
  const answer = example.messages[example.messages.length - 1]!;
  if (!answer.reasoning_content) return example;
  const reasoning = byTask(example, answer.reasoning_content, answer.content);
  const messages = [
    ...example.messages.slice(0, -1),
    { ...answer, reasoning_content: splitCarries(reasoning) },
  ];
  return { ...example, messages };
}

function byTask({ skill, task, messages }: Example, think: string, answer: string): string {
  if (skill === "tables" && task !== "count-rows") {
    const question = messages[messages.length - 2]!.content;
    return task === "lookup" ? longLookup(think, question) : longColumn(think, question);
  }
  if (/^convert/.test(task)) return longConvert(think, answer);
  return think;
}

/** "7*9+7=70" -> "7*9=63,63+7=70" */
export const splitCarries = (think: string): string =>
  think.replace(/\b(\d)\*(\d)\+(\d)=(\d+)/g, (_, a: string, b: string, carry: string, sum) => {
    const product = Number(a) * Number(b);
    return `${a}*${b}=${product},${product}+${carry}=${sum}`;
  });

/** Cells of a Markdown table's lines, the line of dashes left out; a switch may stand before it. */
function readTable(text: string): string[][] {
  const lines = text
    .replace(/^\/(no_)?think /, "")
    .split("\n")
    .filter((line) => /^\| /.test(line));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** "Ann,age:26" -> "Ann:age=26,city=Rome;age=26": the row with the names of its columns. */
export function longLookup(think: string, question: string): string {
  const [head, ...rows] = readTable(question);
  const [, name, column, value] = /^(.+),(.+):(.+)$/.exec(think)!;
  const row = rows.find(([first]) => first === name)!;
  const cells = row.slice(1).map((cell, i) => `${head![i + 1]}=${cell}`);
  return `${name}:${cells.join(",")};${column}=${value}`;
}

/** "26,16;…" -> "age:Ann=26,Bob=16;26,16;…": the column with the names of its rows. */
export function longColumn(think: string, question: string): string {
  const [head, ...rows] = readTable(question);
  const values = think.slice(0, think.search(/;|$/));
  const column = head!.findIndex((_, c) => c > 0 && rows.map((row) => row[c]).join() === values);
  const cells = rows.map((row) => `${row[0]}=${row[column]}`);
  return `${head![column]}:${cells.join(",")};${think}`;
}

/** "1km=1000m;3000/1000=3" -> "3000m=?km;1km=1000m;3000/1000=300/100=30/10=3" */
export function longConvert(think: string, answer: string): string {
  const [, large, factor, small] = /^1(.+?)=(\d+)(.+?)[;,]/.exec(think)!;
  const to = answer.replace(/^[\d.]+ ?/, "");
  const from = to === large ? small! : large!;
  const value = askedValue(think, answer, factor!, to === large);
  const steps = think
    .replace(/([\d.]+)\*(10+)=(\d+)/, (_, v: string, tens: string) => moveRight(v, tens))
    .replace(/(\d+)\/(10+)=(\d+)/, (_, v: string, tens: string) => moveLeft(v, tens))
    .replace(
      /(\d+)\/24=(\d+)/,
      (all, _, count: string) => `${multiples(24, Number(count))};${all}`,
    );
  return `${value}${from}=?${to};${steps}`;
}

/** The number that was asked about. */
function askedValue(think: string, answer: string, factor: string, isUp: boolean): string {
  if (isUp) return String(Number.parseInt(answer, 10) * Number(factor));
  const decimal = /([\d.]+\.\d+)\*/.exec(think);
  return decimal ? decimal[1]! : String(Number.parseInt(answer, 10) / Number(factor));
}

/** "13.6", "100" -> "13.6*100=136*10=1360": one zero at a time. */
function moveRight(value: string, tens: string): string {
  const steps = [`${value}*${tens}`];
  for (let left = tens.slice(0, -1), v = value; ; left = left.slice(0, -1)) {
    v = v.includes(".") ? v.replace(/^0?(\d*)\.(\d)$/, "$1$2") : `${v}0`;
    v = v.replace(/^0+(?=\d)/, "");
    steps.push(left.length > 1 ? `${v}*${left}` : v);
    if (left.length <= 1) return steps.join("=");
  }
}

function moveLeft(value: string, tens: string): string {
  const steps = [`${value}/${tens}`];
  for (let left = tens.slice(0, -1), v = value.slice(0, -1); ; ) {
    steps.push(left.length > 1 ? `${v}/${left}` : v);
    if (left.length <= 1) return steps.join("=");
    left = left.slice(0, -1);
    v = v.slice(0, -1);
  }
}

/** 24, 3 -> "24*1=24,24*2=48,24*3=72" */
const multiples = (of: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `${of}*${i + 1}=${of * (i + 1)}`).join();
