/** Structures as text, as OFASys' presets `table` and `database` write them. */

import { describe, expect, test } from "vitest";
import {
  linearise,
  lineariseSchema,
  lineariseTable,
  lineariseTriples,
  normaliseQuery,
  parseSudoku,
  writeSudoku,
} from "../../../src/media/structure/index.ts";
import type { Schema, Table, Triple } from "../../../src/media/types.ts";

const schema: Schema = {
  name: "Concert_singer",
  tables: [
    { name: "Stadium", columns: ["Stadium_ID", "Location"] },
    { name: "singer", columns: ["Name"] },
  ],
};
const puzzle = [
  [1, 0, 3, 4],
  [0, 4, 0, 2],
  [2, 0, 4, 0],
  [4, 3, 0, 1],
];
const written = "1 : 0 : 3 : 4 | 0 : 4 : 0 : 2 | 2 : 0 : 4 : 0 | 4 : 3 : 0 : 1";

describe("tables", () => {
  const table: Table = {
    columns: ["City", "Size"],
    rows: [
      ["Rome", 2.8],
      ["A : b | c", " two\nlines "],
    ],
  };

  test("head, rows and cells", () => {
    const before = structuredClone(table);
    expect(linearise(table)).toBe(
      "[table head] city : size [table content] rome : 2.8 | a:b|c : two lines",
    );
    expect(lineariseTable(table, { name: "Big Cities", lowercase: false })).toBe(
      "[table name] Big Cities [table head] City : Size [table content] Rome : 2.8 | A:b|c : two lines",
    );
    expect(table).toEqual(before); // OFASys rewrites its caller's rows
  });

  test("no rows", () => {
    expect(linearise({ columns: ["a"], rows: [] })).toBe("[table head] a [table content]");
  });

  test("cells as OFASys cleans them", () => {
    const rows = [['the "big" (old) one', "5,457,831", "capital_of"]];
    const triples = rows as unknown as Triple[]; // three cells a row
    expect(lineariseTriples(triples, { clean: true })).toBe(
      "the big old one : 5 457 831 : capital of",
    );
    expect(lineariseTriples(triples)).toBe('the "big" (old) one : 5,457,831 : capital_of');
  });

  test.each<[Table, string]>([
    [{ columns: ["a", "b"], rows: [["1", "2"], ["3"]] }, "table: row 2 has 1 cells, expected 2"],
    [{ columns: ["a"], rows: [["1", "2"]] }, "table: row 1 has 2 cells, expected 1"],
    [
      { columns: ["a", "b"], rows: [["1", Number.NaN]] },
      "table: row 1, column 2: expected text or a finite number",
    ],
    [{ columns: [], rows: [] }, "no columns"],
  ])("tells where %j is wrong", (bad, message) => {
    expect(() => linearise(bad)).toThrow(message);
  });
});

test("triples, text and schemas", () => {
  expect(
    linearise([
      ["Rome", "capital_of", "Italy"],
      ["Italy", "in", "Europe"],
    ]),
  ).toBe("rome : capital_of : italy | italy : in : europe");
  expect(linearise("As It Is")).toBe("As It Is");
  expect(linearise(schema)).toBe(
    "| Concert_singer | stadium : stadium_id , location | singer : name",
  );
  const valuesOf = (table: string, column: string) =>
    table === "singer" && column === "Name" ? ["Joe", "Tim"] : [];
  expect(lineariseSchema(schema, { valuesOf })).toBe(
    "| Concert_singer | stadium : stadium_id , location | singer : name ( Joe , Tim )",
  );
  const short = [["a", "b"]] as unknown as Triple[]; // what a data file may hold
  expect(() => lineariseTriples(short)).toThrow("triples: row 1 has 2 cells, expected 3");
});

describe("sudoku", () => {
  test("there and back", () => {
    expect(writeSudoku(puzzle)).toBe(written);
    expect(linearise(puzzle)).toBe(written);
    expect(parseSudoku(written)).toEqual(puzzle);
    expect(parseSudoku("1:0:3:4|0:4:0:2|2:0:4:0|4:3:0:1 ")).toEqual(puzzle);
    expect(parseSudoku("103404.2204043.1".padEnd(16))).toEqual(puzzle.map((row) => [...row]));
  });

  test.each([
    ["1 : 2 | 3 : 4", "it has 2 rows; expected a square number"],
    [written.replace(" : 4 |", " |"), "row 1 has 3 cells; expected 4"],
    [written.replace("3", "x"), 'row 1, column 3: expected a number, found "x"'],
    [written.replace("3", "7"), "row 1, column 3: expected a whole number from 0 to 4, found 7"],
    ["12345", "5 digits make no grid"],
    ["", "row 1, column 1: expected a number"],
  ])("refuses %j", (text, message) => {
    expect(() => parseSudoku(text)).toThrow(message);
  });
});

test.each([
  ["SELECT  a , b FROM T WHERE c = 'X  , y'", "select a, b from t where c = 'X  , y'"],
  ['SELECT count(*) FROM t WHERE n = "English"', 'select count(*) from t where n = "English"'],
  ["it's", "it's"],
  ["", ""],
])("query %j", (given, expected) => {
  expect(normaliseQuery(given)).toBe(expected);
});
