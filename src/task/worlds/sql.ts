/** Questions to small databases, and the SQL that answers them. */

import type { Schema } from "../../media/types.ts";
import type { Random } from "../../nn/random.ts";
import { drawInSplit, fill, integer, pick, pickSome, type Split } from "./world.ts";

export interface SqlSample {
  readonly question: string;
  readonly schema: Schema;
  /** In lower case, as Spider's normalised queries. */
  readonly sql: string;
}

/** Tables with what a row is called in the plural, columns of names, and columns of numbers. */
const TABLES = [
  { name: "singer", plural: "singers", words: ["name", "country"], numbers: ["age", "height"] },
  { name: "student", plural: "students", words: ["name", "city"], numbers: ["age", "grade"] },
  { name: "city", plural: "cities", words: ["name", "country"], numbers: ["population", "area"] },
  { name: "car", plural: "cars", words: ["brand", "colour"], numbers: ["price", "year"] },
  { name: "book", plural: "books", words: ["title", "author"], numbers: ["pages", "year"] },
  { name: "dog", plural: "dogs", words: ["name", "breed"], numbers: ["age", "weight"] },
  { name: "hotel", plural: "hotels", words: ["name", "city"], numbers: ["rooms", "price"] },
  { name: "film", plural: "films", words: ["title", "director"], numbers: ["length", "year"] },
] as const;

/** A question, how it may be put, and its query; the last wording is held out. */
const PATTERNS = [
  {
    questions: [
      "how many {plural} are there?",
      "count the {plural}.",
      "what is the number of {plural}?",
    ],
    sql: "select count(*) from {table}",
  },
  {
    questions: [
      "list the {word} of all {plural}.",
      "show the {word} of every {table}.",
      "what are the {word}s of the {plural}?",
    ],
    sql: "select {word} from {table}",
  },
  {
    questions: [
      "what is the average {number} of the {plural}?",
      "give the average {number} of all {plural}.",
      "on average, what {number} do the {plural} have?",
    ],
    sql: "select avg({number}) from {table}",
  },
  {
    questions: [
      "what is the largest {number} of the {plural}?",
      "find the maximum {number} of all {plural}.",
      "which {number} is the largest of the {plural}?",
    ],
    sql: "select max({number}) from {table}",
  },
  {
    questions: [
      "list the {word} of the {plural} with {number} above {value}.",
      "which {word} do the {plural} with {number} over {value} have?",
      "show the {word} of {plural} whose {number} is more than {value}.",
    ],
    sql: "select {word} from {table} where {number} > {value}",
  },
  {
    questions: [
      "how many {plural} have {number} below {value}?",
      "count the {plural} with {number} under {value}.",
      "what is the number of {plural} whose {number} is less than {value}?",
    ],
    sql: "select count(*) from {table} where {number} < {value}",
  },
  {
    questions: [
      "list the {word} of all {plural} by {number}.",
      "show the {word} of all {plural} ordered by {number}.",
      "sort the {plural} by {number} and give the {word}.",
    ],
    sql: "select {word} from {table} order by {number}",
  },
  {
    questions: [
      "how many {plural} are there for each {word}?",
      "count the {plural} of each {word}.",
      "for every {word}, what is the number of {plural}?",
    ],
    sql: "select {word}, count(*) from {table} group by {word}",
  },
] as const;

/** A question to a schema of one to three tables. Queries are held out by their hash. */
export function askDatabases(random: Random, split: Split): SqlSample {
  const { table, others, pattern, slots } = drawInSplit(
    "sql",
    split,
    () => drawQuery(random),
    (query) => fill(query.pattern.sql, query.slots),
  );
  const tables = pickSome(random, [table, ...others], others.length + 1).map((each) => ({
    name: each.name,
    columns: ["id", ...each.words, ...each.numbers],
  }));
  const wordings = split === "train" ? pattern.questions.slice(0, 2) : pattern.questions;
  return {
    question: fill(pick(random, wordings), slots),
    schema: { name: `${table.name}_db`, tables },
    sql: fill(pattern.sql, slots),
  };
}

function drawQuery(random: Random) {
  const [table, ...others] = pickSome(random, TABLES, integer(random, 1, 3));
  const slots = {
    table: table.name,
    plural: table.plural,
    word: pick(random, table.words),
    number: pick(random, table.numbers),
    value: `${integer(random, 1, 9) * 10}`,
  };
  return { table, others, pattern: pick(random, PATTERNS), slots };
}
