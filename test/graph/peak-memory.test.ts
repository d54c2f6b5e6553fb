import { expect, it } from "vitest";
import {
  add,
  dim,
  exp,
  grad,
  input,
  matmul,
  parameter,
  remat,
  reshape,
  sum,
  type Tensor,
  tanh,
} from "../../src/graph/index.ts";
import { peakBytes } from "../../src/graph/onnx/peak-memory.ts";

const sizes = new Map([["batch", 100]]);
/** x f32 [batch, 10]: 4,000 bytes where the batch is 100. */
const x = input("x", "f32", [dim("batch"), 10]);
const peak = (y: Tensor): number => peakBytes({ inputs: [x], outputs: { y } }, sizes);

it("counts what lives at one time, not what is computed in all", () => {
  const w = parameter("w", "f32", [10, 10]);
  // Of a chain of products, one is read while the next is written.
  let chain = matmul(x, w);
  expect(peak(chain)).toBe(4000);
  for (let i = 0; i < 5; i++) chain = matmul(chain, w);
  expect(peak(chain)).toBe(8000);
  // An elementwise op writes over what nothing else reads, a reshape takes no memory.
  expect(peak(exp(reshape(exp(matmul(x, w)), [-1])))).toBe(4000);
  const shared = matmul(x, w);
  expect(peak(add(exp(shared), shared))).toBe(8000);
});

it("grows with the symbols of the inputs", () => {
  const square = (batch: number): number =>
    peakBytes(
      { inputs: [x], outputs: { y: sum(matmul(x, x, { transposeB: true })) } },
      new Map([["batch", batch]]),
    );
  expect(square(100)).toBe(4 * 100 * 100 + 4);
  expect(square(1000)).toBe(4 * 1000 * 1000 + 4);
});

it("counts what a gradient keeps, and less of it with rematerialisation", () => {
  const weights = Array.from({ length: 18 }, (_, i) => parameter(`w${i}`, "f32", [10, 10]));
  const gradient = (wrap: (f: (h: Tensor) => Tensor) => (h: Tensor) => Tensor): number => {
    let h: Tensor = x;
    for (let i = 0; i < 18; i += 3) {
      const block = weights.slice(i, i + 3);
      h = wrap((start) => block.reduce((y, w) => tanh(matmul(y, w)), start))(h);
    }
    const outputs = grad(sum(h), weights).map((g, i) => [`g${i}`, g] as const);
    return peakBytes({ inputs: [x], outputs: Object.fromEntries(outputs) }, sizes);
  };
  // The results of 18 products, and two or three values on the way back.
  const kept = gradient((f) => f);
  expect(kept).toBeGreaterThanOrEqual(18 * 4000);
  expect(kept).toBeLessThan(22 * 4000);
  // Those of 6 blocks, and what one block computes again.
  const again = gradient((f) => remat(f));
  expect(again).toBeGreaterThanOrEqual(6 * 4000);
  expect(again).toBeLessThan(13 * 4000);
});
