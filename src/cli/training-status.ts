/** What a training job that is part of another command shows of itself. */

import type { JobOptions } from "../train/index.ts";
import type { Io } from "./io.ts";
import { createMeter, createStatusLine } from "./progress.ts";
import { formatDuration } from "./render.ts";

export interface TrainingStatus {
  readonly job: Pick<JobOptions, "onPlan" | "onStart" | "onStep">;
  /** Says a line that stays; as an event with `--json`. */
  say(event: string, values: object, text: string): void;
  finish(): void;
}

/** @param json events as JSON lines on standard output, in place of text on standard error */
export function trainingStatus(io: Io, json: boolean): TrainingStatus {
  const status = createStatusLine(io.stderr);
  let total = 0;
  let meter = createMeter(0);
  const say: TrainingStatus["say"] = (event, values, text) => {
    if (json) io.stdout.write(`${JSON.stringify({ event, ...values })}\n`);
    else status.finish(text);
  };
  return {
    say,
    finish: () => status.finish(),
    job: {
      onPlan(plan) {
        total = plan.steps;
        const { model, samples, tokens, steps } = plan;
        say(
          "plan",
          { model, samples, tokens, steps },
          `${model}: ${samples} samples, ${steps} steps`,
        );
      },
      onStart(step) {
        meter = createMeter(total, { start: step });
        if (step > 0) say("start", { step }, `going on from step ${step}`);
      },
      onStep({ step, loss, metrics }) {
        meter.set(step);
        const { reward } = metrics ?? {};
        const gained = typeof reward === "number" ? `, reward ${reward.toFixed(3)}` : "";
        if (json) io.stdout.write(`${JSON.stringify({ event: "step", step, loss, reward })}\n`);
        else {
          const rate = `${meter.rate.toFixed(2)} steps/s, ETA ${formatDuration(meter.secondsLeft)}`;
          status.show(`step ${step}/${total}: loss ${loss.toFixed(4)}${gained}, ${rate}`);
        }
      },
    },
  };
}
