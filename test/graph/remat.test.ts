import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  abs,
  add,
  dim,
  grad,
  input,
  matmul,
  mul,
  parameter,
  remat,
  silu,
  sin,
  square,
  sum,
  type Tensor,
  tanh,
  toValues,
} from "../../src/graph/index.ts";
import { createSession } from "../../src/runtime/index.ts";
import { checkGradients, evaluate, expectClose, randomArray, seeds, trace } from "./support.ts";

type Block = (x: Tensor) => Tensor;
const plain = (f: Block): Block => f;

describe("remat", () => {
  it("gives the gradients of the function itself, bit for bit, closures included", async () => {
    const n = dim("n");
    const x = input("x", "f32", [n, 8]);
    const weights = [0, 1, 2].map((i) => parameter(`w${i}`, "f32", [8, 8]));
    const outer = tanh(x);
    const losses = [plain, remat].map((wrap) => {
      let h = x;
      for (const w of weights) {
        h = wrap((t: Tensor) => add(mul(tanh(matmul(silu(t), w)), t), outer))(h);
      }
      return sum(square(h));
    });
    const feeds = { x: randomArray("f32", [5, 8], 9) };
    const parameters = Object.fromEntries(
      weights.map((_, i) => [`w${i}`, randomArray("f32", [8, 8], i)]),
    );
    for (const fuse of [true, false]) {
      const [expected, actual] = await Promise.all(
        losses.map((loss) => {
          const grads = grad(loss, [x, outer, ...weights]);
          const named = Object.fromEntries(grads.map((g, i) => [`g${i}`, g]));
          return evaluate({ loss, ...named }, feeds, { parameters, fuse });
        }),
      );
      for (const name of Object.keys(expected)) {
        expectClose(actual[name], expected[name], { rtol: 0, atol: 0 }, name);
      }
    }
  });

  it("takes and returns several tensors, and needs no argument", async () => {
    const build = ([x, y]: Tensor[]) => {
      const [a, b] = remat((p: Tensor, q: Tensor) => [mul(p, sin(q)), tanh(p)])(x, y);
      const c = remat(() => mul(sin(x), y))();
      return add(mul(a, b), c);
    };
    await fc.assert(
      fc.asyncProperty(seeds, (seed) =>
        checkGradients(build, [randomArray("f64", [3], seed), randomArray("f64", [3], seed + 1)]),
      ),
      { numRuns: 5 },
    );
  });

  it("differentiates twice, nested too", async () => {
    const slope = ([x]: Tensor[]) => {
      const f = remat((t: Tensor) => mul(remat((u: Tensor) => sin(mul(u, u)))(t), t));
      return grad(sum(f(x)), [x])[0];
    };
    await checkGradients(slope, [randomArray("f64", [4], 3)], { rtol: 1e-4 });
  });

  it("computes the interior again, later, and keeps less memory", async () => {
    const blocks = 16;
    const megabyte = 2 ** 20;
    const build = (wrap: (f: Block) => Block) => {
      const x = input("x", "f32", [1024, 1024]);
      let h = x;
      for (let i = 0; i < blocks; i++) {
        h = wrap((t) => add(t, mul(tanh(mul(sin(t), i + 1)), 0.1)))(h);
      }
      const loss = sum(square(h));
      return trace({ size: sum(abs(grad(loss, [x])[0])) });
    };
    const folder = mkdtempSync(join(tmpdir(), "onefold-remat-"));
    const x = randomArray("f32", [1024, 1024], 1);
    try {
      const results = [];
      for (const wrap of [remat, plain]) {
        const profile = join(folder, "profile");
        using session = await createSession(build(wrap as typeof plain), {
          threads: 1,
          profile,
        });
        const before = process.memoryUsage.rss();
        let peak = before;
        const sampler = setInterval(() => {
          peak = Math.max(peak, process.memoryUsage.rss());
        }, 1);
        const { size } = await session.run({ x });
        clearInterval(sampler);
        const grown = peak - before;
        const events = JSON.parse(readFileSync(session.endProfiling(), "utf8")) as {
          cat: string;
          args?: { op_name?: string };
        }[];
        const ran = events.flatMap((e) => (e.cat === "Node" && e.args?.op_name) || []);
        results.push({ ran, grown, size: toValues(size)[0] });
      }
      const [again, kept] = results;
      expect(again.size).toBe(kept.size);
      // Forward: tanh of every block. Backward: cos (of sin's gradient) and, if not kept, tanh.
      const tanhs = (ran: string[]) => ran.filter((op) => op === "Tanh").length;
      expect(tanhs(kept.ran)).toBe(blocks);
      expect(tanhs(again.ran)).toBe(2 * blocks);
      const backward = again.ran.indexOf("Cos");
      expect(tanhs(again.ran.slice(0, backward))).toBe(blocks);
      // 4 MB a block are kept either way (its input); without it tanh and cos are kept too.
      expect(kept.grown - again.grown).toBeGreaterThan(0.8 * blocks * 4 * megabyte);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses a function that returns nothing", () => {
    const x = input("x", "f32", [2]);
    expect(() => remat(() => [])()).toThrow("remat: the function returns nothing");
    let leaked = x;
    remat((t: Tensor) => {
      leaked = sin(t);
      return t;
    })(x);
    expect(() => trace({ leaked })).toThrow("return it from the body instead");
  });
});
