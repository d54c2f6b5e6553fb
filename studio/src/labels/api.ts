/** Asks the server for variants, as src/serve/labels/routes.ts tells of them, and keeps labels. */

import type { AxisLabels } from "../../../src/evaluate/sage/axes.ts";
import { postJson, readJson } from "../server.ts";

export interface VariantFiles {
  /** null: the server shows none. */
  readonly folder: string | null;
  readonly data: readonly { readonly name: string }[];
}

export interface Progress {
  readonly annotators: readonly { readonly name: string; readonly ids: readonly string[] }[];
  readonly agreement: readonly Agreement[];
}

export interface Agreement {
  readonly reference: string;
  readonly other: string;
  readonly variants: number;
  /** By judgement, then by measure; null where it is not defined. */
  readonly of: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

export interface OpenedFile extends Progress {
  readonly file: string;
  /** The name of the file that labels are kept in, beside it. */
  readonly labels: string;
  readonly variants: readonly { readonly id: string; readonly type: string }[];
}

export interface Content {
  readonly question: string;
  readonly choices: readonly string[];
  readonly label: number;
}

export interface ShownVariant extends Content {
  readonly id: string;
  readonly type: string;
  /** null: a type that is not one of those shipped. */
  readonly definition: string | null;
  readonly src_id: string;
  readonly source: Content;
}

export interface GivenLabel {
  readonly id: string;
  readonly annotator: string;
  readonly labels: AxisLabels;
  readonly seconds: number;
}

const query = (fields: Readonly<Record<string, string>>): string =>
  String(new URLSearchParams(fields));

export const listFiles = (): Promise<VariantFiles> => readJson("labels") as Promise<VariantFiles>;

export const openFile = (file: string): Promise<OpenedFile> =>
  readJson(`labels/file?${query({ file })}`) as Promise<OpenedFile>;

export const readVariant = (file: string, id: string): Promise<ShownVariant> =>
  readJson(`labels/variant?${query({ file, id })}`) as Promise<ShownVariant>;

/** Resolves when the label is on the server's disk. */
export function saveLabel(file: string, { labels, ...label }: GivenLabel): Promise<Progress> {
  const digits = {
    type_ok: labels.type ? 1 : 0,
    label_ok: labels.label ? 1 : 0,
    unique_ok: labels.unique ? 1 : 0,
  };
  return postJson("labels", { file, ...label, labels: digits }) as Promise<Progress>;
}
