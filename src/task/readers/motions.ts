/** Motion capture with texts. */

import { filesBelow, openFolder } from "./data-folder.ts";
import { textLines } from "./read-rows.ts";
import { convertRows, type ReaderOptions, type Row, RowError, textOf } from "./row.ts";

/**
 * A folder of .bvh files, each with a .txt of the same name beside it or in a folder `texts`: a
 * sentence a line. Lines may be those of HumanML3D, where `#` ends the sentence: a record a sentence.
 *
 * AMASS (.npz) and KIT (.xml) publish other formats; convert them to .bvh first.
 *
 * @throws RowError naming the file, for one without text too
 */
export async function* readMotions(
  path: string,
  options: ReaderOptions = {},
): AsyncGenerator<{ id: string; text: string; bvh_frames: string }> {
  const folder = await openFolder(path);
  const names = await filesBelow(folder.path, /\.bvh$/i);
  if (names.length === 0) throw new Error(`${path}: holds no .bvh files`);
  const clips = names.map((name): Row => ({ place: `${path}/${name}`, values: { name } }));
  const groups = convertRows(clips, options, async (row) => {
    const name = textOf(row, "name");
    const stem = name.replace(/\.bvh$/i, "");
    const file = await folder
      .file(`${stem}.txt`, row.place)
      .catch(() => folder.file(`texts/${stem}.txt`, row.place));
    const bvh_frames = await folder.file(name, row.place);
    const records = [];
    for await (const line of textLines(file)) {
      const text = line.text.split("#")[0]!.trim();
      if (text !== "") records.push({ id: stem, text, bvh_frames });
    }
    if (records.length === 0) throw new RowError(row.place, `its text ${stem}.txt is empty`);
    return records;
  });
  for await (const records of groups) yield* records;
}
