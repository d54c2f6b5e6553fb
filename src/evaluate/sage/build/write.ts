/** Files of a construction: variants, the report, what was refused, what people should look at. */

import { writeFileAtomically } from "../../../checkpoint/atomic.ts";
import { createRandom, shuffleBy } from "../../../nn/random.ts";
import { barChart } from "../../../plot/index.ts";
import type { ChoiceContent, ChoiceItem, VariantType } from "../types.ts";
import type { BuildResult, BuiltVariant } from "./build.ts";
import type { BuildReport } from "./report.ts";

/** Names of the files beside the variants. */
export const filesBeside = (out: string) => {
  const stem = out.replace(/\.jsonl$/, "");
  return {
    report: `${stem}.report.json`,
    picture: `${stem}.yield.svg`,
    refused: `${stem}.refused.jsonl`,
    audit: `${stem}.audit.jsonl`,
    calls: `${stem}.calls`,
  };
};

/**
 * Writes variants and report, and beside the variants: a picture of the yield, what was refused with
 * the best that was written (for people, or a larger model), and a sample of each type for people to
 * label. Each file is whole or as it was.
 *
 * @param audited variants of each type in the sample
 * @throws Error naming the file that cannot be written
 */
export async function writeBuild(
  out: string,
  result: BuildResult,
  report: BuildReport,
  options: { readonly report: string; readonly audited: number; readonly seed: number },
): Promise<void> {
  const files = filesBeside(out);
  const variants = result.outcomes.flatMap((outcome) => outcome.variants);
  await writeLines(out, variants.map(rowOf));
  await writeLines(files.refused, refusedRows(result));
  await writeLines(files.audit, auditSample(result, options).map(rowOf));
  await writeText(options.report, `${JSON.stringify(report, null, 2)}\n`);
  await writeText(files.picture, pictureOf(report));
}

/** As `readVariants` reads it. */
function rowOf({ id, type, item, variant, gen, qual }: BuiltVariant) {
  const { license } = item;
  return {
    id,
    ...variant,
    type: type.id,
    src_id: item.id,
    source: contentOf(item),
    ...(license === undefined ? {} : { license }),
    gen,
    ...(qual ? { qual: { scores: qual.scores, score: qual.score, reasons: qual.reasons } } : {}),
  };
}

const contentOf = ({ question, choices, label }: ChoiceItem): ChoiceContent => {
  return { question, choices, label };
};

const refusedRows = ({ outcomes }: BuildResult) =>
  outcomes.flatMap(({ type, refused }) => refused.map((each) => refusedRow(type, each)));

function refusedRow(
  { id }: VariantType,
  { item, best }: BuildResult["outcomes"][number]["refused"][number],
) {
  const row = { type: id, src_id: item.id, source: contentOf(item) };
  if (!best) return { id: `${item.id}/${id}`, ...row };
  const { scores, score, reasons } = best.qual;
  return { id: `${item.id}/${id}`, ...best.variant, ...row, qual: { scores, score, reasons } };
}

/** What programs wrote need not be looked at. */
const auditSample = (
  { outcomes }: BuildResult,
  { audited, seed }: { readonly audited: number; readonly seed: number },
): BuiltVariant[] =>
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
