/** The options that choose a quantisation, shared by the commands that load models. */

import { type Command, Option } from "commander";
import type { Quantization } from "../models/index.ts";
import { UsageError } from "./errors.ts";
import { collect, integer } from "./options.ts";

export interface QuantFlags {
  readonly quant?: "int4" | "int8";
  readonly block?: number;
  readonly asymmetric?: boolean;
  readonly embedding?: "int4" | "int8" | "f32";
  readonly keep?: string[];
}

const kinds = ["int4", "int8"];

/** Adds `--quant` and its settings to a command. */
export const addQuantOptions = (command: Command): Command =>
  command
    .addOption(new Option("--quant <kind>", "quantise the weights").choices(kinds))
    .option(
      "--block <inputs>",
      "inputs that share a scale: 16, 32, 64, 128, 256 (default: 32; int8: whole outputs)",
      integer({ min: 16, max: 256 }),
    )
    .option("--asymmetric", "give blocks zero points")
    .addOption(
      new Option("--embedding <kind>", "bits of the embedding and the head").choices([
        ...kinds,
        "f32",
      ]),
    )
    .option("--keep <pattern>", "keep weights of this name, * for any part (repeatable)", collect);

/** What the options ask for; undefined where they ask for nothing. */
export function quantization(flags: QuantFlags): Quantization | undefined {
  const { quant, block, asymmetric = false, embedding, keep } = flags;
  if (quant) return { kind: quant, block, symmetric: !asymmetric, embedding, keep };
  const stray = Object.entries({
    block,
    asymmetric: asymmetric || undefined,
    embedding,
    keep,
  }).find(([, value]) => value !== undefined);
  if (stray) throw new UsageError(`--${stray[0]} says how to quantise; give --quant int4 or int8`);
  return undefined;
}
