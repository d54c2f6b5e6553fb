// A user's program: every sub-path resolves, and their main types hold together.
import { toValues } from "onefold";
import { type AiModel, aiModel } from "onefold/ai";
import { type Checkpoint, openCheckpoint } from "onefold/checkpoint";
import { Sandbox, type SandboxOutcome } from "onefold/evaluate";
import { generate } from "onefold/generate";
import {
  dim,
  fromValues,
  grad,
  input,
  lower,
  mul,
  type NDArray,
  type Program,
  sum,
} from "onefold/graph";
import { type Tokenizer, trainBpe } from "onefold/media";
import { resize } from "onefold/media/browser";
import { type MetricName, metric } from "onefold/metrics";
import { type LoadedModel, load } from "onefold/model";
import { forwardProgram, type Model } from "onefold/models";
import { linear, normal, type Scope } from "onefold/nn";
import { createSession, type Session } from "onefold/runtime";
import { createModelPool, type RunningServer, startServer } from "onefold/serve";
import { type Checked, type DataOf, type OutputOf, parseInstruction } from "onefold/task";
import { mockModel } from "onefold/testing";
import { type AdamWOptions, defaultAdamW, rateAt, type Schedule } from "onefold/train";

// d(sum(x * x)) / dx = 2 x, traced, differentiated, compiled and run.
const x = input("x", "f32", [dim("n")]);
const [gradient] = grad(sum(mul(x, x)), [x]);
const program: Program = lower({ inputs: [x], outputs: { gradient: gradient! } });
using session: Session = await createSession(program);
const values: NDArray = fromValues("f32", [2], [1, 2]);
const outputs: Record<string, NDArray> = await session.run({ x: values });
console.log(toValues(outputs.gradient!));

// An instruction types its record and its result.
const instruction = "[IMAGE:img] find all -> ( [BOX:box] [TEXT:label] )*";
const checked: Checked<typeof instruction> = instruction;
const data: DataOf<typeof instruction> = { img: "street.png" };
const found: OutputOf<typeof instruction> = { items: [{ box: [0, 0, 8, 8], label: "car" }] };
console.log(parseInstruction(checked).source.length, data.img, found.items[0]?.box[3]);

const score: MetricName = "accuracy";
console.log(metric(score).better);

/** What the rest of the types look like from outside; called by nobody. */
export async function use(model: Model, tokenizer: Tokenizer, scope: Scope): Promise<void> {
  const json = trainBpe(["one two"], { vocabSize: 260, specialTokens: ["<|end|>"] });
  const ids: Int32Array = tokenizer.encode(json.version);
  using checkpoint: Checkpoint = await openCheckpoint("folder");
  const name: string = forwardProgram(model.config).hash;
  scope.parameter(name, [ids.length, checkpoint.names.length], normal(0.02));
  linear(scope, x, 2);
  console.log(resize({ width: 1, height: 1, data: new Uint8Array(3) }, 2, 2).data.length);
  const adamw: AdamWOptions = defaultAdamW;
  const rate: (schedule: Schedule, step: number) => number = rateAt;
  await using server: RunningServer = await startServer(createModelPool([]));
  console.log(generate.name, adamw, rate.name, server.url);
  const outcome: SandboxOutcome = (await Sandbox.load()).run("1 + 1");
  console.log(outcome.kind);
  const loaded: LoadedModel = name === "mock" ? mockModel(["hi"]) : await load(name);
  const forSdk: AiModel = aiModel(loaded);
  console.log((await loaded.generate("hello")).content, forSdk.modelId);
}
