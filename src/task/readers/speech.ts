/** Speech: LibriSpeech and LJSpeech as they are published. */

import { dirname } from "node:path";
import { filesBelow, openFolder } from "./data-folder.ts";
import { textLines } from "./read-rows.ts";
import { convertRows, type ReaderOptions, type Row, textOf } from "./row.ts";

/**
 * LibriSpeech: below the folder, `<speaker>/<chapter>/<speaker>-<chapter>.trans.txt` with a line
 * `<id> TEXT` for each `<id>.flac` beside it.
 *
 * @throws RowError naming the transcript's file and line, where text or recording is missing
 * @example for await (const { wav, text } of readLibriSpeech("LibriSpeech/dev-clean")) console.log(text);
 */
export async function* readLibriSpeech(
  path: string,
  options: ReaderOptions = {},
): AsyncGenerator<{ id: string; wav: string; text: string }> {
  const folder = await openFolder(path);
  const files = await filesBelow(folder.path, /\.trans\.txt$/);
  if (files.length === 0)
    throw new Error(`${path}: holds no .trans.txt files; give a folder of LibriSpeech`);
  yield* convertRows(transcripts(folder.path, files), options, async (row) => {
    const id = textOf(row, "id");
    const text = textOf(row, "text");
    return { id, wav: await folder.file(`${textOf(row, "folder")}/${id}.flac`, row.place), text };
  });
}

async function* transcripts(root: string, files: readonly string[]): AsyncGenerator<Row> {
  for (const file of files) {
    for await (const { text, place } of textLines(`${root}/${file}`)) {
      const [id, ...words] = text.trim().split(" ");
      yield { place, values: { id, text: words.join(" "), folder: dirname(file) } };
    }
  }
}

/**
 * LJSpeech: `metadata.csv` with lines `id|text|normalised text` (no header, no quotes) and
 * `wavs/<id>.wav`. Numbers and abbreviations are written out in the normalised text, which is used.
 *
 * @throws RowError naming file and line
 */
export async function* readLjSpeech(
  path: string,
  options: ReaderOptions = {},
): AsyncGenerator<{ id: string; text: string; fbank: string }> {
  const folder = await openFolder(path);
  const metadata = await folder.file("metadata.csv", path);
  yield* convertRows(barred(metadata), options, async (row) => {
    const id = textOf(row, "id");
    return { id, text: textOf(row, "text"), fbank: await folder.file(`wavs/${id}.wav`, row.place) };
  });
}

async function* barred(file: string): AsyncGenerator<Row> {
  for await (const { text, place } of textLines(file)) {
    const cells = text.split("|");
    const [id, written, normalised = written] = cells;
    yield { place, values: cells.length < 2 || cells.length > 3 ? {} : { id, text: normalised } };
  }
}
