/** How far a download is, in one line. */

import type { PullProgress } from "../checkpoint/index.ts";
import { formatBytes, formatDuration } from "./render.ts";

/** @example "model.safetensors (3/9): 25 %, 0.35 GiB of 1.40 GiB, 21.0 MiB/s, ETA 0:51" */
export function describePull(progress: PullProgress): string {
  const { file, filesDone, filesTotal, bytesDone, bytesTotal } = progress;
  const { bytesPerSecond, secondsLeft } = progress;
  const percent = bytesTotal > 0 ? Math.floor((100 * bytesDone) / bytesTotal) : 100;
  const parts = [`${percent} %`, `${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`];
  if (bytesPerSecond !== undefined) parts.push(`${formatBytes(bytesPerSecond)}/s`);
  if (secondsLeft !== undefined) parts.push(`ETA ${formatDuration(secondsLeft)}`);
  const position = Math.min(filesDone + 1, filesTotal);
  return `${file} (${position}/${filesTotal}): ${parts.join(", ")}`;
}
