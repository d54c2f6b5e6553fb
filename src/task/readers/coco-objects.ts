/** COCO's objects: instances_train2017.json. */

import type { Box } from "../../media/types.ts";
import { openFolder } from "./data-folder.ts";
import type { ImageFolderOptions } from "./images.ts";
import { readJsonRow } from "./read-rows.ts";
import { boxFrom, convertRows, idOf, listOf, RowError, rowsIn, textOf } from "./row.ts";

/**
 * Objects of images (`images` with `id` and `file_name`, `categories` with `id` and `name`,
 * `annotations` with `image_id`, `category_id` and `bbox` as left, top, width, height): a record an
 * image, its objects from left to right. OpenImages and Objects365 are published or converted so too.
 *
 * @throws RowError naming the file and entry
 */
export async function* readCocoObjects(
  file: string,
  options: ImageFolderOptions,
): AsyncGenerator<{ id: string; img: string; items: readonly { box: Box; label: string }[] }> {
  const folder = await openFolder(options.images);
  const json = await readJsonRow(file, options);
  const names = new Map(
    rowsIn(json, "categories").map((row) => [idOf(row, "id"), textOf(row, "name")]),
  );
  const objects = new Map<string, { box: Box; label: string }[]>();
  const annotations = convertRows(rowsIn(json, "annotations"), options, (row) => {
    const category = idOf(row, "category_id");
    const label = names.get(category);
    if (label === undefined) {
      throw new RowError(row.place, `category_id ${category} is not among the categories`);
    }
    const [left, top, width, height] = listOf(row, "bbox").map(Number);
    const box = boxFrom([left, top, left! + width!, top! + height!], row.place);
    return { image: idOf(row, "image_id"), box, label };
  });
  for await (const { image, ...object } of annotations) {
    const all = objects.get(image);
    if (all) all.push(object);
    else objects.set(image, [object]);
  }
  yield* convertRows(rowsIn(json, "images"), options, async (row) => {
    const id = idOf(row, "id");
    const items = (objects.get(id) ?? []).toSorted((a, b) => a.box[0] - b.box[0]);
    return { id, img: await folder.file(textOf(row, "file_name"), row.place), items };
  });
}
