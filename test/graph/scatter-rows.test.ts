import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import { dim, fromValues, input, toValues } from "../../src/graph/index.ts";
import { compile, expectClose, randomArray } from "./support.ts";

/** The update of an embedding table with many equal tokens, on several threads. */
async function embeddingUpdate(rows: number, vocabulary: number, width: number) {
  const [count, indices] = [dim("count"), randomArray("i64", [rows], 3, 0, vocabulary)];
  const updates = randomArray("f32", [rows, width], 4);
  const i = input("i", "i64", [count]);
  const u = input("u", "f32", [count, width]);
  const y = g.scatterAddRows(g.full([vocabulary, width], 0), i, u);
  using session = await compile({ y }, { threads: 2 });
  const runs = [];
  for (let run = 0; run < 6; run++) runs.push((await session.run({ i: indices, u: updates })).y);
  const expected = new Float64Array(vocabulary * width);
  const [at, values] = [toValues(indices), toValues(updates)];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < width; c++) expected[at[r] * width + c] += values[r * width + c];
  }
  return { runs, expected: fromValues("f32", [vocabulary, width], expected) };
}

describe("scatterAddRows", () => {
  it.each([
    ["few rows, hundreds of repeats", 8192, 50],
    ["one row", 1024, 1],
    ["rows that rarely repeat", 2048, 4096],
  ])("is right, and the same to the bit in every run: %s", async (_, rows, vocabulary) => {
    const { runs, expected } = await embeddingUpdate(rows, vocabulary, 64);
    expectClose(runs[0], expected, { rtol: 1e-4, atol: 1e-4 });
    const bits = (a: g.NDArray) => Buffer.from(a.data.buffer, a.data.byteOffset, a.data.byteLength);
    for (const run of runs) expect(bits(run).equals(bits(runs[0]))).toBe(true);
  });

  it("adds to what is there, at negative and repeated indices", async () => {
    const x = input("x", "f32", [3, 2]);
    const i = input("i", "i64", [dim("n")]);
    const u = input("u", "f32", [dim("n"), 2]);
    using session = await compile({ y: g.scatterAddRows(x, i, u) });
    const table = fromValues("f32", [3, 2], [10, 20, 30, 40, 50, 60]);
    const { y } = session.runSync({
      x: table,
      i: fromValues("i64", [4], [-1, 0, 2, -3]),
      u: fromValues("f32", [4, 2], [1, 1, 2, 2, 3, 3, 4, 4]),
    });
    expect(toValues(y)).toEqual([16, 26, 30, 40, 54, 64]);
    const none = { x: table, i: fromValues("i64", [0], []), u: fromValues("f32", [0, 2], []) };
    expect(toValues(session.runSync(none).y)).toEqual(toValues(table));
  });

  it("refuses rows that are not there", async () => {
    const i = input("i", "i64", [1]);
    const u = input("u", "f32", [1, 2]);
    using session = await compile({ y: g.scatterAddRows(g.full([3, 2], 0), i, u) });
    const feeds = { i: fromValues("i64", [1], [3]), u: fromValues("f32", [1, 2], [1, 1]) };
    expect(() => session.runSync(feeds)).toThrow("scatterAddRows");
  });
});
