/** `onefold task train CONFIG`: one model learns the tasks of a config file. */

import { runTaskTraining, type TaskEvaluation, type TrainTasksOptions } from "../../task/index.ts";
import type { StepMetrics } from "../../train/index.ts";
import { type Io, writeJson, writeLine } from "../io.ts";
import { createMeter, createStatusLine, type Meter, type StatusLine } from "../progress.ts";
import { createPaint, formatCount, formatDuration, formatTable } from "../render.ts";

interface TrainFlags {
  readonly set?: readonly string[];
  readonly json: boolean;
}

export async function trainTaskConfig(io: Io, file: string, { set, json }: TrainFlags) {
  const signal = io.interruptible();
  const status = createStatusLine(io.stderr);
  const say = (text: string): unknown => (json ? undefined : io.stderr.write(`${text}\n`));
  const emit = (event: string, values: object): unknown =>
    json ? io.stdout.write(`${JSON.stringify({ event, ...values })}\n`) : undefined;
  let [total, codeSteps, reached] = [0, 0, 0];
  let meter = createMeter(0);
  let codesMeter: Meter | undefined;
  const { model, output, scores } = await runTaskTraining(file, {
    set,
    signal,
    onPlan: (plan) => {
      total = plan.steps;
      codeSteps = plan.codeSteps ?? 0;
      emit("plan", planOf(plan));
      say(describePlan(plan));
    },
    onCodeStep: (metrics) => {
      codesMeter ??= createMeter(codeSteps, { start: metrics.step - 1 });
      codesMeter.set(metrics.step);
      emit("code-step", withoutSums(metrics));
      if (!json) showStep(status, "codes of images: step", metrics, codeSteps, codesMeter);
    },
    onStart: (step) => {
      reached = step;
      meter = createMeter(total, { start: step });
      emit("start", { step });
      if (step > 0) say(`going on from step ${step}`);
    },
    onEvaluation: (step, { predictions: _, ...score }) => {
      emit("evaluation", { step, ...score });
      say(`step ${step}, held out: ${score.task} ${describeScore(score)}`);
    },
    onStep: (metrics) => {
      reached = metrics.step;
      emit("step", withoutSums(metrics));
      meter.set(metrics.step);
      if (!json) showStep(status, "step", metrics, total, meter);
    },
  }).finally(() => status.finish());
  if (model === undefined) {
    emit("stopped", { step: reached, output });
    say(`stopped at step ${reached} with a checkpoint; run the same command to go on`);
  }
  signal.throwIfAborted();
  if (json) {
    const lines = scores.map(({ predictions: _, ...score }) => score);
    await writeJson(io, { event: "done", step: reached, model, scores: lines });
    return;
  }
  if (scores.length > 0) say(scoreTable(scores));
  await writeLine(io, createPaint(io.stdout, io.env).bold(model ?? output));
}

/** Of a run that may be interrupted: sums may be whole arrays. */
const withoutSums = ({ sums: _, ...line }: StepMetrics) => line;

function showStep(
  status: StatusLine,
  label: string,
  metrics: StepMetrics,
  total: number,
  meter: Meter,
): void {
  status.show(
    `${label} ${metrics.step}/${total}: loss ${metrics.loss.toFixed(4)}, ` +
      `lr ${metrics.learningRate.toExponential(1)}, ` +
      `${formatCount(Math.round(metrics.tokensPerSecond))} positions/s, ` +
      `ETA ${formatDuration(meter.secondsLeft)}`,
  );
}

function planOf({ model, tasks, steps, dir }: TrainTasksOptions) {
  const { body, ...parts } = model.config;
  return {
    body: body.kind,
    vocabulary: model.vocabulary.tokenizer.vocabSize,
    parts: Object.entries(parts).flatMap(([name, part]) => (part ? name : [])),
    tasks: tasks.map(({ name, instruction, weight }) => ({ name, instruction, weight })),
    steps,
    output: dir,
  };
}

function describePlan(options: TrainTasksOptions): string {
  const { body, vocabulary, parts, tasks } = planOf(options);
  const rows = tasks.map(({ name, instruction, weight }) => [
    `  ${name}`,
    weight === 1 ? "" : `x ${weight}`,
    instruction,
  ]);
  const with_ = parts.length > 0 ? ` with ${parts.join(", ")}` : "";
  return `${body} of ${formatCount(vocabulary)} tokens${with_}; tasks:\n${formatTable(rows)}`;
}

type Score = Omit<TaskEvaluation, "predictions">;

const describeScore = ({ metric, value, count, errors }: Score): string =>
  `${metric} ${value === undefined ? "-" : value.toFixed(4)} (${count} records` +
  `${errors > 0 ? `, ${errors} failed` : ""})`;

function scoreTable(scores: readonly TaskEvaluation[]): string {
  const rows = scores.map(({ task, metric, value, count, errors, predictions }) => [
    task,
    metric,
    value === undefined ? "-" : value.toFixed(4),
    String(count),
    errors > 0 ? `${errors} failed: ${predictions.find(({ error }) => error)?.error}` : "",
  ]);
  return formatTable([["task", "metric", "value", "records", ""], ...rows], [2, 3]);
}
