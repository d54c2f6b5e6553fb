/** The options that choose a quantisation, shared by the commands that load models. */

import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Quantization, QuantizationOptions } from "../models/index.ts";
import { UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { collect, integer } from "./options.ts";

type Settings = Omit<QuantizationOptions, "kind">;

export interface QuantFlags extends Pick<Settings, "block" | "embedding"> {
  readonly quant?: "int4" | "int8" | "mixed" | "auto";
  readonly asymmetric?: boolean;
  readonly keep?: string[];
  readonly int8?: string[];
  /** A file's name; false for --no-calibrate; true by default. */
  readonly calibrate?: string | boolean;
}

const kinds = ["int4", "int8"];

/** Adds `--quant` and its settings to a command. */
export const addQuantOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--quant <kind>",
        "quantise the weights; mixed: int8 for prompts and batches, int4 for steps; " +
          "auto: by the model's size and the memory that is free",
      ).choices([...kinds, "mixed", "auto"]),
    )
    .option(
      "--block <inputs>",
      "inputs that share a scale: 16, 32, 64, 128, 256 (default: 32; int8: whole outputs)",
      blockSize,
    )
    .option("--asymmetric", "give blocks zero points")
    .addOption(
      new Option("--embedding <kind>", "bits of the embedding and the head").choices([
        ...kinds,
        "f32",
      ]),
    )
    .option("--keep <pattern>", "keep weights of this name, * for any part (repeatable)", collect)
    .option("--int8 <pattern>", "in int4, give weights of this name 8 bits (repeatable)", collect)
    .option("--calibrate <file>", "UTF-8 text that shows which channels matter (default: a page)")
    .option("--no-calibrate", "look at the weights alone");

function blockSize(text: string): number {
  const value = integer({ min: 16, max: 256 })(text);
  if (Number.isInteger(Math.log2(value))) return value;
  throw new InvalidArgumentError("Give 16, 32, 64, 128 or 256.");
}

/** What the options ask for; undefined where they ask for nothing. */
export function quantization(flags: QuantFlags): Quantization | "mixed" | "auto" | undefined {
  const { quant, asymmetric, calibrate = true, ...names } = flags;
  const { block, embedding, keep, int8 } = names;
  const text = typeof calibrate === "string" ? readFileSync(calibrate, "utf8") : undefined;
  const calibration = calibrate === false ? false : text;
  const settings: Settings = { block, embedding, keep, int8, calibration };
  const given = Object.entries({
    asymmetric,
    block,
    embedding,
    keep,
    int8,
    calibrate: calibration,
  });
  const stray = given.find(([, value]) => value !== undefined);
  if (quant !== undefined && quant !== "auto" && quant !== "mixed") {
    return { kind: quant, symmetric: !asymmetric, ...settings };
  }
  if (!stray) return quant;
  const name = stray[1] === false ? `no-${stray[0]}` : stray[0];
  throw new UsageError(`--${name} says how to quantise; give --quant int4 or int8`);
}

/** Tells on standard error what was chosen. */
export const showChoice =
  (io: Pick<Io, "stderr">) =>
  (why: string): void => {
    io.stderr.write(`${why}\n`);
  };
