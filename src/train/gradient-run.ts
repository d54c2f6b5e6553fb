/** One loss in the engine: its gradient program, bound to the memory of a trainer. */

import { fromValues, type NDArray, zeros } from "../graph/ndarray.ts";
import type { Port } from "../graph/program.ts";
import { createSession } from "../runtime/index.ts";
import type { BoundRun, NDArrays, Session, SessionOptions } from "../runtime/types.ts";
import { CarriedState } from "./carried-state.ts";
import { firstNonFinite } from "./first-non-finite.ts";
import { type GradientProgram, gradientOf } from "./gradient.ts";
import type { TrainMemory } from "./memory.ts";
import { inputsFor } from "./sessions.ts";
import { StepAhead } from "./step-ahead.ts";
import { StepSums } from "./step-sums.ts";

/** Where a micro-batch's gradients go. */
type Target = "gradients" | "scratch";

/** State with a lifetime: sessions, and arrays that are bound to them. */
export class GradientRun implements Disposable {
  /** What it reports, summed over the micro-batches since `start`. */
  readonly sums: StepSums;
  private readonly programs: GradientProgram;
  private readonly engine: SessionOptions;
  private readonly memory: TrainMemory;
  private readonly session: Session;
  private readonly ahead: StepAhead | undefined;
  private readonly carried: CarriedState;
  private readonly loss = zeros("f32", []);
  private readonly weight = zeros("f32", []);
  /** Parameters that the loss does not use: it writes no gradients for them. */
  private readonly unused: readonly string[];
  private readonly bound = new Map<Target, BoundRun>();
  private lossSession: Session | undefined;

  private constructor(
    programs: GradientProgram,
    memory: TrainMemory,
    engine: SessionOptions,
    session: Session,
    ahead: StepAhead | undefined,
  ) {
    this.programs = programs;
    this.memory = memory;
    this.engine = engine;
    this.session = session;
    this.ahead = ahead;
    this.carried = new CarriedState(programs.traced);
    this.sums = new StepSums(programs.traced);
    const used = new Set(programs.parameters.map(({ name }) => name));
    this.unused = [...memory.parameters.keys()].filter((name) => !used.has(name));
  }

  static async create(
    programs: GradientProgram,
    memory: TrainMemory,
    engine: SessionOptions,
  ): Promise<GradientRun> {
    const session = await createSession(programs.program, engine);
    const ahead = await StepAhead.create(programs, engine);
    return new GradientRun(programs, memory, engine, session, ahead);
  }

  /**
   * Begins a step.
   *
   * @param weight one over what the whole step supervises
   * @param batches of this loss
   */
  async start(
    weight: number,
    batches: readonly { readonly inputs: NDArrays }[],
    signal?: AbortSignal,
  ): Promise<void> {
    this.weight.data[0] = weight;
    this.carried.reset();
    this.sums.reset();
    await this.ahead?.compute(Object.fromEntries(this.memory.parameters), batches, signal);
  }

  /** Forward and backward of a micro-batch. Returns its part of the step's loss. */
  async run(inputs: NDArrays, target: Target, signal?: AbortSignal): Promise<number> {
    let run = this.bound.get(target);
    if (!run) {
      run = this.bind(target);
      this.bound.set(target, run);
    }
    for (const [name, array] of Object.entries(inputs)) run.rebind(name, array);
    this.carried.bind(run);
    await run.run(signal);
    const part = Number(this.loss.data[0]);
    if (!Number.isFinite(part)) return part;
    this.carried.advance();
    this.sums.add();
    for (const name of this.unused) (this.memory[target].get(name)!.data as Float32Array).fill(0);
    return part;
  }

  /** The sum of the loss over a micro-batch, without learning. */
  async evaluate(inputs: NDArrays): Promise<number> {
    this.lossSession ??= await createSession(this.programs.lossProgram, this.engine);
    this.carried.reset();
    const weight = fromValues("f32", [], [1]);
    const given = inputsFor(this.lossSession, { ...this.fixed, ...inputs, weight });
    const { loss } = await this.lossSession.run(given, { fetch: ["loss"] });
    return Number(loss.data[0]);
  }

  /** What first went wrong in a micro-batch. */
  firstNonFinite(inputs: NDArrays): Promise<string | undefined> {
    this.carried.reset();
    const { threads, weights } = this.engine;
    return firstNonFinite(this.programs, { ...this.fixed, ...inputs }, { threads, weights });
  }

  [Symbol.dispose](): void {
    for (const run of this.bound.values()) run.dispose();
    this.session.dispose();
    this.ahead?.[Symbol.dispose]();
    this.lossSession?.dispose();
  }

  /** What every run of the program reads, besides the batch. */
  private get fixed(): Record<string, NDArray> {
    return {
      ...Object.fromEntries(this.programs.parameters.map(({ name }) => [name, this.of(name)])),
      ...this.carried.inputs,
      ...this.ahead?.inputs,
      weight: this.weight,
    };
  }

  private of(name: string): NDArray {
    return this.memory.parameters.get(name)!;
  }

  /** The gradient program, with its gradients going to `target`. */
  private bind(target: Target): BoundRun {
    const outputs: Record<string, NDArray> = {
      loss: this.loss,
      ...this.sums.outputs,
      ...this.carried.outputs,
    };
    for (const { name } of this.programs.parameters) {
      outputs[gradientOf(name)] = this.memory[target].get(name)!;
    }
    const known = this.fixed;
    const rest = this.session.inputs.filter(({ name }) => !(name in known));
    const empty = Object.fromEntries(rest.map((port) => [port.name, placeholder(port)]));
    return this.session.bind({ inputs: { ...known, ...empty }, outputs });
  }
}

/** Stands in for an input until the first batch: rank and dtype, every symbolic axis 1. */
const placeholder = ({ dtype, shape }: Port): NDArray =>
  zeros(
    dtype,
    shape.map((axis) => (typeof axis === "number" ? axis : 1)),
  );
