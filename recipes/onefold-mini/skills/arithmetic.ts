import type { Random } from "../random.ts";
import { traceAdd, traceDivide, traceMultiply, traceSubtract } from "../traces.ts";
import type { Skill, Task, TaskContext } from "../types.ts";
import { THINGS } from "../words.ts";

/** Numbers of up to three digits; each length equally likely, so that short ones are seen too. */
function makeNumber(random: Random, digits = 3): number {
  const length = random.int(1, digits);
  return random.int(length === 1 ? 0 : 10 ** (length - 1), 10 ** length - 1);
}

function makeTask(
  name: string,
  weight: number,
  wordings: Task["wordings"],
  draw: (random: Random) => [number, number],
  trace: (a: number, b: number) => string,
  solve: (a: number, b: number) => number,
): Task {
  const make = ({ random, language }: TaskContext) => {
    const [a, b] = draw(random);
    return {
      key: `${a},${b}`,
      slots: { a: String(a), b: String(b), item: random.pick(THINGS[language]) },
      think: trace(a, b),
      answer: String(solve(a, b)),
    };
  };
  return { name, weight, wordings, make };
}

const add = makeTask(
  "add",
  3,
  {
    en: {
      train: [
        "[What is|What's|Calculate|Compute|Work out|Find] {a} [+|plus] {b}[?|.|]",
        "{a} [+|plus] {b}[ =| = ?|?|]",
        "{a}+{b}[=|=?|?|]",
        "[Please add|Add] {a} [and|to] {b}[.|]",
        "[Find|What is|Give me|Tell me] the sum of {a} and {b}[.|?]",
        "How much is {a} [+|plus] {b}?",
        "I have {a} {item} and [buy|get|find] {b} more. How many {item} do I have [now|in total]?",
        "[Tom|Ann] has {a} {item} and [Bob|Lucy] has {b}. How many {item} do they have [together|in total]?",
      ],
      heldout: [
        "[Can|Could] you add {a} and {b}[ for me|]?",
        "What do you get when you add {b} to {a}?",
        "[Please find|I need] the sum of {a} and {b}.",
        "I have {a} {item}. I buy {b} more {item}. How many do I have now?",
      ],
    },
    zh: {
      train: [
        "{a}[加|加上|+| + ]{b}[等于多少|是多少|等于几|=][？|?|]",
        "[计算|算一下|求|请计算]{a}[加|+| + ]{b}[。|]",
        "[求|计算|请问|告诉我]{a}和{b}的和[是多少？|。|]",
        "{a}+{b}[=|=?|？|]",
        "我有{a}个{item}，又[买了|得到]{b}个，[现在|一共]有多少个？",
        "[小明|小红]有{a}个{item}，[小李|小王]有{b}个，他们一共有多少个？",
      ],
      heldout: [
        "[请问，|]把{a}和{b}加起来是多少？",
        "{a}和{b}相加等于多少？",
        "我有{a}个{item}，小明有{b}个{item}，我们一共有多少个？",
      ],
    },
  },
  (random) => [makeNumber(random), makeNumber(random)],
  traceAdd,
  (a, b) => a + b,
);

const subtract = makeTask(
  "subtract",
  3,
  {
    en: {
      train: [
        "[What is|What's|Calculate|Compute|Work out|Find] {a} [-|minus] {b}[?|.|]",
        "{a} [-|minus] {b}[ =| = ?|?|]",
        "{a}-{b}[=|=?|?|]",
        "[Please subtract|Subtract|Take] {b} from {a}[.|]",
        "How much is {a} [-|minus] {b}?",
        "[Find|What is|Give me|Tell me] the difference between {a} and {b}[.|?]",
        "I have {a} {item} and [lose|sell|eat] {b}. How many {item} [are left|do I have now]?",
      ],
      heldout: [
        "[Can|Could] you subtract {b} from {a}[ for me|]?",
        "What do you get when you take {b} from {a}?",
        "I have {a} {item}. I sell {b} {item}. How many are left?",
      ],
    },
    zh: {
      train: [
        "{a}[减|减去|-| - ]{b}[等于多少|是多少|等于几|=][？|?|]",
        "[计算|算一下|求|请计算]{a}[减|-| - ]{b}[。|]",
        "[求|计算|请问|告诉我]{a}和{b}的差[是多少？|。|]",
        "{a}-{b}[=|=?|？|]",
        "我有{a}个{item}，[吃了|卖了|用了]{b}个，还[剩|有]多少个？",
      ],
      heldout: [
        "从{a}里减去{b}[是|等于]多少？",
        "[请|]把{a}减去{b}，等于几？",
        "我有{a}个{item}，卖了{b}个{item}，还剩几个？",
      ],
    },
  },
  (random) => {
    const [x, y] = [makeNumber(random), makeNumber(random)];
    return x < y ? [y, x] : [x, y];
  },
  traceSubtract,
  (a, b) => a - b,
);

