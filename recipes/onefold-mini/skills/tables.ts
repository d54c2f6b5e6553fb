import type { Random } from "../random.ts";
import { traceAdd, traceBest } from "../traces.ts";
import type { Language, Skill, Task, TaskContext } from "../types.ts";
import { CITIES, makeNames, THINGS } from "../words.ts";

interface Table {
  text: string;
  names: string[];
  /** Column name to values, aligned with names. */
  columns: Record<string, (string | number)[]>;
  numeric: string[];
}

const HEAD = {
  en: { name: "name", age: "age", city: "city" },
  zh: { name: "姓名", age: "年龄", city: "城市" },
};

function distinct(random: Random, count: number, low: number, high: number): number[] {
  const values = new Set<number>();
  while (values.size < count) values.add(random.int(low, high));
  return [...values];
}

/** A Markdown table: one name column, then one or two of age, city, a thing owned. */
function makeTable({ random, language }: TaskContext, columnCount = random.int(1, 2)): Table {
  const rows = random.int(2, 4);
  const names = makeNames(random, language, rows);
  const head = HEAD[language];
  const thing = random.pick(THINGS[language]);
  const fields: [string, () => (string | number)[]][] = [
    [head.age, () => distinct(random, rows, 5, 60)],
    [thing, () => distinct(random, rows, 1, 20)],
    [head.city, () => Array.from({ length: rows }, () => random.pick(CITIES[language]))],
  ];
  // The first column is numeric, so that every question can be asked of every table.
  const first = random.int(0, 1);
  const second = random.pick([1 - first, 2]);
  const chosen =
    columnCount === 1 ? [first] : random.chance(0.5) ? [first, second] : [second, first];
  const columns = Object.fromEntries(chosen.map((i) => [fields[i]![0], fields[i]![1]()]));
  const keys = Object.keys(columns);
  const line = (cells: (string | number)[]) => `| ${cells.join(" | ")} |`;
  const text = [
    line([head.name, ...keys]),
    `|${"---|".repeat(keys.length + 1)}`,
    ...names.map((name, r) => line([name, ...keys.map((k) => columns[k]![r]!)])),
  ].join("\n");
  return { text, names, columns, numeric: keys.filter((k) => typeof columns[k]![0] === "number") };
}

const lookup: Task = {
  name: "lookup",
  weight: 3,
  wordings: {
    en: {
      train: [
        "{table}\n\n[What is the {col} of {name}?|What is {name}'s {col}?|Find the {col} of {name}.|Give me {name}'s {col}.|Tell me the {col} for {name}.]",
        "[Look at the table|Look at this table|Here is a table|Use this table|Read the table|This is a table|In this table]:\n\n{table}\n\n[What is the {col} of {name}?|What is {name}'s {col}?|Tell me the {col} of {name}.]",
        "[What is the {col} of {name}?|Give me {name}'s {col}.]\n\n{table}",
      ],
      heldout: [
        "{table}\n\nTell me {name}'s {col}[.| please.]",
        "Read this table:\n\n{table}\n\nFor {name}, what is the {col}?",
      ],
    },
    zh: {
      train: [
        "{table}\n\n[告诉我|请问|找出|]{name}的{col}[是什么|是多少]？",
        "[看表格|看这个表格|这是一个表格|根据表格|下面是一个表格|这里有一个表格|读表格]：\n\n{table}\n\n[{name}的{col}是多少？|请问{name}的{col}是什么？|找出{name}的{col}。]",
        "[{name}的{col}是多少？|告诉我{name}的{col}。]\n\n{table}",
      ],
      heldout: [
        "{table}\n\n请告诉我{name}的{col}。",
        "请看表格：\n\n{table}\n\n表格里{name}的{col}是多少？",
      ],
    },
  },
  make: (context) => {
    const table = makeTable(context);
    const { random } = context;
    const row = random.int(0, table.names.length - 1);
    const column = random.pick(Object.keys(table.columns));
    const value = String(table.columns[column]![row]);
    return {
      key: `${table.text},${row},${column}`,
      slots: { table: table.text, name: table.names[row]!, col: column },
      think: `${table.names[row]},${column}:${value}`,
      answer: value,
    };
  },
};

