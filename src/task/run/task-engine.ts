/** The sessions of a task model, loaded when first used. */

import type { WeightSource } from "../../graph/program.ts";
import { dim } from "../../graph/shape.ts";
import { createSession, type NDArrays, type Session } from "../../runtime/index.ts";
import { bodyOf, type TaskModelConfig } from "../model/config.ts";
import { groupArrays } from "../model/group-arrays.ts";
import { groupInput } from "../model/network.ts";
import type { PreparedGroup } from "../prepare/sample.ts";
import { beginProgram, type StepKind, targetProgram } from "./programs.ts";

export interface TaskEngineOptions {
  readonly config: TaskModelConfig;
  /** Read in place: what an optimiser writes there is what runs. */
  readonly weights: WeightSource;
  /**
   * The weights stay as they are, so steps of several rows may multiply with copies in the engine's
   * own layout (default false). A row alone reads them in place, which is as fast.
   */
  readonly isFrozen?: boolean;
  readonly threads?: number;
}

/** A source that was read, and the step program that goes on from it. */
export interface OpenedSource {
  readonly session: Session;
  readonly state: NDArrays;
  readonly sourceLength: number;
  /** Most positions of the target. */
  readonly capacity: number;
}

/** State with a lifetime: the engine's sessions. */
export class TaskEngine implements Disposable {
  readonly config: TaskModelConfig;
  readonly body: ReturnType<typeof bodyOf>;
  readonly ports: ReturnType<ReturnType<typeof bodyOf>["statePorts"]>;
  private readonly options: TaskEngineOptions;
  private readonly sessions = new Map<string, Promise<Session>>();
  private readonly opened: Session[] = [];

  constructor(options: TaskEngineOptions) {
    this.options = options;
    this.config = options.config;
    this.body = bodyOf(options.config);
    this.ports = this.body.statePorts(dim("source"), dim("capacity"));
  }

  /**
   * Reads one sample's source.
   *
   * @param length positions that the target may need
   * @param rows sentences that will be followed side by side
   */
  async read(
    groups: readonly PreparedGroup[],
    kind: StepKind,
    length: number,
    signal?: AbortSignal,
    rows = 1,
  ): Promise<OpenedSource> {
    // Few capacities, so few programs; the frames of a motion see each other and fill theirs.
    const capacity = kind === "motion" ? length : roundUp(length);
    const kinds = groups.map((group) => group.kind);
    const begin = await this.session(`${kinds.join("+")} ${capacity}`, () =>
      beginProgram(this.config, kinds, capacity),
    );
    const inputs = Object.fromEntries(
      groups.flatMap((group, i) =>
        Object.entries(groupArrays(this.config, [group], false)).map(([what, array]) => [
          groupInput(i, what),
          array,
        ]),
      ),
    );
    const state = await begin.run(inputs, { signal });
    const prepack = rows > 1 && this.options.isFrozen;
    const session = await this.session(
      prepack ? `${kind}, several rows` : kind,
      () => targetProgram(this.config, kind),
      prepack,
    );
    return { session, state, sourceLength: this.sourceLength(state, capacity), capacity };
  }

  /** A session by name, created when first asked for. */
  session(
    name: string,
    program: () => Parameters<typeof createSession>[0],
    prepack = false,
  ): Promise<Session> {
    const known = this.sessions.get(name);
    if (known) return known;
    const { weights, threads } = this.options;
    const session = createSession(program(), { weights, threads, prepack }).then((s) => {
      this.opened.push(s);
      return s;
    });
    this.sessions.set(name, session);
    return session;
  }

  [Symbol.dispose](): void {
    for (const session of this.opened) session.dispose();
  }

  private sourceLength(state: NDArrays, capacity: number): number {
    const port = this.ports.find(({ isBehindSource }) => isBehindSource);
    return port ? state[port.name].shape[2] - capacity : 0;
  }
}

const LEAST_CAPACITY = 32;

/** The next power of two. */
const roundUp = (length: number): number =>
  Math.max(LEAST_CAPACITY, 2 ** Math.ceil(Math.log2(length)));
