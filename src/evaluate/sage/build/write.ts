/** Files of a construction: variants, the report, what was refused, what people should look at. */

import { writeFileAtomically } from "../../../checkpoint/atomic.ts";
import { createRandom, shuffleBy } from "../../../nn/random.ts";
import { barChart } from "../../../plot/index.ts";
import type { Domain } from "../known-types.ts";
import type { Qualification } from "../qual.ts";
import type { ChoiceContent, ChoiceItem } from "../types.ts";
import type { BuildResult, BuiltVariant } from "./build.ts";
import type { BuildReport } from "./report.ts";

/** Names of the files beside the variants. */
export const filesBeside = (out: string) => {
  const stem = out.replace(/\.jsonl$/, "");
  return {
    report: `${stem}.report.json`,
    picture: `${stem}.yield.svg`,
    refused: `${stem}.refused.jsonl`,
    hard: `${stem}.hard.jsonl`,
    audit: `${stem}.audit.jsonl`,
    calls: `${stem}.calls`,
  };
};

export interface WriteOptions {
  /** File of the report. */
  readonly report: string;
  /** Variants of each type in the sample for people. */
  readonly audited: number;
  readonly seed: number;
  /** Of events, what is asked is called `context`, as labelling expects it. */
  readonly domain: Domain;
}

/**
 * Writes variants and report, and beside the variants: a picture of the yield, the best of what was
 * refused and a sample of what was accepted, for people to label, and the items without variants, for
 * a larger model. Each file is whole or as it was.
 *
 * @throws Error naming the file that cannot be written
 */
export async function writeBuild(
  out: string,
  result: BuildResult,
  report: BuildReport,
  options: WriteOptions,
): Promise<void> {
  const files = filesBeside(out);
  const rowOf = (variant: BuiltVariant) => variantRow(variant, options.domain);
  const variants = result.outcomes.flatMap((outcome) => outcome.variants);
  await writeLines(out, variants.map(rowOf));
  await writeLines(files.refused, refusedRows(result, options.domain));
  await writeLines(files.hard, hardRows(result));
  await writeLines(files.audit, auditSample(result, options).map(rowOf));
  await writeText(options.report, `${JSON.stringify(report, null, 2)}\n`);
  await writeText(files.picture, pictureOf(report));
}

/** As `readVariants` reads it. */
const variantRow = ({ id, type, item, variant, gen, qual }: BuiltVariant, domain: Domain) => ({
  id,
  ...asked(variant, domain),
  type: type.id,
  src_id: item.id,
  source: asked(item, domain),
  ...(item.license === undefined ? {} : { license: item.license }),
  gen,
  ...(qual ? { qual: verdictOf(qual) } : {}),
});

const asked = ({ question, choices, label }: ChoiceContent, domain: Domain) =>
  domain === "events" ? { context: question, choices, label } : { question, choices, label };

const verdictOf = ({ scores, score, reasons }: Qualification) => ({ scores, score, reasons });

/** The best that was written and not believed, to be labelled like the accepted. */
const refusedRows = ({ outcomes }: BuildResult, domain: Domain) =>
  outcomes.flatMap(({ type, refused }) =>
    refused.flatMap(({ item, best }) =>
      best ? variantRow({ id: `${item.id}/${type.id}`, type, ...best }, domain) : [],
    ),
  );

/** Items that lack variants of some types, as items for another generator. */
function hardRows({ outcomes }: BuildResult) {
  const rows = new Map<string, ChoiceItem & { types: string[] }>();
  for (const { type, refused } of outcomes) {
    for (const { item } of refused) {
      const row = rows.get(item.id) ?? { ...item, types: [] };
      row.types.push(type.id);
      rows.set(item.id, row);
    }
  }
  return [...rows.values()];
}

/** What programs wrote need not be looked at. */
const auditSample = ({ outcomes }: BuildResult, { audited, seed }: WriteOptions): BuiltVariant[] =>
  outcomes.flatMap(({ type, variants }) => {
    const random = createRandom(seed, `audit ${type.id}`);
    return shuffleBy(
      variants.filter(({ qual }) => qual),
      random.below,
    ).slice(0, audited);
  });

const pictureOf = ({ types }: BuildReport): string =>
  barChart({
    title: "Accepted of the candidates that were sampled",
    y: { label: "yield" },
    bars: Object.entries(types).map(([label, { yield: value, yieldInterval }]) => {
      return { label, value: value ?? 0, interval: yieldInterval ?? undefined };
    }),
  });

const writeLines = (file: string, rows: readonly object[]): Promise<void> =>
  writeFileAtomically(file, async (sink) => {
    for (const row of rows) await sink.write(Buffer.from(`${JSON.stringify(row)}\n`));
  });

const writeText = (file: string, text: string): Promise<void> =>
  writeFileAtomically(file, (sink) => sink.write(Buffer.from(text)));
