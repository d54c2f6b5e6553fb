/** GET /labels and POST /labels: variants below a folder, judged by people in the studio. */

import { lstat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { sage } from "../../evaluate/index.ts";
import { pathBelow } from "../below-folder.ts";
import { readBody } from "../body.ts";
import type { Call } from "../call.ts";
import { HttpError } from "../errors.ts";
import { labelBody } from "../schemas/labels.ts";
import { told } from "../told.ts";
import { findVariantFiles } from "./find-variant-files.ts";

type Sage = typeof sage;

export interface LabelRoutes {
  list(): Promise<Response>;
  /** What a file holds, who has labelled what, and how far they agree. */
  file(call: Call): Promise<Response>;
  variant(call: Call): Promise<Response>;
  save(call: Call): Promise<Response>;
}

/** @param root undefined: there are no files */
export function labelRoutes(root: string | undefined): LabelRoutes {
  let saving: Promise<unknown> = Promise.resolve();
  let search: Promise<object[]> | undefined;
  const open = async (name: string) => {
    const { sage } = await import("../../evaluate/index.ts");
    const { file, labels } = await variantPaths(root, name);
    const variants = await told(readCached(sage, file), root!);
    const given = await told(readMatching(sage, labels, variants), root!);
    return { sage, variants, labels, given };
  };
  return {
    async list() {
      search ??= (root === undefined ? Promise.resolve([]) : findVariantFiles(root)).finally(() => {
        search = undefined;
      });
      const folder = root === undefined ? null : basename(root);
      return Response.json({ object: "list", folder, data: await search });
    },
    async file({ request }) {
      const name = new URL(request.url).searchParams.get("file") ?? "";
      const { sage, variants, labels, given } = await open(name);
      return Response.json({
        file: name,
        labels: basename(labels),
        variants: variants.map(({ id, record }) => ({ id, type: record.type })),
        ...progressOf(sage, variants, given),
      });
    },
    async variant({ request }) {
      const fields = new URL(request.url).searchParams;
      const { sage, variants } = await open(fields.get("file") ?? "");
      const { id, record } = variantOf(variants, fields.get("id") ?? "");
      const { type, src_id } = record;
      const [variant, source] = [sage.contentOf(record), sage.contentOf(record.source)];
      const definition = sage.definitionOf(record) ?? null;
      return Response.json({ id, type, definition, src_id, ...variant, source });
    },
    async save({ request, options }) {
      const body = await readBody(request, labelBody, options.bodyLimit);
      const save = async (): Promise<Response> => {
        const { sage, variants, labels, given } = await open(body.file);
        const { id, record } = variantOf(variants, body.id);
        const { annotator, seconds } = body;
        const label = {
          id,
          variant: record,
          labels: sage.axisLabels(body.labels),
          annotator,
          seconds,
        };
        await told(sage.appendLabel(labels, label), root!);
        const isSame = (each: sage.VariantLabel) => each.id === id && each.annotator === annotator;
        const all = [...given.filter((each) => !isSame(each)), label];
        return Response.json({ saved: id, ...progressOf(sage, variants, all) });
      };
      // One after the other: rows never run into each other.
      const saved = saving.then(save);
      saving = saved.catch(() => {});
      return saved;
    },
  };
}

/** Labels of `variants.jsonl` are kept in `variants.labels.jsonl` beside it, and nowhere else. */
async function variantPaths(root: string | undefined, name: string) {
  const file =
    root !== undefined && name.endsWith(".jsonl") ? await pathBelow(root, name) : undefined;
  if (!file || !(await lstat(file)).isFile()) {
    throw new HttpError(
      404,
      `no file of variants is called "${name.slice(0, 100)}"; /labels lists them`,
      {
        code: "file_not_found",
      },
    );
  }
  const labels = join(dirname(file), `${basename(file, ".jsonl")}.labels.jsonl`);
  const stats = await lstat(labels).catch(() => undefined);
  if (stats && !stats.isFile()) {
    throw new HttpError(
      400,
      `${basename(labels)} is no plain file; move it away to label these variants`,
    );
  }
  return { file, labels };
}

function variantOf(variants: readonly sage.StoredVariant[], id: string): sage.StoredVariant {
  const variant = variants.find((each) => each.id === id);
  if (variant) return variant;
  throw new HttpError(404, `no variant has the id "${id.slice(0, 100)}"`, {
    code: "variant_not_found",
    param: "id",
  });
}

interface Kept {
  readonly stamp: string;
  readonly variants: Promise<sage.StoredVariant[]>;
}
const MOST_KEPT = 4;
const kept = new Map<string, Kept>();

/** A page asks for one variant after the other; the file is read again when it changes. */
async function readCached(sage: Sage, file: string): Promise<sage.StoredVariant[]> {
  const { size, mtimeMs } = await lstat(file);
  const stamp = `${size} ${mtimeMs}`;
  const known = kept.get(file);
  if (known?.stamp === stamp) return known.variants;
  const variants = sage.readVariants(file);
  kept.set(file, { stamp, variants });
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return variants;
}

/** @throws Error where a label is of another variant with the same id */
async function readMatching(
  sage: Sage,
  file: string,
  variants: readonly sage.StoredVariant[],
): Promise<sage.VariantLabel[]> {
  const byId = new Map(variants.map((variant) => [variant.id, variant]));
  const labels = await sage.readLabels(file);
  for (const label of labels) {
    const variant = byId.get(label.id);
    if (variant) sage.checkSame(label, variant, file);
  }
  return labels;
}

/** Measures that mean something for few labels; `onefold sage agreement` has all, with intervals. */
const shown = ["accuracy", "kappa", "ac1"] as const;

function progressOf(
  sage: Sage,
  variants: readonly sage.StoredVariant[],
  given: readonly sage.VariantLabel[],
) {
  const verdicts = new Map(
    variants.flatMap(({ id, record: { qual } }) => (qual ? [[id, qual]] : [])),
  );
  const { annotators, comparisons } = sage.compareRaters(given, verdicts, { samples: 0 });
  return {
    annotators: annotators.map(({ name }) => ({
      name,
      ids: given.flatMap(({ id, annotator }) => (annotator === name ? id : [])),
    })),
    agreement: comparisons.map(({ reference, other, variants: count, of }) => ({
      reference,
      other,
      variants: count,
      of: Object.fromEntries(
        sage.judgements.map((judgement) => [
          judgement,
          Object.fromEntries(shown.map((name) => [name, finite(of[judgement][name]?.value)])),
        ]),
      ),
    })),
  };
}

const finite = (value = Number.NaN): number | null => (Number.isFinite(value) ? value : null);
