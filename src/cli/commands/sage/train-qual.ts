/** `onefold sage train-qual`: a verifier from labelled variants. */

import type { Command } from "commander";
import { sage } from "../../../evaluate/index.ts";
import { type Io, writeJson, writeLine } from "../../io.ts";
import { collect, integer, number, oneOf } from "../../options.ts";
import { formatTable } from "../../render.ts";
import { trainingStatus } from "../../training-status.ts";

interface TrainQualFlags {
  readonly seed: string;
  readonly base: string;
  readonly out: string;
  readonly domain: sage.Domain;
  readonly lora?: number;
  readonly steps: number;
  readonly lr?: number;
  readonly corrupted: number;
  readonly reasonWeight: number;
  readonly heldOut: number;
  readonly randomSeed: number;
  readonly set?: readonly string[];
}

export const defineTrainQual = (command: Command, io: Io): Command =>
  command
    .command("train-qual")
    .summary("train a verifier on labelled variants")
    .description("Trains a verifier on labelled variants, calibrates it, and tests it on others.")
    .requiredOption("--seed <file>", "labels, as onefold sage label writes them")
    .requiredOption("--base <model>", "checkpoint with a chat template: folder, or ORG/NAME")
    .requiredOption("--out <folder>", "folder of the run; its final/ is the verifier")
    .option("--domain <kind>", "facts or events", oneOf(sage.domains), "facts")
    .option(
      "--lora <rank>",
      "train an adapter of this rank (default: all weights)",
      integer({ min: 1 }),
    )
    .option("--steps <count>", "optimiser steps", integer({ min: 1 }), 300)
    .option("--lr <rate>", "learning rate (default: 1e-5, with --lora 1e-4)", number({ min: 0 }))
    .option("--corrupted <count>", "spoiled copies of each valid variant", integer({ min: 0 }), 1)
    .option(
      "--reason-weight <weight>",
      "of verdicts behind a reason; 0: none",
      number({ min: 0, max: 1 }),
      0.3,
    )
    .option(
      "--held-out <share>",
      "of the source items: nothing is learned from them",
      number({ min: 0, max: 0.9 }),
      0.25,
    )
    .option(
      "--random-seed <number>",
      "of the split, the corruptions and the order",
      integer({ min: 0 }),
      0,
    )
    .option(
      "--set <key=value>",
      "another option of the job (repeatable); see onefold train",
      collect,
    )
    .action(async (flags: TrainQualFlags, self: Command) =>
      trainQual(io, flags, self.optsWithGlobals().json === true),
    )
    .addHelpText("after", notes);

const notes = `
The same command goes on after a stop. Half of the held-out sources calibrate the verifier, the other
half is what the table is of, and what \`onefold sage build --precision\` chooses thresholds from.

Example:
  onefold sage train-qual --seed labels.jsonl --base Qwen/Qwen3-0.6B --lora 16 --out qual`;

async function trainQual(io: Io, flags: TrainQualFlags, json: boolean): Promise<void> {
  const types = sage.knownTypes(flags.domain);
  const labels = await sage.readLabels(flags.seed);
  if (labels.length === 0)
    throw new Error(`${flags.seed}: holds no labels; onefold sage label writes some`);
  const status = trainingStatus(io, json);
  const { model, learned, agreement } = await sage
    .trainQual({
      ...flags,
      labelled: sage.labelledVariants(labels, types, flags.seed),
      types,
      notation: sage.jsonNotation,
      seed: flags.randomSeed,
      job: status.job,
      signal: io.interruptible(),
    })
    .finally(() => status.finish());
  if (json) return writeJson(io, { event: "done", model, learned, agreement });
  const value = (of: sage.Measures, name: sage.MeasureName): string =>
    of[name] === undefined || Number.isNaN(of[name].value) ? "?" : of[name].value.toFixed(3);
  const rows = sage.judgements.map((judgement) => {
    const of = agreement.of[judgement];
    const shown = (["accuracy", "f1", "auroc", "kappa", "ece"] as const).map(
      (name) => `${name} ${value(of, name)}`,
    );
    return [judgement, ...shown];
  });
  const { labelled, valid, corrupted } = learned;
  const head = `learned from ${labelled} labelled variants (${valid} valid) and ${corrupted} spoiled ones; on ${agreement.variants} others:`;
  await writeLine(io, [head, formatTable(rows), "", model].join("\n"));
}
