/** `onefold train CONFIG`: a model from a config file, resumable at any moment. */

import type { Command } from "commander";
import { type JobPlan, trainFromConfig } from "../../train/job/job.ts";
import { describeMemory } from "../../train/job/memory.ts";
import { trainConfigSchema } from "../../train/job/schema.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { optionTable } from "../option-table.ts";
import { collect } from "../options.ts";
import { createMeter, createStatusLine } from "../progress.ts";
import { createPaint, formatCount, formatDuration } from "../render.ts";

interface TrainFlags {
  readonly set?: string[];
}

export function define(command: Command, io: Io): void {
  command
    .argument("<config>", "YAML or JSON file; paths in it are relative to it")
    .option("--set <key=value>", "override an option of the config (repeatable)", collect)
    .action(async (config: string, { set }: TrainFlags, self: Command) => {
      await train(io, config, { set, json: self.optsWithGlobals().json === true });
    })
    .addHelpText(
      "after",
      () => `\nOptions of the config (* required):\n${optionTable(trainConfigSchema)}${notes}`,
    );
}

const notes = `

A run that was killed, or stopped with Ctrl-C (exit code 130), goes on from its newest checkpoint
when the same command is run again. metrics.jsonl in the output folder has a line for each step.

Example:
  onefold train config.yaml --set train.lr=1e-4 --set train.steps=2000`;

async function train(
  io: Io,
  file: string,
  { set, json }: { readonly set?: readonly string[]; readonly json: boolean },
): Promise<void> {
  const signal = io.interruptible();
  const status = createStatusLine(io.stderr);
  const say = (text: string): unknown => (json ? undefined : io.stderr.write(`${text}\n`));
  const emit = (event: string, values: object): unknown =>
    json ? io.stdout.write(`${JSON.stringify({ event, ...values })}\n`) : undefined;
  let total = 0;
  let reached = 0;
  let meter = createMeter(0);
  const { model, output } = await trainFromConfig(file, {
    set,
    signal,
    onPlan: (plan) => {
      total = plan.steps;
      emit("plan", plan);
      say(describePlan(plan));
    },
    onStart: (step) => {
      reached = step;
      meter = createMeter(total, { start: step });
      emit("start", { step });
      if (step > 0) say(`going on from step ${step}`);
    },
    onEvaluation: ({ step, ...values }) => {
      emit("evaluation", { step, ...values });
      const parts = Object.entries(values).map(([name, value]) => `${name} ${value.toFixed(4)}`);
      say(`step ${step}, held out: ${parts.join(", ")}`);
    },
    onStep: (metrics) => {
      reached = metrics.step;
      const { sums: _, ...line } = metrics; // whole arrays
      emit("step", line);
      meter.set(metrics.step);
      if (json) return;
      status.show(
        `step ${metrics.step}/${total}: loss ${metrics.loss.toFixed(4)}, ` +
          `lr ${metrics.learningRate.toExponential(1)}, ` +
          `${formatCount(Math.round(metrics.tokensPerSecond))} tokens/s, ` +
          `ETA ${formatDuration(meter.secondsLeft)}`,
      );
    },
  }).finally(() => status.finish());
  if (model === undefined) {
    emit("stopped", { step: reached, output });
    say(`stopped at step ${reached} with a checkpoint; run the same command to go on`);
  }
  signal.throwIfAborted();
  if (json) await writeJson(io, { event: "done", step: reached, model });
  else await writeLine(io, createPaint(io.stdout, io.env).bold(model ?? output));
}

function describePlan(plan: JobPlan): string {
  const { samples, tokens, supervised, cut, parameters } = plan;
  const note = cut > 0 ? `; ${cut} cut at data.max_length` : "";
  const learned =
    supervised === undefined
      ? ", answers are sampled"
      : `, ${((100 * supervised) / tokens).toFixed(1)} % of them learned`;
  return (
    `${plan.isFresh ? "fresh " : ""}${plan.model}: ${formatCount(parameters)} parameters\n` +
    `${samples} samples, ${formatCount(tokens)} tokens${learned}${note}\n` +
    describeMemory(plan.memory)
  );
}
