/** A run's event file for TensorBoard: one in its folder, which resumed runs go on writing. */

import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { recoverDirectory, writeFileAtomically } from "../../checkpoint/atomic.ts";
import { fileError } from "../../checkpoint/json.ts";
import { scalarEvent, stepOfEvent, versionEvent } from "./event.ts";
import { frameRecord, readRecords } from "./records.ts";

export interface EventLog {
  /** Appends scalars by their tags, `train/loss` say. */
  add(step: number, scalars: Readonly<Record<string, number>>): Promise<void>;
}

const now = (): number => Date.now() / 1000;

/**
 * Opens the event file of a run, without what a resumed run computes again.
 *
 * @param after step that the run goes on from; 0 for a fresh start, which keeps nothing
 */
export async function openEventLog(dir: string, after: number): Promise<EventLog> {
  const known = (await readdir(dir)).find((name) => /^\.?events\.out\.tfevents\./.test(name));
  const name = known?.replace(/^\.|\.(tmp|new|old)-[0-9a-f]{12}$/g, "");
  const file = join(dir, name ?? `events.out.tfevents.${Math.floor(now())}.onefold`);
  await recoverDirectory(file);
  const bytes = await readFile(file).catch(() => new Uint8Array());
  const kept = [...readRecords(bytes)].filter((event, i) => {
    const step = stepOfEvent(event);
    return step === undefined ? i === 0 : after > 0 && step <= after;
  });
  if (kept.length === 0) kept.push(versionEvent(now()));
  const trimmed = Buffer.concat(kept.map(frameRecord));
  if (!trimmed.equals(bytes)) await writeFileAtomically(file, (sink) => sink.write(trimmed));
  return {
    async add(step, scalars) {
      try {
        await appendFile(file, frameRecord(scalarEvent(step, scalars, now())));
      } catch (error) {
        throw fileError(error, file);
      }
    },
  };
}