const total: Task = {
  name: "sum",
  weight: 2,
  wordings: {
    en: {
      train: [
        "{table}\n\n[What is the sum of the {col} column?|What is the total of {col}?|Add up the {col}.|Tell me the total of {col}.|How much is the sum of {col}?]",
        "[Look at the table|Look at this table|Here is a table|Use this table|Read the table|This is a table|In this table]:\n\n{table}\n\n[What is the total of the {col} column?|Find the sum of {col}.|Add the {col} column.]",
        "[What is the total of {col}?|Give me the sum of {col}.]\n\n{table}",
      ],
      heldout: [
        "{table}\n\nTell me the sum of the {col} column.",
        "Read this table:\n\n{table}\n\nHow much is the {col} column in total?",
      ],
    },
    zh: {
      train: [
        "{table}\n\n{col}[一共是多少|的总和是多少|的和是多少|一列的总和是多少|加起来是多少]？",
        "[看表格|看这个表格|这是一个表格|根据表格|下面是一个表格|这里有一个表格|读表格]：\n\n{table}\n\n[{col}一列的和是多少？|求{col}的总和。|把{col}加起来是多少？]",
        "[{col}一共是多少？|求{col}的和。]\n\n{table}",
      ],
      heldout: [
        "{table}\n\n请告诉我{col}的总和。",
        "请看表格：\n\n{table}\n\n{col}一列加起来一共是多少？",
      ],
    },
  },
  make: (context) => {
    const table = makeTable(context);
    const column = context.random.pick(table.numeric);
    const values = table.columns[column]!.map(Number);
    let sum = values[0]!;
    const steps = values.slice(1).map((v) => {
      const step = traceAdd(sum, v);
      sum += v;
      return step;
    });
    return {
      key: `${table.text},${column}`,
      slots: { table: table.text, col: column },
      think: `${values.join(",")};${steps.join(";")}`,
      answer: String(sum),
    };
  },
};

const extreme: Task = {
  name: "max",
  weight: 2,
  wordings: {
    en: {
      train: [
        "{table}\n\n[Who has the {adj} {col}?|Which name has the {adj} {col}?|Find the name with the {adj} {col}.|Tell me the name with the {adj} {col}.|Find who has the {adj} {col}.]",
        "[Look at the table|Look at this table|Here is a table|Use this table|Read the table|This is a table|In this table]:\n\n{table}\n\n[Who has the {adj} {col}?|Give me the name with the {adj} {col}.]",
        "[Who has the {adj} {col}?|Whose {col} is the {adj}?]\n\n{table}",
      ],
      heldout: [
        "{table}\n\nTell me who has the {adj} {col}.",
        "Read this table:\n\n{table}\n\nWhose {col} is the {adj} one?",
      ],
    },
    zh: {
      train: [
        "{table}\n\n[谁的{col}最{adj}？|{col}最{adj}的是谁？|找出{col}最{adj}的人。|告诉我{col}最{adj}的是谁。|哪个人的{col}最{adj}？]",
        "[看表格|看这个表格|这是一个表格|根据表格|下面是一个表格|这里有一个表格|读表格]：\n\n{table}\n\n[谁的{col}最{adj}？|请问{col}最{adj}的人是谁？]",
        "[谁的{col}最{adj}？|{col}最{adj}的是哪个人？]\n\n{table}",
      ],
      heldout: [
        "{table}\n\n请告诉我谁的{col}最{adj}。",
        "请看表格：\n\n{table}\n\n表格里哪个人的{col}最{adj}？",
      ],
    },
  },
  make: (context) => {
    const { random, language } = context;
    const table = makeTable(context);
    const column = random.pick(table.numeric);
    const isMax = random.chance(0.6);
    const values = table.columns[column]!.map(Number);
    const best = isMax ? Math.max(...values) : Math.min(...values);
    const name = table.names[values.indexOf(best)]!;
    const word = ADJECTIVES[language][isMax ? 0 : 1];
    return {
      key: `${table.text},${column},${isMax}`,
      slots: { table: table.text, col: column, adj: word! },
      think: `${values.join(",")};${traceBest(values, isMax ? "max" : "min")}:${name}`,
      answer: name,
    };
  },
};

const ADJECTIVES: Record<Language, string[]> = { en: ["largest", "smallest"], zh: ["大", "小"] };

const countRows: Task = {
  name: "count-rows",
  weight: 1,
  wordings: {
    en: {
      train: [
        "{table}\n\n[How many people are in the table?|How many names are there?|Count the people.]",
        "[Look at the table|Look at this table|Here is a table|Use this table|Read the table|This is a table|In this table]:\n\n{table}\n\n[How many people are there?|Count the names in it.]",
      ],
      heldout: ["{table}\n\nTell me how many people are in this table."],
    },
    zh: {
      train: [
        "{table}\n\n[表格里有几个人？|一共有多少个人？|数一数有几个人。]",
        "[看表格|看这个表格|这是一个表格|根据表格|下面是一个表格|这里有一个表格|读表格]：\n\n{table}\n\n[有几个人？|一共有几个人？]",
      ],
      heldout: ["{table}\n\n请告诉我表格里一共有多少个人。"],
    },
  },
  make: (context) => {
    const table = makeTable(context);
    return {
      key: table.text,
      slots: { table: table.text },
      think: table.names.map((name, i) => `${name}${i + 1}`).join(" "),
      answer: String(table.names.length),
    };
  },
};

export const tables: Skill = { name: "tables", tasks: [lookup, total, extreme, countRows] };
