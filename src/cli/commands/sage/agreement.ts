/** `onefold sage agreement`: how far verifier and people agree. */

import type { Command } from "commander";
import { sage } from "../../../evaluate/index.ts";
import { type Io, writeJson, writeLine } from "../../io.ts";
import { integer, number } from "../../options.ts";
import { formatTable } from "../../render.ts";

interface AgreementFlags {
  readonly variants?: string;
  readonly tau: number;
  readonly samples: number;
  readonly seed: number;
}

export const defineAgreement = (command: Command, io: Io): Command =>
  command
    .command("agreement")
    .summary("compare verifier and annotators, axis by axis")
    .description("Compares verifier and annotators on each axis and on all of them together.")
    .argument("<labels...>", "files of labels, .jsonl")
    .option("--variants <file>", "take the verifier's verdicts from here, not from the labels")
    .option(
      "--tau <score>",
      "overall score that the verifier accepts",
      number({ min: 0, max: 1 }),
      0.5,
    )
    .option("--samples <count>", "resamples for intervals; 0: none", integer({ min: 0 }), 1000)
    .option("--seed <number>", "of the resamples", integer({ min: 0 }), 0)
    .action(async (files: string[], flags: AgreementFlags, self: Command) => {
      const labels = (await Promise.all(files.map(readGiven))).flat();
      const verdicts = flags.variants === undefined ? undefined : await verdictsOf(flags.variants);
      const report = sage.compareRaters(labels, verdicts, flags);
      await (self.optsWithGlobals().json ? writeJson(io, report) : writeLine(io, render(report)));
    })
    .addHelpText("after", notes);

const notes = `
Who stands behind "against" is taken to be right. Intervals are of 95 %, by a bootstrap over source items.

Examples:
  onefold sage agreement labels.jsonl
  onefold sage agreement ada.jsonl bob.jsonl --variants variants.jsonl --tau 0.8 --json`;

async function readGiven(file: string): Promise<sage.VariantLabel[]> {
  const labels = await sage.readLabels(file);
  if (labels.length > 0) return labels;
  throw new Error(`${file}: holds no labels; \`onefold sage label --out ${file}\` writes some`);
}

async function verdictsOf(file: string): Promise<Map<string, sage.StoredVerdict>> {
  const verdicts = new Map<string, sage.StoredVerdict>();
  for (const { id, record } of await sage.readVariants(file)) {
    if (record.qual) verdicts.set(id, record.qual);
  }
  if (verdicts.size > 0) return verdicts;
  throw new Error(
    `${file}: no variant has a verdict under "qual"; \`onefold sage build\` writes them`,
  );
}

const titles: Readonly<Record<sage.MeasureName, string>> = {
  accuracy: "accuracy",
  precision: "precision",
  recall: "recall",
  f1: "F1",
  balancedAccuracy: "balanced accuracy",
  auroc: "AUROC",
  kappa: "kappa",
  ac1: "AC1",
  alpha: "alpha",
  ece: "ECE",
};

const shown = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(3));

function render({ annotators, comparisons, alpha }: sage.RaterReport): string {
  const people = annotators.map(
    ({ name, labels, seconds }) =>
      `${name}: ${labels} labelled${seconds === undefined ? "" : `, ${seconds.toFixed(1)} s each`}`,
  );
  const tables = comparisons.map(({ reference, other, variants, sources, of }) => {
    const rows = sage.measureNames.flatMap((name) => {
      const cells = sage.judgements.map((judgement) => cellOf(of[judgement][name]));
      return cells.every((cell) => cell === "") ? [] : [[titles[name], ...cells]];
    });
    const head = `${other} against ${reference}: ${variants} variants of ${sources} source items`;
    return `${head}\n${formatTable([["", ...sage.judgements], ...rows])}`;
  });
  const together =
    annotators.length > 1
      ? [
          `alpha of all annotators: ${sage.judgements.map((j) => `${j} ${shown(alpha[j])}`).join(", ")}`,
        ]
      : [];
  const none =
    comparisons.length === 0 ? ["nothing to compare: no verdicts, and no two annotators"] : [];
  return [people.join("\n"), ...tables, ...together, ...none].join("\n\n");
}

function cellOf(measure: sage.Measure | undefined): string {
  if (!measure) return "";
  const { value, interval } = measure;
  return interval ? `${shown(value)} [${interval.map(shown).join(", ")}]` : shown(value);
}
