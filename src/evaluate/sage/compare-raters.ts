/** All raters of a file of labels beside each other: verifier, people, what most of them say. */

import { krippendorffAlpha } from "../../metrics/index.ts";
import {
  type Agreement,
  type AgreementOptions,
  agreementOf,
  judge,
  type RatedVariant,
} from "./agreement.ts";
import type { VariantLabel } from "./labels.ts";
import { MAJORITY, VERIFIER } from "./raters.ts";
import { type Axis, type AxisLabels, type Judgement, judgements } from "./types.ts";
import type { StoredVerdict } from "./variant-file.ts";

export interface RaterComparison extends Agreement {
  /** Who is taken to be right. */
  readonly reference: string;
  readonly other: string;
}

export interface RaterReport {
  /** With how many variants each has labelled, and the seconds it took on average. */
  readonly annotators: readonly {
    readonly name: string;
    readonly labels: number;
    readonly seconds: number | undefined;
  }[];
  /** The verifier against each annotator (and the majority), then each two annotators. */
  readonly comparisons: readonly RaterComparison[];
  /** Krippendorff's alpha of all annotators: what a verifier may reach. NaN with one of them. */
  readonly alpha: Readonly<Record<Judgement, number>>;
}

type ByVariant = ReadonlyMap<string, VariantLabel>;

/**
 * Compares everybody with everybody, over the variants that both have judged.
 *
 * @param labels as `readLabels` gives them, of any number of annotators
 * @param verdicts by the variant's id (default: those that were stored with the labelled variants)
 * @example
 * const { comparisons, alpha } = compareRaters(await readLabels("labels.jsonl"));
 */
export function compareRaters(
  labels: readonly VariantLabel[],
  verdicts: ReadonlyMap<string, StoredVerdict> = storedVerdicts(labels),
  options?: AgreementOptions,
): RaterReport {
  const raters = new Map<string, Map<string, VariantLabel>>();
  const units = new Map<string, VariantLabel[]>();
  for (const label of labels) {
    const { annotator, id } = label;
    raters.set(annotator, (raters.get(annotator) ?? new Map()).set(id, label));
    units.set(id, [...(units.get(id) ?? []), label]);
  }
  const people = [...raters.keys()];
  const references = new Map<string, ByVariant>(raters);
  if (people.length > 1) references.set(MAJORITY, majorityOf(units));
  const compare = (
    reference: string,
    other: string,
    said: ReadonlyMap<string, RatedVariant["other"]>,
  ): RaterComparison[] => {
    const rated = ratedBy(references.get(reference)!, said);
    return rated.length > 0 ? [{ reference, other, ...agreementOf(rated, options) }] : [];
  };
  return {
    annotators: Array.from(raters, ([name, own]) => ({ name, labels: own.size, ...timeOf(own) })),
    comparisons: [
      ...[...references.keys()].flatMap((name) => compare(name, VERIFIER, verdicts)),
      ...people.flatMap((name, i) =>
        people.slice(i + 1).flatMap((other) => compare(name, other, labelsOf(raters.get(other)!))),
      ),
    ],
    alpha: Object.fromEntries(
      judgements.map((judgement) => [
        judgement,
        krippendorffAlpha(
          Array.from(units.values(), (of) => of.map((each) => judge(each.labels, judgement))),
        ),
      ]),
    ) as Record<Judgement, number>, // one entry each
  };
}

const storedVerdicts = (labels: readonly VariantLabel[]): Map<string, StoredVerdict> =>
  new Map(labels.flatMap(({ id, variant }) => (variant.qual ? [[id, variant.qual]] : [])));

const labelsOf = (own: ByVariant): Map<string, AxisLabels> =>
  new Map(Array.from(own, ([id, label]) => [id, label.labels]));

function ratedBy(
  reference: ByVariant,
  said: ReadonlyMap<string, RatedVariant["other"]>,
): RatedVariant[] {
  return Array.from(reference).flatMap(([id, { variant, labels }]) => {
    const other = said.get(id);
    return other ? [{ source: variant.src_id, reference: labels, other }] : [];
  });
}

/** Right is what more than half of the annotators found right: a tie is a doubt, so it is not. */
function majorityOf(units: ReadonlyMap<string, readonly VariantLabel[]>): ByVariant {
  const most = (labels: readonly VariantLabel[]): AxisLabels => {
    const of = (axis: Axis): boolean =>
      2 * labels.filter((label) => label.labels[axis]).length > labels.length;
    return { type: of("type"), label: of("label"), unique: of("unique") };
  };
  return new Map(
    Array.from(units, ([id, labels]) => [id, { ...labels[0]!, labels: most(labels) }]),
  );
}

function timeOf(own: ByVariant): { seconds: number | undefined } {
  const times = [...own.values()].flatMap(({ seconds }) => seconds ?? []);
  const sum = times.reduce((total, each) => total + each, 0);
  return { seconds: times.length > 0 ? sum / times.length : undefined };
}
