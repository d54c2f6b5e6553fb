/**
 * Routed experts in f32, int8 and int4: resident memory of one layer and milliseconds for 1 and 64
 * tokens. One process a kind, so that memory is that kind's alone.
 * Command: npx tsx bench/experts.ts [experts hidden inner topK]
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createBlocks, quantizeBlocks } from "../src/checkpoint/quantize.ts";
import { dim, input, lower, type NDArray, ndarray, zeros } from "../src/graph/index.ts";
import { createParameters, moe as moeLayer, type WeightFormat } from "../src/nn/index.ts";
import { createSession } from "../src/runtime/index.ts";

const kinds = ["f32", "int8", "int4"] as const;
type Kind = (typeof kinds)[number];
const sizes = process.argv.slice(2).map(Number).filter(Number.isFinite);
const [experts = 64, hidden = 1024, inner = 512, topK = 8] = sizes;
const block = 32;

const resident = (): number => {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(kilobytes?.[1]) / 1024;
};

/** Random numbers that need no memory of their own. */
function fill(data: Float32Array): Float32Array {
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state = (state * 48271) % 2147483647;
    data[i] = (state / 2147483647 - 0.5) / 8;
  }
  return data;
}

async function measure(kind: Kind): Promise<void> {
  const x = input("x", "f32", [dim("n"), hidden]);
  const bits = kind === "int8" ? 8 : 4;
  const format: WeightFormat = { kind: "blocks", bits, block, hasZeros: false };
  const names = Array.from({ length: experts }, (_, e) =>
    ["gate", "up", "down"].map((part) => `mlp.experts.${e}.${part}_proj.weight`),
  ).flat();
  const formats = new Map(names.map((name) => [name, format]));
  const { root } = createParameters("f32", kind === "f32" ? undefined : formats);
  const y = moeLayer(root.in("mlp"), x, { experts, topK, inner, normalise: true, sharedInner: 0 });
  let made: ReturnType<typeof createBlocks> | undefined;
  const weights = ({ name, shape }: { name: string; shape: readonly unknown[] }): NDArray => {
    if (!/_(packed|scales)$/.test(name)) {
      const array = zeros("f32", shape as number[]);
      fill(array.data as Float32Array);
      return array;
    }
    const [outputs, inputs] = name.includes("down_proj") ? [hidden, inner] : [inner, hidden];
    if (name.endsWith("_packed")) {
      made = createBlocks(outputs, inputs, { bits, block }, false);
      const rows = fill(new Float32Array(outputs * inputs));
      quantizeBlocks(rows, inputs, made, 0, { bits, block });
      return made.packed;
    }
    return made!.scales;
  };
  const before = resident();
  const program = lower({ inputs: [x], outputs: { y } });
  using session = await createSession(program, {
    weights,
    prepack: process.env.NOPREPACK ? false : undefined,
  });
  globalThis.gc?.();
  const tokens = (n: number) => ({
    x: ndarray("f32", [n, hidden], fill(new Float32Array(n * hidden))),
  });
  const times: string[] = [];
  for (const n of [1, 64]) {
    const values = tokens(n);
    await session.run(values);
    const runs: number[] = [];
    for (let i = 0; i < 9; i++) {
      const start = performance.now();
      await session.run(values);
      runs.push(performance.now() - start);
    }
    times.push(`${n} token${n > 1 ? "s" : ""} ${runs.sort((a, b) => a - b)[4]!.toFixed(2)} ms`);
  }
  const parameters = experts * 3 * inner * hidden;
  const grown = resident() - before;
  console.log(
    `${kind}: ${(parameters / 1e6).toFixed(0)} million parameters, ${grown.toFixed(0)} MiB more ` +
      `resident (${((grown * 2 ** 23) / parameters).toFixed(1)} bits each); ${times.join(", ")}`,
  );
}

const kind = kinds.find((name) => name === process.env.EXPERTS_KIND);
if (kind) await measure(kind);
else {
  for (const name of kinds) {
    spawnSync(
      process.execPath,
      ["--expose-gc", "--import", "tsx", fileURLToPath(import.meta.url), ...sizes.map(String)],
      { stdio: "inherit", env: { ...process.env, EXPERTS_KIND: name } },
    );
  }
}
