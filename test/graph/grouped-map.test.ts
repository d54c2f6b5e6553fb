/** Functions over groups of rows: values, gradients, and groups without rows. */

import fc from "fast-check";
import { expect, it } from "vitest";
import {
  constant,
  dim,
  fromValues,
  grad,
  input,
  lower,
  matmul,
  routedMoe,
  sum,
  tanh,
  toValues,
} from "../../src/graph/index.ts";
import { groupedMap } from "../../src/graph/ops/grouped-map.ts";
import { parameter } from "../../src/graph/ops/leaf.ts";
import { createSession } from "../../src/runtime/index.ts";
import { checkFused, checkGradients, randomArray } from "./support.ts";

const GROUPS = 4;

/** Row r of group e times a matrix of group e, by the definition. */
it("sends each row through its group's function, for any counts", {
  timeout: 120_000,
}, async () => {
  const x = input("x", "f32", [dim("n"), 3]);
  const counts = input("counts", "i64", [GROUPS]);
  const names = Array.from({ length: GROUPS }, (_, e) => `w${e}`);
  const matrices = names.map((name) => parameter(name, "f32", [3, 3]));
  const y = groupedMap(x, counts, (rows, e) => matmul(rows, matrices[e]!));
  const values = new Map(names.map((name, e) => [name, randomArray("f32", [3, 3], e + 1, -1, 1)]));
  using session = await createSession(lower({ inputs: [x, counts], outputs: { y } }), {
    weights: ({ name }) => values.get(name)!,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { minLength: GROUPS, maxLength: GROUPS }),
      async (sizes) => {
        const n = sizes.reduce((a, b) => a + b);
        const given = randomArray("f32", [n, 3], 9, -1, 1);
        const found = await session.run({ x: given, counts: fromValues("i64", [GROUPS], sizes) });
        const expected = sizes
          .flatMap((size, e) => new Array<number>(size).fill(e))
          .flatMap((e, r) =>
            [0, 1, 2].map((column) =>
              [0, 1, 2].reduce((total, k) => {
                const w = Number(values.get(names[e]!)!.data[k * 3 + column]);
                return total + Number(given.data[r * 3 + k]) * w;
              }, 0),
            ),
          );
        const result = toValues(found.y!) as number[];
        expect(result.length).toBe(expected.length);
        expected.forEach((value, i) => {
          expect(result[i]).toBeCloseTo(value, 5);
        });
      },
    ),
    { numRuns: 60 },
  );
});

const weights = (seed: number) =>
  Array.from({ length: GROUPS }, (_, e) => randomArray("f64", [3, 3], seed + e, -1, 1));

it("routes rows to experts of any kind: fused as decomposed, with gradients", async () => {
  const build = ([x, logits, ...w]: Parameters<typeof routedMoe>[0][]) =>
    routedMoe(x!, logits!, { topK: 2, normalise: true }, (rows, e) => matmul(rows, w[e]!));
  const values = [
    randomArray("f64", [5, 3], 21, -1, 1),
    randomArray("f64", [5, GROUPS], 22, -2, 2),
    ...weights(30),
  ];
  await checkFused(build, values, {});
  await checkGradients(build, values);
});

it("has gradients by its rows alone, where nothing else is asked for, in the groups that have any", async () => {
  const counts = constant(fromValues("i64", [GROUPS], [2, 0, 1, 3]));
  const frozen = weights(40).map(constant);
  const build = ([x]: Parameters<typeof routedMoe>[0][]) =>
    groupedMap(x!, counts, (rows, e) => tanh(matmul(rows, frozen[e]!)));
  await checkGradients(build, [randomArray("f64", [6, 3], 23, -1, 1)]);
  // Not through the decomposition, which sends all rows through all groups.
  const x = input("x", "f32", [dim("n"), 3]);
  const [slope] = grad(sum(groupedMap(x, input("c", "i64", [GROUPS]), (rows) => tanh(rows))), [x]);
  expect(slope!.node.op.name).toBe("groupedMap");
});

it("refuses counts that are none", () => {
  const x = input("x", "f32", [dim("n"), 3]);
  const counts = input("counts", "f32", [GROUPS]);
  expect(() => groupedMap(x, counts, (rows) => rows)).toThrow("counts are not i64 [groups]");
});
