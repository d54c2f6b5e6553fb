/** Videos: MSR-VTT (captions and questions) and Kinetics. */

import { openFolder } from "./data-folder.ts";
import { convertCells, readCsv, readJsonArray, readJsonRow } from "./read-rows.ts";
import {
  checkLabel,
  convertRows,
  idOf,
  integerOf,
  type ReaderOptions,
  RowError,
  rowsIn,
  textOf,
} from "./row.ts";

export interface VideoOptions extends ReaderOptions {
  /** Folder of the videos. */
  readonly videos: string;
}

/**
 * MSR-VTT captions (train_val_videodatainfo.json: `videos` with `video_id` and `split`, `sentences`
 * with `video_id` and `caption`) and `<video_id>.mp4`: a record a caption; `references` are all
 * captions of its video.
 *
 * @param options.split "train", "validate" or "test" (default: all)
 */
export async function* readMsrVtt(
  file: string,
  options: VideoOptions & { readonly split?: string },
): AsyncGenerator<{ video: string; cap: string; references: readonly string[] }> {
  const folder = await openFolder(options.videos);
  const json = await readJsonRow(file, options);
  const splits = new Map(
    rowsIn(json, "videos").map((row) => [textOf(row, "video_id"), row.values.split]),
  );
  const captions = new Map<string, string[]>();
  const sentences = rowsIn(json, "sentences");
  for (const { values } of sentences) {
    if (typeof values.caption !== "string") continue; // told when its own row is read
    const all = captions.get(String(values.video_id));
    if (all) all.push(values.caption);
    else captions.set(String(values.video_id), [values.caption]);
  }
  const chosen = sentences.filter(
    ({ values }) => !options.split || splits.get(String(values.video_id)) === options.split,
  );
  yield* convertRows(chosen, options, async (row) => {
    const id = textOf(row, "video_id");
    if (!splits.has(id)) throw new RowError(row.place, `video_id ${id} is not among the videos`);
    const cap = textOf(row, "caption");
    return {
      video: await folder.file(`${id}.mp4`, row.place),
      cap,
      references: captions.get(id) ?? [],
    };
  });
}

/** MSR-VTT QA (train_qa.json: an array with `id`, `video_id` as a number, `question`, `answer`). */
export async function* readMsrVttQa(
  file: string,
  options: VideoOptions,
): AsyncGenerator<{ id: string; video: string; question: string; answer: string }> {
  const folder = await openFolder(options.videos);
  yield* convertRows(await readJsonArray(file, options), options, async (row) => ({
    id: idOf(row, "id"),
    video: await folder.file(`video${integerOf(row, "video_id")}.mp4`, row.place),
    question: textOf(row, "question"),
    answer: checkLabel(textOf(row, "answer"), row.place, options),
  }));
}

/**
 * Kinetics: CSV with `label`, `youtube_id`, `time_start`, `time_end`, and clips named
 * `<youtube_id>_<start, 6 digits>_<end, 6 digits>.mp4`, in one folder or in one a class (blanks are `_`
 * there, as torchvision moves them).
 */
export async function* readKinetics(
  file: string,
  options: VideoOptions,
): AsyncGenerator<{ video: string; label_name: string }> {
  const folder = await openFolder(options.videos);
  yield* convertCells(readCsv(file), options, async (row) => {
    const label = checkLabel(textOf(row, "label"), row.place, options);
    const second = (key: string) => String(integerOf(row, key)).padStart(6, "0");
    const name = `${textOf(row, "youtube_id")}_${second("time_start")}_${second("time_end")}.mp4`;
    const inClass = `${label.replaceAll(" ", "_").replace(/['()]/g, "")}/${name}`;
    const video = await folder.file(inClass, row.place).catch(() => folder.file(name, row.place));
    return { video, label_name: label };
  });
}
