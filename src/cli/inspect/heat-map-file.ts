/** Heat maps of measurements as files. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../checkpoint/atomic.ts";
import { type HeatMap, heatMap } from "../../plot/index.ts";

/** @returns the file's path */
export async function writeHeatMap(folder: string, name: string, map: HeatMap): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  const svg = heatMap(map);
  await writeFileAtomically(file, (sink) => sink.write(Buffer.from(svg)));
  return file;
}
