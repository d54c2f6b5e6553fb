/** What motions and sounds of the tasks are like: the network sees them with mean 0, deviation 1. */

import { melSpectrogram, motionStatistics, resample, resampleMotion } from "../../media/index.ts";
import type { Motion } from "../../media/types.ts";
import { audioOf, motionOf } from "../prepare/media.ts";
import { recordsOf } from "../records.ts";
import type { Task } from "../task.ts";

/** Records of each task that are measured. */
const RECORDS = 100;

/** Values of the slot that tasks of a kind write. */
async function* writtenBy(tasks: readonly Task[], kind: "motion" | "speech" | "codes") {
  for (const { name, plans, train } of tasks) {
    const [{ target }] = plans;
    if (target.kind !== kind || !train) continue;
    for await (const record of recordsOf(train, RECORDS, name)) {
      const { name: slot } = target.slot;
      yield { value: (record as Record<string, unknown>)[slot], where: `task ${name}, [${slot}]` };
    }
  }
}

/** @param rate frames a second */
export async function motionStatisticsOf(tasks: readonly Task[], rate: number, where: string) {
  const motions: Motion[] = [];
  for await (const { value, where: slot } of writtenBy(tasks, "motion")) {
    motions.push(resampleMotion(await motionOf(value, slot), rate));
  }
  if (motions.length === 0) throw new Error(noneFor(where, "motion", "motions"));
  const { mean, deviation } = motionStatistics(motions);
  const short = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(6)));
  return { features: mean.length, mean: short(mean), deviation: short(deviation) };
}

/** Of all log-mel values together. */
export async function speechStatistics(
  tasks: readonly Task[],
  { mels, sample_rate: rate }: { readonly mels: number; readonly sample_rate: number },
  where: string,
) {
  let [count, sum, squares] = [0, 0, 0];
  for await (const { value, where: slot } of writtenBy(tasks, "speech")) {
    const { data } = melSpectrogram(resample(await audioOf(value, slot), rate), { mels });
    count += data.length;
    for (const mel of data) {
      sum += mel;
      squares += mel * mel;
    }
  }
  if (count === 0) throw new Error(noneFor(where, "speech", "sound"));
  const mean = sum / count;
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
  const [short, width] = [mean, Math.max(deviation, 0.05)].map((v) => Number(v.toPrecision(6)));
  return { mean: short, deviation: width };
}

const noneFor = (where: string, key: string, what: string): string =>
  `${where}: "model.${key}" is measured on what tasks write, and no task writes ${what}; leave it out`;
