/** Labels of people as labelled variants: what verifiers learn from and are tested on. */

import { show } from "../../checkpoint/json.ts";
import { nearest } from "../../task/grammar/suggest.ts";
import type { LabelledVariant } from "./corrupt.ts";
import type { VariantLabel } from "./labels.ts";
import { type Axis, axes, type VariantType } from "./types.ts";
import { contentOf } from "./variant-file.ts";

export interface SourcedVariant extends LabelledVariant {
  /** Id of the source item: variants of one are no independent observations. */
  readonly sourceId: string;
}

/**
 * One labelled variant for each that was judged. Of several people's labels an axis holds where more
 * than half of them say so.
 *
 * @throws Error for a type that is none of `types`, naming the nearest
 */
export function labelledVariants(
  labels: readonly VariantLabel[],
  types: readonly VariantType[],
  file = "labels",
): SourcedVariant[] {
  const known = new Map(types.map((type) => [type.id, type]));
  const judged = new Map<string, VariantLabel[]>();
  for (const label of labels) {
    const { variant } = label;
    const key = JSON.stringify([label.id, variant.type, contentOf(variant)]);
    judged.set(key, [...(judged.get(key) ?? []), label]);
  }
  return [...judged.values()].map((own) => {
    const [{ id, variant }] = own as [VariantLabel];
    const type = known.get(variant.type);
    if (!type) {
      const like = nearest(variant.type, [...known.keys()]);
      const hint = like ? `did you mean ${like}?` : `expected ${[...known.keys()].join(", ")}`;
      throw new Error(`${file}: ${show(id)} has the type ${show(variant.type)}; ${hint}`);
    }
    const holds = (axis: Axis): boolean =>
      own.filter((label) => label.labels[axis]).length * 2 > own.length;
    const [typeOk, label, unique] = axes.map(holds) as [boolean, boolean, boolean]; // one an axis
    return {
      type,
      source: contentOf(variant.source),
      variant: contentOf(variant),
      labels: { type: typeOk, label, unique },
      sourceId: variant.src_id,
    };
  });
}
