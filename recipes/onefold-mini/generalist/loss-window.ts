/** Progress of long trainings: losses of each task, rate and time left. */

import type { StepMetrics } from "../../../src/train/index.ts";

const WINDOW = 25;

/** Prints a line every 25 steps. */
export function lossWindow(steps: number): (m: StepMetrics) => void {
  let [seconds, count] = [0, 0];
  const sums = new Map<string, { loss: number; count: number }>();
  return (m) => {
    seconds += m.tokens / m.tokensPerSecond;
    count++;
    for (const [name, value] of Object.entries(m.metrics)) {
      const sum = sums.get(name) ?? { loss: 0, count: 0 };
      sums.set(name, { loss: sum.loss + value, count: sum.count + 1 });
    }
    if (m.step % WINDOW !== 0) return;
    const losses = Array.from(
      sums,
      ([name, sum]) => `${name.slice(5)} ${(sum.loss / sum.count).toFixed(3)}`,
    );
    const rate = seconds / count;
    const left = ((steps - m.step) * rate) / 60;
    console.log(
      `step ${m.step}/${steps}  ${rate.toFixed(2)} s a step, ${left.toFixed(1)} min left  ` +
        losses.toSorted().join("  "),
    );
    [seconds, count] = [0, 0];
    sums.clear();
  };
}
