/** `onefold task list`: the example tasks. */

import { type Preset, presets } from "../../task/index.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { createPaint } from "../render.ts";

export async function listTasks(io: Io, json: boolean): Promise<void> {
  if (json) return writeJson(io, presets.map(described));
  const paint = createPaint(io.stdout, io.env);
  for (const { name, about, instruction, data, metric } of presets.map(described)) {
    await writeLine(io, `${paint.bold(name)}  ${about}`);
    await writeLine(io, `  ${instruction}`);
    await writeLine(io, paint.dim(`  data: ${data}; metric: ${metric ?? "none"}`));
  }
}

const described = ({ name, number, about, instruction, metric, closedSet, data }: Preset) => ({
  ...{ name, number, about, instruction, closedSet, data },
  metric: metric?.name ?? null,
});
