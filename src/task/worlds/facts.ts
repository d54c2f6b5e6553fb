/** Small tables and sets of facts, sentences that say them, and questions about them. */

import type { Table, Triple } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { drawInSplit, fill, integer, pick, pickSome, type Split } from "./world.ts";

const PEOPLE = "anna ben clara david emma felix grace henry ida jack kate leo mia noah".split(" ");
const CITIES = "paris london rome berlin madrid oslo vienna lisbon dublin athens".split(" ");
const JOBS = "teacher doctor baker painter pilot farmer singer writer nurse cook".split(" ");
const ANIMALS = "cat dog horse rabbit parrot goat hamster pony".split(" ");
const DISHES = "soup rice pasta bread salad cake fish cheese".split(" ");

/** Relations of a person, what they lead to, and how they are said after the person's name. */
const RELATIONS = [
  { name: "home", values: CITIES, says: ["lives in {value}", "has a home in {value}"] },
  { name: "job", values: JOBS, says: ["works as a {value}", "is a {value}"] },
  { name: "pet", values: ANIMALS, says: ["has a {value}", "keeps a {value}"] },
  { name: "food", values: DISHES, says: ["likes {value}", "loves to eat {value}"] },
] as const;

export interface FactsSample {
  readonly triples: readonly Triple[];
  readonly text: string;
  /** All sentences that are right, `text` among them. */
  readonly references: readonly string[];
}

/** One or two facts about a person and a sentence that says them. Facts are held out by hash. */
export function describeFacts(random: Random, split: Split): FactsSample {
  const triples = drawInSplit(
    "facts",
    split,
    () => drawTriples(random),
    (facts) => facts.join(),
  );
  const says = (choice: number) =>
    triples
      .map(([, relation, value]) => {
        const { says: ways } = RELATIONS.find(({ name }) => name === relation) ?? RELATIONS[0];
        return fill(ways[choice], { value });
      })
      .join(" and ");
  const references = [0, 1].map((choice) => `${triples[0][0]} ${says(choice)} .`);
  return { triples, text: pick(random, references), references };
}

function drawTriples(random: Random): Triple[] {
  const person = pick(random, PEOPLE);
  return pickSome(random, RELATIONS, integer(random, 1, 2)).map(
    ({ name, values }): Triple => [person, name, pick(random, values)],
  );
}

export interface TableQuestion {
  readonly table: Table;
  readonly question: string;
  /** A sentence, as in FeTaQA. */
  readonly answer: string;
  readonly cell: string;
}

const COLUMNS = [
  ["city", CITIES, "where does {name} live?", "{name} lives in {value}."],
  ["job", JOBS, "what is the job of {name}?", "{name} works as a {value}."],
  ["pet", ANIMALS, "which pet does {name} have?", "{name} has a {value}."],
  [
    "age",
    ["20", "25", "31", "38", "42", "57", "63"],
    "how old is {name}?",
    "{name} is {value} years old.",
  ],
] as const;

/** A table of two to four people, a question about one, and a sentence that answers it. */
export function askTables(random: Random, split: Split): TableQuestion {
  const { rows, chosen, row, asked } = drawInSplit(
    "tables",
    split,
    () => drawTable(random),
    (drawn) => drawn.rows.join(),
  );
  const columns = ["name", ...chosen.map(([name]) => name)];
  const [, , question, answer] = chosen[asked];
  const slots = { name: rows[row][0], value: rows[row][asked + 1] };
  return {
    table: { columns, rows },
    question: fill(question, slots),
    answer: fill(answer, slots),
    cell: slots.value,
  };
}

function drawTable(random: Random) {
  const chosen = pickSome(random, COLUMNS, 2);
  const rows = pickSome(random, PEOPLE, integer(random, 2, 4)).map((name) => [
    name,
    ...chosen.map(([, values]) => pick(random, values)),
  ]);
  return { rows, chosen, row: random.below(rows.length), asked: random.below(2) };
}
