/** Measured rates beside each other: ours over the better of what a target names. */

import { type Row, type Times, timesOf } from "../support.ts";
import type { Memory } from "./types.ts";

/** What was measured of one engine. */
export interface Measured {
  readonly name: string;
  /** Milliseconds of whole prompts, by length. */
  readonly prompt: Map<number, number[]>;
  /** Milliseconds of single steps, by the length they come after. */
  readonly decode: Map<number, number[]>;
  memory?: Memory;
}

type Kind = "prompt" | "decode";

/** Tokens a second; undefined where nothing was measured. */
function rateOf(
  of: Measured,
  kind: Kind,
  length: number,
  which: keyof Times = "median",
): number | undefined {
  const samples = of[kind].get(length);
  if (!samples?.length) return undefined;
  return ((kind === "prompt" ? length : 1) * 1000) / timesOf(samples)[which];
}

interface Target {
  readonly kind: Kind;
  readonly length: number;
  readonly ours: string;
  /** Peers whose best counts; a name stands for all that begin with it. */
  readonly peers: readonly string[];
  readonly min: number;
}

const [q8, q4, q4k] = ["llama-q8_0", "llama-q4_0", "llama-q4_k"];

/** Prompts of 512 and 4,096, decoding behind 128 and 4,096 tokens. */
const targets: readonly Target[] = [
  ...each("prompt", 512, [
    ["onefold-int8", [q8, q4], 2.2],
    ["onefold-mixed", [q8, q4], 2.2],
    ["onefold-int4", [q4, q4k], 1.1],
    ["onefold-int8", ["transformers-q8"], 1.5],
    ["onefold-int4", ["transformers-q4"], 1.5],
  ]),
  ...each("prompt", 4096, [
    ["onefold-int8", [q8, q4], 1.6],
    ["onefold-mixed", [q8, q4], 1.6],
    ["onefold-int4", [q4, q4k], 1.1],
    ["onefold-int8", ["transformers-q8"], 1.5],
    ["onefold-int4", ["transformers-q4"], 1.5],
  ]),
  ...each("decode", 128, [
    ["onefold-int8", [q8], 1.3],
    ["onefold-int8", [q4], 1],
    ["onefold-int4", [q4], 1.4],
    ["onefold-mixed", [q4], 1.4],
    ["onefold-int4", [q4k], 1],
    ["onefold-mixed", [q4k], 1],
    ["onefold-int8", ["transformers-q8"], 1.5],
    ["onefold-int4", ["transformers-q4"], 1.5],
  ]),
  ...each("decode", 4096, [
    ...["int8", "int4", "mixed"]
      .flatMap((type) => [`onefold-${type}`, `onefold-kv8-${type}`])
      .map((ours) => [ours, [q8, q4, q4k], 1] as const),
    ["onefold-int8", ["transformers-q8"], 1.5],
    ["onefold-int4", ["transformers-q4"], 1.5],
  ]),
];

function each(
  kind: Kind,
  length: number,
  list: readonly (readonly [ours: string, peers: readonly string[], min: number])[],
): Target[] {
  return list.map(([ours, peers, min]) => ({ kind, length, ours, peers, min }));
}

/** A row for each target of which both sides were measured. */
export function compareWithTargets(all: readonly Measured[]): Row[] {
  return targets.flatMap(({ kind, length, ours, peers, min }) => {
    const rated = (name: string): { of: Measured; rate: number }[] =>
      all
        .filter((of) => of.name === name || of.name === `${name}-fa`)
        .flatMap((of) => {
          const rate = rateOf(of, kind, length);
          return rate === undefined ? [] : [{ of, rate }];
        });
    const [mine] = rated(ours);
    const [best] = peers.flatMap(rated).sort((a, b) => b.rate - a.rate);
    if (!mine || !best) return [];
    const text = ({ of, rate }: typeof mine): string =>
      `${rate.toFixed(1)} (best ${rateOf(of, kind, length, "best")?.toFixed(1)})`;
    return [
      {
        name: `${kind} ${length}, ${ours.replace("onefold-", "")} : ${peers.join(", ")}`,
        measured: `${text(mine)} tokens/s`,
        reference: `${text(best)} ${best.of.name}`,
        ratio: mine.rate / best.rate,
        target: { min },
      },
    ];
  });
}

/** Every engine's rates and memory. */
export function printRates(all: readonly Measured[], lengths: readonly number[]): void {
  const columns = (["prompt", "decode"] as const).flatMap((kind) =>
    lengths
      .filter((length) => all.some((of) => of[kind].has(length)))
      .map((length) => ({ kind, length })),
  );
  const megabytes = (bytes?: number): string =>
    bytes === undefined ? "" : (bytes / 1e6).toFixed(0);
  const lines = [
    ["tokens/s", ...columns.map(({ kind, length }) => `${kind} ${length}`), "MB", "mapped", "peak"],
    ...all.map((of) => [
      of.name,
      ...columns.map(({ kind, length }) => rateOf(of, kind, length)?.toFixed(1) ?? ""),
      megabytes(of.memory?.resident),
      megabytes(of.memory?.mapped),
      megabytes(of.memory?.peak),
    ]),
  ];
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  for (const [name = "", ...cells] of lines) {
    const padded = cells.map((cell, i) => cell.padStart(widths[i + 1]!));
    console.log([name.padEnd(widths[0]!), ...padded].join("  ").trimEnd());
  }
}