const multiply = makeTask(
  "multiply",
  3,
  {
    en: {
      train: [
        "[What is|What's|Calculate|Compute|Work out|Find] {a} [*|x|times] {b}[?|.|]",
        "{a} [*|x|times] {b}[ =| = ?|?|]",
        "{a}*{b}[=|=?|?|]",
        "[Please multiply|Multiply] {a} [and|by|with] {b}[.|]",
        "[Find|What is|Give me|Tell me] the product of {a} and {b}[.|?]",
        "How much is {a} times {b}?",
        "One box holds {a} {item}. How many {item} are in {b} boxes?",
      ],
      heldout: [
        "[Can|Could] you multiply {a} by {b}[ for me|]?",
        "What do you get when you multiply {a} and {b}?",
        "There are {b} boxes. One box holds {a} {item}. How many {item} are there in total?",
      ],
    },
    zh: {
      train: [
        "{a}[乘|乘以|*| * |×]{b}[等于多少|是多少|等于几|=][？|?|]",
        "[计算|算一下|求|请计算]{a}[乘|*| * |×]{b}[。|]",
        "[求|计算|请问|告诉我]{a}和{b}的积[是多少？|。|]",
        "{a}*{b}[=|=?|？|]",
        "一个盒子有{a}个{item}，{b}个盒子有多少个？",
      ],
      heldout: [
        "[请问，|]把{a}和{b}乘起来是多少？",
        "{a}和{b}相乘等于多少？",
        "有{b}个盒子，一个盒子有{a}个{item}，一共有多少个{item}？",
      ],
    },
  },
  (random) => {
    const kind = random.weighted([4, 4, 2]);
    if (kind === 0) return [random.int(2, 9), random.int(2, 9)];
    return [random.int(10, 99), kind === 1 ? random.int(2, 9) : random.int(11, 99)];
  },
  traceMultiply,
  (a, b) => a * b,
);

const divide = makeTask(
  "divide",
  2,
  {
    en: {
      train: [
        "[What is|What's|Calculate|Compute|Work out|Find] {a} [/|÷|divided by] {b}[?|.|]",
        "{a} [/|÷|divided by] {b}[ =| = ?|?|]",
        "{a}/{b}[=|=?|?|]",
        "[Please divide|Divide] {a} by {b}[.|]",
        "How much is {a} divided by {b}?",
        "{a} {item} are shared by {b} people. How many {item} does each [get|have]?",
      ],
      heldout: [
        "[Can|Could] you divide {a} by {b}[ for me|]?",
        "What do you get when you divide {a} by {b}?",
        "{b} people share {a} {item}. How many does each get?",
      ],
    },
    zh: {
      train: [
        "{a}[除以|÷|/| / ]{b}[等于多少|是多少|等于几|=][？|?|]",
        "[计算|算一下|求|请计算]{a}[除以|÷|/]{b}[。|]",
        "{a}/{b}[=|=?|？|]",
        "[求|请问|告诉我]{a}除以{b}的商[是多少？|。|]",
        "{a}个{item}分给{b}个人，每人[得到|有]多少个？",
      ],
      heldout: ["[请|]把{a}除以{b}，[等于几|是多少]？", "把{a}个{item}分给{b}个人，每个人有几个？"],
    },
  },
  (random) => {
    const b = random.int(2, 9);
    return [b * (random.chance(0.4) ? random.int(2, 9) : random.int(10, 99)), b];
  },
  traceDivide,
  (a, b) => a / b,
);

export const arithmetic: Skill = { name: "arithmetic", tasks: [add, subtract, multiply, divide] };
