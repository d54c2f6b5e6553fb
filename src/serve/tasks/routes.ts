/** GET /tasks, POST /tasks/explain and POST /tasks/infer: instructions over all modalities. */

import type { Image } from "../../media/types.ts";
import {
  explainPlan,
  type GenerateOptions,
  InstructionError,
  type Plan,
  parseTemplates,
  planOf,
  requireParts,
  type TaskModelConfig,
} from "../../task/index.ts";
import { readBody } from "../body.ts";
import type { Call } from "../call.ts";
import { checked, HttpError } from "../errors.ts";
import { explainBody, type InferBody } from "../schemas/tasks.ts";
import { examplesFor, givenBy, takenBy } from "./examples.ts";
import { inferPlan } from "./infer-plan.ts";
import { taskOutputs } from "./outputs.ts";
import { readTaskRequest } from "./read-request.ts";

/** What a model takes and gives; nothing beyond chat where it was not made for tasks. */
export async function listTasks(call: Call): Promise<Response> {
  const asked = new URL(call.request.url).searchParams.get("model");
  const { name, runner } = await call.acquireTasks(asked ?? undefined);
  const config = runner?.model.config;
  return Response.json({
    object: "task.list",
    model: name,
    takes: config ? takenBy(config) : [],
    gives: config ? givenBy(config) : [],
    examples: config ? examplesFor(config) : [],
  });
}

/** A plan, or what is wrong with the instruction and where: both are answers to this question. */
export async function explainTask(call: Call): Promise<Response> {
  const { bodyLimit } = call.options;
  const { model, instruction } = await readBody(call.request, explainBody, bodyLimit);
  const { name, runner } = await runnerOf(call, model);
  const head = { object: "task.plan", model: name, instruction };
  try {
    const plan = planOf(parseTemplates(instruction)[0]);
    const explained = { ...explainPlan(plan, runner.model), body: bodyWords(runner.model.config) };
    return Response.json({ ...head, plan: explained, problem: null });
  } catch (error) {
    if (!(error instanceof InstructionError)) throw error;
    const { message, position } = error;
    return Response.json({ ...head, plan: null, problem: { message, position } });
  }
}

/** The network in the middle, in a few words. */
function bodyWords({ body }: TaskModelConfig): string {
  if (body.kind === "ofa") return "encoder and decoder of OFA";
  const { layers, hiddenSize } = body.config;
  return `decoder, ${layers} layers, width ${hiddenSize}`;
}

export async function inferTask(call: Call): Promise<Response> {
  const { model, instruction, inputs, options } = await readTaskRequest(call);
  const { name, runner } = await runnerOf(call, model);
  const plan = checked(() => planOf(parseTemplates(instruction)[0]), "instruction");
  checked(() => requireParts(plan, runner.model.config), "instruction");
  const asked = performance.now();
  const answer = await runner.run(async (tasks) => {
    const began = performance.now();
    const { record, values, read } = await inferPlan(call, tasks, plan, inputs, toOptions(options));
    const done = performance.now();
    const outputs = await taskOutputs(plan, values);
    const over = firstImage(plan, record);
    return {
      outputs,
      /** The image that boxes lie in. */
      ...(over && { image: over }),
      timings: {
        wait_ms: Math.round(began - asked),
        decode_ms: Math.round(read - began),
        run_ms: Math.round(done - read),
        total_ms: Math.round(performance.now() - call.started),
      },
    };
  }, call.signal);
  return Response.json({ object: "task.result", model: name, instruction, ...answer });
}

async function runnerOf(call: Call, asked: string | undefined) {
  const { name, runner } = await call.acquireTasks(asked);
  if (runner) return { name, runner };
  throw new HttpError(400, `${name} takes and gives text alone; tasks need a model made for them`, {
    code: "no_tasks",
    param: "model",
  });
}

function firstImage(plan: Plan, record: Readonly<Record<string, unknown>>) {
  const group = plan.source.find(({ kind }) => kind === "image");
  if (group?.kind !== "image") return undefined;
  const { name } = group.slot;
  const { width, height } = record[name] as Image; // decoded above
  return { slot: name, width, height };
}

/** Left-out keys stay left out, so that the task's own defaults count. */
function toOptions(given: InferBody["options"]): GenerateOptions {
  if (!given) return {};
  const options: GenerateOptions = {
    closedSet: given.closed_set,
    beam: given.beam,
    lengthPenalty: given.length_penalty,
    noRepeatNgram: given.no_repeat_ngram,
    maxLength: given.max_length,
    minLength: given.min_length,
    temperature: given.temperature,
    topK: given.top_k,
    topP: given.top_p,
    seed: given.seed,
    frames: given.frames,
    steps: given.steps,
    guidance: given.guidance,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
