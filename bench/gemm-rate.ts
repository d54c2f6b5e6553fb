/** The machine's f32 matrix-product rate: square products and a model's own shapes. */

import { type NDArray, zeros } from "../src/graph/ndarray.ts";
import { lower } from "../src/graph/onnx/lowering.ts";
import { input, parameter } from "../src/graph/ops/leaf.ts";
import { matmul } from "../src/graph/ops/matmul.ts";
import type { DecoderConfig } from "../src/models/decoder.ts";
import { createSession, type SessionOptions } from "../src/runtime/index.ts";

export interface Product {
  readonly label: string;
  readonly flops: number;
  readonly run: () => Promise<void>;
}

/** y = x Wᵀ, W [outputs, inputs] as checkpoints store it. */
interface Sizes {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

async function product(sizes: Sizes, options: SessionOptions): Promise<() => Promise<void>> {
  const { rows, inputs, outputs } = sizes;
  const x = input("x", "f32", [rows, inputs]);
  const w = parameter("w", "f32", [outputs, inputs]);
  const program = lower({ inputs: [x], outputs: { y: matmul(x, w, { transposeB: true }) } });
  const weight = noise([outputs, inputs]);
  const session = await createSession(program, { ...options, weights: () => weight });
  const bound = session.bind({
    inputs: { x: noise([rows, inputs]) },
    outputs: { y: zeros("f32", [rows, outputs]) },
  });
  return () => bound.run();
}

function noise(shape: readonly number[]): NDArray {
  const array = zeros("f32", shape);
  const data = array.data as Float32Array;
  for (let i = 0; i < data.length; i++) data[i] = ((i * 2654435761) % 1000) / 1000 - 0.5;
  return array;
}

/** 2048 cubed with the kernel's own copy of the weights and without. */
export async function squareProducts(engine: SessionOptions): Promise<Product[]> {
  const side = 2048;
  const sizes = { rows: side, inputs: side, outputs: side };
  const flops = 2 * side ** 3;
  return [
    { label: "2048^3, prepacked", flops, run: await product(sizes, engine) },
    { label: "2048^3", flops, run: await product(sizes, { ...engine, prepack: false }) },
  ];
}

/** One layer's products, with weights of its own for each. */
export async function layerProducts(
  c: DecoderConfig,
  rows: number,
  engine: SessionOptions,
  prepack: boolean,
): Promise<Product> {
  const shapes = layerShapes(c);
  const runs = await Promise.all(
    shapes.map(([outputs, inputs]) => product({ rows, inputs, outputs }, { ...engine, prepack })),
  );
  return {
    label: `one layer's products${prepack ? ", prepacked" : ""}`,
    flops: shapes.reduce((sum, [outputs, inputs]) => sum + 2 * rows * outputs * inputs, 0),
    run: async () => {
      for (const run of runs) await run();
    },
  };
}

/** [outputs, inputs] of each product of a layer. */
const layerShapes = (c: DecoderConfig): readonly (readonly [number, number])[] => [
  [c.heads * c.headDim, c.hiddenSize],
  [c.kvHeads * c.headDim, c.hiddenSize],
  [c.kvHeads * c.headDim, c.hiddenSize],
  [c.hiddenSize, c.heads * c.headDim],
  [c.intermediateSize, c.hiddenSize],
  [c.intermediateSize, c.hiddenSize],
  [c.hiddenSize, c.intermediateSize],
];

/**
 * Arithmetic of a prompt: two operations for each weight of a product and token, the head for the
 * last token only, and attention without its masked half (scores and their product with values).
 */
export function promptFlops(c: DecoderConfig, tokens: number): number {
  const layer = layerShapes(c).reduce((sum, [outputs, inputs]) => sum + outputs * inputs, 0);
  const pairs = (tokens * (tokens + 1)) / 2;
  const attention = 4 * c.heads * c.headDim * pairs;
  return c.layers * (2 * tokens * layer + attention) + 2 * c.vocabSize * c.hiddenSize;
}
