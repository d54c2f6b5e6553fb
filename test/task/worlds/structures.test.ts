import { expect, test } from "vitest";
import type { Random } from "../../../src/nn/random.ts";
import {
  askDatabases,
  askTables,
  describeFacts,
  followInstructions,
  type Grid,
  HELD_OUT_INSTRUCTIONS,
  judgeSentences,
  makeSudoku,
  type Split,
  solveSudoku,
  streamWorld,
  summariseNews,
  writeSentences,
} from "../../../src/task/worlds/index.ts";
import { take } from "./take.ts";

function expectSolved(grid: Grid): void {
  const size = grid.length;
  const box = Math.sqrt(size);
  const whole = Array.from({ length: size }, (_, i) => i + 1).join();
  const sorted = (cells: readonly number[]) => [...cells].sort((a, b) => a - b).join();
  for (let i = 0; i < size; i++) {
    expect(sorted(grid[i])).toBe(whole);
    expect(sorted(grid.map((row) => row[i]))).toBe(whole);
    const [top, left] = [Math.floor(i / box) * box, (i % box) * box];
    const rows = grid.slice(top, top + box);
    expect(sorted(rows.flatMap((row) => row.slice(left, left + box)))).toBe(whole);
  }
}

test.each([
  [4, 40],
  [9, 5],
] as const)("sudoku of %i rows has one solution, which fits the puzzle", (size, count) => {
  const world = (random: Random, split: Split) => makeSudoku(random, split, { size });
  for (const { puzzle, solution } of take(streamWorld(world, 1, "train"), count)) {
    expectSolved(solution);
    expect(solveSudoku(puzzle, 2)).toEqual([solution]);
    expect(puzzle.flat().filter((value) => value === 0).length).toBeGreaterThan(size);
    for (const [i, value] of puzzle.flat().entries()) {
      if (value !== 0) expect(value).toBe(solution.flat()[i]);
    }
  }
});

test("the solver finds all solutions, or none", () => {
  const empty = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
  // 288 grids of 4 x 4 exist (OEIS A107739).
  expect(solveSudoku(empty, 1000)).toHaveLength(288);
  expect(solveSudoku([[1, 1, 0, 0], ...empty.slice(1)])).toEqual([]);
  expect(() => solveSudoku([[1]])).toThrow("expected 4 x 4 or 9 x 9 cells");
});

test("queries name only what their schema has", () => {
  for (const { schema, sql } of take(streamWorld(askDatabases, 2, "train"), 300)) {
    const name = /from (\w+)/.exec(sql)?.[1];
    const columns = schema.tables.find((table) => table.name === name)?.columns ?? [];
    const known = ["select", "from", "where", "group", "order", "by", "count", "avg", "max", name];
    const named = sql.match(/[a-z]+/g)?.filter((word) => !known.includes(word)) ?? [];
    for (const column of named) expect(columns, sql).toContain(column);
  }
});

test("answers to tables stand in the row that is asked for", () => {
  for (const { table, question, answer, cell } of take(streamWorld(askTables, 3, "train"), 200)) {
    const row = table.rows.find(([name]) => question.includes(`${name}`)) ?? [];
    expect(row).toContain(cell);
    expect(answer).toContain(cell);
  }
});

test("sentences of facts say every fact", () => {
  for (const { triples, text, references } of take(streamWorld(describeFacts, 4, "train"), 200)) {
    expect(references).toContain(text);
    for (const [person, , value] of triples) {
      for (const reference of references) {
        expect(reference).toContain(person);
        expect(reference).toContain(value);
      }
    }
  }
});

test("instructions are followed; some tasks are new in the held-out split", () => {
  const byTask = (split: Split) => take(streamWorld(followInstructions, 5, split), 600);
  const train = byTask("train");
  for (const { task, src, tgt } of train) {
    const parts = src.split(" ");
    if (task === "reverse") expect(tgt.split(" ").reverse()).toEqual(parts);
    if (task === "largest") expect(parts.every((part) => Number(part) <= Number(tgt))).toBe(true);
    if (task === "count") expect(Number(tgt)).toBe(parts.length);
  }
  expect(train.some(({ task }) => HELD_OUT_INSTRUCTIONS.includes(task))).toBe(false);
  expect(new Set(byTask("heldout").map(({ task }) => task))).toContain("ending");
});

const texts: readonly (readonly [string, (random: Random, split: Split) => string])[] = [
  ["sentences", (random, split) => writeSentences(random, split).text],
  ["sentiment", (random, split) => judgeSentences(random, split).sentence],
  ["news", (random, split) => summariseNews(random, split).summary],
  ["facts", (random, split) => describeFacts(random, split).triples.join()],
  ["tables", (random, split) => askTables(random, split).table.rows.join()],
  ["queries", (random, split) => askDatabases(random, split).sql],
  ["inputs", (random, split) => followInstructions(random, split).src],
  ["sudoku", (random, split) => makeSudoku(random, split).solution.join()],
];

test.each(texts)("held-out %s are none of training's", (_, world) => {
  const seen = new Set(take(streamWorld(world, 6, "train"), 600));
  const heldout = take(streamWorld(world, 6, "heldout"), 150);
  expect(heldout.filter((key) => seen.has(key))).toEqual([]);
  expect(new Set(heldout).size).toBeGreaterThan(5);
});
