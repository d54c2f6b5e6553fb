/** Fused kernels against their decompositions, in f32. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.ts";
import { dim, fromValues } from "../../src/graph/index.ts";
import { checkFused, evaluate, expectClose, randomArray, seeds, shapes, trace } from "./support.ts";

const f32 = (shape: number[], seed: number) => randomArray("f32", shape, seed);

describe("fused kernels equal their decompositions", () => {
  const cases = fc.tuple(shapes(1, 3, 5), seeds);
  const property = (check: (shape: number[], seed: number) => Promise<unknown>) =>
    fc.assert(
      fc.asyncProperty(cases, async ([shape, seed]) => void (await check(shape, seed))),
      { numRuns: 5 },
    );

  it("softmax and logSoftmax", () =>
    property(async (shape, seed) => {
      const axis = seed % shape.length;
      await checkFused(([x]) => g.softmax(x, axis), [f32(shape, seed)]);
      await checkFused(([x]) => g.logSoftmax(x, axis), [f32(shape, seed)]);
    }));

  it("silu, swiglu, gelu and softplus", () =>
    property(async (shape, seed) => {
      const [x, y] = [f32(shape, seed), f32(shape, seed + 1)];
      await checkFused(([t]) => g.silu(t), [x]);
      await checkFused(([t, u]) => g.swiglu(t, u), [x, y]);
      await checkFused(([t]) => g.gelu(t), [x]);
      await checkFused(([t]) => g.gelu(t, "tanh"), [x]);
      await checkFused(([t]) => g.softplus(t), [x]);
    }));

  it("rmsNorm and layerNorm, with the statistics that gradients read", () =>
    property(async (lead, seed) => {
      const [x, w, b] = [[...lead, 8], [8], [8]].map((shape, i) => f32(shape, seed + i));
      const norm = ([t, u]: g.Tensor[]) => {
        const y = g.rmsNorm(t, u);
        const [dx, dw] = g.grad(g.sum(g.mul(y, t)), [t, u]);
        return { y, dx, dw };
      };
      await checkFused(norm, [x, w], { rtol: 1e-4, atol: 1e-4 });
      const layer = ([t, u, v]: g.Tensor[]) => {
        const y = g.layerNorm(t, u, v);
        const [dx, dw, db] = g.grad(g.sum(g.mul(y, t)), [t, u, v]);
        return { y, dx, dw, db };
      };
      await checkFused(layer, [x, w, b], { rtol: 1e-3, atol: 1e-3 });
    }));

  it.each([0, 0.2])("crossEntropy and its gradient, label smoothing %d", async (labelSmoothing) => {
    const labels = fromValues("i64", [4], [3, -100, 0, 6]);
    const loss = ([x, y]: g.Tensor[]) => {
      const rows = g.crossEntropy(x, y, { labelSmoothing });
      const [dx] = g.grad(g.sum(rows), [x]);
      return { rows, dx };
    };
    const shapes = [[dim("rows"), 7], [dim("rows")]];
    const { rows, dx } = await checkFused(loss, [f32([4, 7], 1), labels], { shapes });
    expect(g.toValues(rows)[1]).toBe(0);
    expect(g.toValues(dx).slice(7, 14)).toEqual(new Array(7).fill(0));
  });

  it("gradients of norms beside a residual", () =>
    property(async (shape, seed) => {
      const width = shape.at(-1)!;
      const values = [f32(shape, seed), ...[1, 2].map((i) => f32([width], seed + i))];
      await checkFused(
        ([x, w, b]) => {
          const rms = g.sum(g.square(g.add(x, g.rmsNorm(x, w))));
          const layer = g.sum(g.square(g.add(x, g.layerNorm(x, w, b))));
          const [rx, rw] = g.grad(rms, [x, w]);
          const [lx, lw, lb] = g.grad(layer, [x, w, b]);
          return { rx, rw, lx, lw, lb };
        },
        values,
        { rtol: 1e-3, atol: 1e-3 },
      );
    }));

  it.each([
    ["whole heads", 8, 4, 2],
    ["partial", 8, 2, 2],
    ["shared angles", 8, 4, 1],
    ["partial with shared angles", 16, 4, 1],
  ] as const)("rotary: %s", async (_, width, half, angleBatch) => {
    const heads = 3;
    const x = f32([2, 5, heads, width], 1);
    const angles = f32([angleBatch, 5, half], 2);
    const [batch, seq] = [dim("batch"), dim("seq")];
    const shared = angleBatch === 1 ? 1 : batch;
    const rotate = ([t, a]: g.Tensor[]) => g.rotary(t, g.cos(a), g.sin(a));
    await checkFused(rotate, [x, angles]);
    await checkFused(rotate, [x, angles], {
      shapes: [
        [batch, seq, heads, width],
        [shared, seq, half],
      ],
    });
  });
});

describe("when a decomposition is used", () => {
  const kernels = (outputs: Record<string, g.Tensor>) => {
    const { provenance } = trace(outputs);
    return [...provenance.keys()].map((name) => name.replace(/_\d+$/, ""));
  };

  it("is lowered alone where the program holds part of it already", async () => {
    // A soft cap's gradient comes from the decomposition, so the kernel would be extra work.
    const qkv = [0, 1, 2].map((i) => g.input(`x${i}`, "f32", [1, 3, 2, 8]));
    const forward = g.attention(qkv[0], qkv[1], qkv[2], { softCap: 2 }).output;
    expect(kernels({ forward })).toContain("GroupQueryAttention");
    const [dq] = g.grad(g.sum(g.square(forward)), [qkv[0]]);
    expect(kernels({ forward, dq })).not.toContain("GroupQueryAttention");
    // A program with the forward pass alone keeps the kernel, also after differentiation.
    expect(kernels({ forward })).toContain("GroupQueryAttention");

    const feeds = Object.fromEntries([1, 2, 3].map((s, i) => [`x${i}`, f32([1, 3, 2, 8], s)]));
    const both = await evaluate({ forward, dq }, feeds);
    expectClose(both.forward, (await evaluate({ forward }, feeds)).forward);
  });

  it("attention runs its kernel once, for result and gradient", () => {
    const qkv = [0, 1, 2].map((i) => g.input(`x${i}`, "f32", [1, 3, 2, 8]));
    const forward = g.attention(qkv[0], qkv[1], qkv[2]).output;
    const [dq] = g.grad(g.sum(g.square(forward)), [qkv[0]]);
    const used = kernels({ forward, dq }).filter((name) => /Attention|Softmax/.test(name));
    expect(used).toEqual(["GroupQueryAttention"]);
  });

  it("the kernel stays where the gradient needs only its results", () => {
    const x = g.input("x", "f32", [2, 4]);
    const y = g.softmax(x);
    const [dx] = g.grad(g.sum(g.square(y)), [x]);
    expect(kernels({ y, dx })).toContain("Softmax");
  });

  it("is never used with fuse false", () => {
    const y = g.softmax(g.input("x", "f32", [2, 4]));
    const { provenance } = trace({ y }, false);
    expect([...provenance.keys()].some((name) => name.startsWith("Softmax"))).toBe(false);
  });
});
