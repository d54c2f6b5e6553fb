/** Image data sets: classes by folder, COCO captions, VQA v2, RefCOCO. */

import { basename, dirname, extname } from "node:path";
import { filesBelow, foldersIn, openFolder } from "./data-folder.ts";
import { imageBytesOf } from "./media-bytes.ts";
import type { CaptionRecord, VqaRecord } from "./ofa-tsv.ts";
import { readJsonRow, readTable } from "./read-rows.ts";
import {
  boxFrom,
  checkLabel,
  convertRows,
  idOf,
  integerOf,
  listOf,
  type ReaderOptions,
  type Row,
  RowError,
  rowsIn,
  textOf,
  textsOf,
} from "./row.ts";

const IMAGE = /\.(jpe?g|png|webp|bmp|gif|tiff?)$/i;

export interface ClassRecord {
  readonly image: Uint8Array | string;
  readonly label_name: string;
}

export interface ClassOptions extends ReaderOptions {
  /**
   * Name of each folder (ImageNet: n01440764) or of each integer label (by its number as text);
   * default: the folder's own name with blanks for `_`.
   */
  readonly names?: Readonly<Record<string, string>>;
}

/**
 * Image classes: a folder of class folders (ImageNet's train, torchvision's ImageFolder), or
 * .parquet files with `image` and `label` (imagenet-1k on the hub).
 *
 * @throws RowError for a class without a name, a label outside the closed set
 */
export async function* readImageClasses(
  path: string,
  options: ClassOptions = {},
): AsyncGenerator<ClassRecord> {
  const nameOf = (key: string, place: string): string => {
    const name = options.names ? options.names[key] : key.replaceAll("_", " ");
    if (name === undefined) throw new RowError(place, `class "${key}" has no name in "names"`);
    return checkLabel(name, place, options);
  };
  if (extname(path) === ".parquet") {
    yield* convertRows(readTable(path), options, (row) => ({
      image: imageBytesOf(row, "image", options),
      label_name: nameOf(String(integerOf(row, "label")), row.place),
    }));
    return;
  }
  const folder = await openFolder(path);
  yield* convertRows(imagesByFolder(folder.path), options, async (row) => {
    const name = textOf(row, "image");
    return {
      image: await folder.file(name, row.place),
      label_name: nameOf(textOf(row, "class"), row.place),
    };
  });
}

async function* imagesByFolder(path: string): AsyncGenerator<Row> {
  for (const name of await foldersIn(path)) {
    for (const image of await filesBelow(`${path}/${name}`, IMAGE)) {
      const file = `${name}/${image}`;
      yield { place: `${path}/${file}`, values: { image: file, class: name } };
    }
  }
}

export interface ImageFolderOptions extends ReaderOptions {
  /** Folder of the images. */
  readonly images: string;
}

/**
 * COCO captions (captions_train2014.json: `images` with `id` and `file_name`, `annotations` with
 * `image_id` and `caption`): a record a caption; `references` are all captions of its image.
 */
export async function* readCocoCaptions(
  file: string,
  options: ImageFolderOptions,
): AsyncGenerator<CaptionRecord> {
  const folder = await openFolder(options.images);
  const json = await readJsonRow(file, options);
  const names = new Map(
    rowsIn(json, "images").map((row) => [idOf(row, "id"), textOf(row, "file_name")]),
  );
  const annotations = rowsIn(json, "annotations");
  const captions = new Map<string, string[]>();
  for (const { values } of annotations) {
    if (typeof values.caption !== "string") continue; // told when its own row is read
    const image = String(values.image_id);
    const all = captions.get(image);
    if (all) all.push(values.caption.trim());
    else captions.set(image, [values.caption.trim()]);
  }
  yield* convertRows(annotations, options, async (row) => {
    const image = idOf(row, "image_id");
    const name = names.get(image);
    if (name === undefined) {
      throw new RowError(
        row.place,
        `image_id ${image} is not among the images of ${basename(file)}`,
      );
    }
    return {
      id: idOf(row, "id"),
      img: await folder.file(name, row.place),
      cap: textOf(row, "caption").trim(),
      references: captions.get(image) ?? [],
    };
  });
}

export interface VqaOptions extends ImageFolderOptions {
  /** v2_mscoco_train2014_annotations.json. */
  readonly annotations: string;
  /** Image file of an image id (default COCO_<subtype>_<12 digits>.jpg, by the questions' file). */
  readonly fileOf?: (imageId: number) => string;
}

/**
 * VQA v2: `questions` (`question_id`, `image_id`, `question`; `data_subtype` names the images) and
 * `annotations` (`question_id`, `multiple_choice_answer`, `answers` of ten people).
 */
export async function* readVqa(file: string, options: VqaOptions): AsyncGenerator<VqaRecord> {
  const folder = await openFolder(options.images);
  const json = await readJsonRow(file, options);
  const answered = await readJsonRow(options.annotations, options);
  const answers = new Map(
    rowsIn(answered, "annotations").map((row) => [idOf(row, "question_id"), row]),
  );
  const nameOf = (id: number): string =>
    options.fileOf?.(id) ??
    `COCO_${textOf(json, "data_subtype")}_${String(id).padStart(12, "0")}.jpg`;
  yield* convertRows(rowsIn(json, "questions"), options, async (row) => {
    const id = idOf(row, "question_id");
    const given = answers.get(id);
    if (!given) {
      throw new RowError(
        row.place,
        `question ${id} has no answers in ${basename(options.annotations)}`,
      );
    }
    const answer = textOf(given, "multiple_choice_answer");
    return {
      id,
      image: await folder.file(nameOf(integerOf(row, "image_id")), row.place),
      question: textOf(row, "question"),
      answer: checkLabel(answer, given.place, options),
      references: rowsIn(given, "answers").map((each) => textOf(each, "answer")),
    };
  });
}

/**
 * RefCOCO as on the hub (lmms-lab/RefCOCO): .parquet or .jsonl with `image` (bytes, or with `images`
 * a file's name), `answer` (several texts of one region) and `bbox` (left, top, width, height): a
 * record a text.
 */
export async function* readRefCoco(
  file: string,
  options: ReaderOptions & { readonly images?: string } = {},
) {
  const folder = await openFolder(options.images ?? dirname(file));
  const regions = convertRows(readTable(file), options, async (row) => {
    const [left, top, width, height] = listOf(row, "bbox").map(Number);
    const texts =
      typeof row.values.answer === "string" ? [textOf(row, "answer")] : textsOf(row, "answer");
    const isName = typeof row.values.image === "string";
    const img = isName
      ? await folder.file(textOf(row, "image"), row.place)
      : imageBytesOf(row, "image", options);
    const patch_boxes = boxFrom([left, top, left! + width!, top! + height!], row.place);
    return texts.map((cap) => ({ img, cap, patch_boxes }));
  });
  for await (const records of regions) yield* records;
}
