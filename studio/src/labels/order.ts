/** Which variant comes next. No DOM here. */

interface Labelled {
  readonly annotators: readonly { readonly name: string; readonly ids: readonly string[] }[];
}

/** Ids that somebody has labelled. */
export const labelledBy = ({ annotators }: Labelled, annotator: string): ReadonlySet<string> =>
  new Set(annotators.find(({ name }) => name === annotator)?.ids);

/**
 * The next variant that is not labelled, from the one after `id` on; those that were skipped come
 * again after the last. undefined: all are labelled.
 *
 * @example nextOpen([{ id: "a" }, { id: "b" }], new Set(["b"]), "a") // "a"
 */
export function nextOpen(
  variants: readonly { readonly id: string }[],
  labelled: ReadonlySet<string>,
  id?: string,
): string | undefined {
  const at = variants.findIndex((each) => each.id === id) + 1;
  const ordered = [...variants.slice(at), ...variants.slice(0, at)];
  return ordered.find((each) => !labelled.has(each.id))?.id;
}
