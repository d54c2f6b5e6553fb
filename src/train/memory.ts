/** Where trained parameters live: memory that the engine, the kernels and JavaScript all see. */

import { byteLength, type NDArray, sizeOf } from "../graph/ndarray.ts";
import { createKernelMemory, createKernels, type Kernels } from "./kernels.ts";

export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Consecutive parameters of one kind, in the sections of an arena. */
export interface Range {
  readonly arena: Arena;
  /** Byte offset within a section. */
  readonly start: number;
  readonly bytes: number;
  /** Decoupled weight decay applies. */
  readonly decays: boolean;
  /** Updated as whole matrices, by Muon; otherwise element by element, by AdamW. */
  readonly isMuon: boolean;
}

interface Arena {
  readonly kernels: Kernels;
  readonly buffer: ArrayBuffer;
  /** Bytes of a section; sections follow in the order of `sections`. */
  readonly size: number;
}

/** `scratch` takes the gradients that are then added to `gradients`: one micro-batch's. */
const sections = ["parameters", "gradients", "means", "squares", "scratch"] as const;
type Section = (typeof sections)[number];

export type TrainMemory = Readonly<Record<Section, ReadonlyMap<string, NDArray>>> & {
  readonly arenas: readonly Arena[];
  readonly ranges: readonly Range[];
  /** Byte address of a section in its arena's kernel memory. */
  address(arena: Arena, section: Section): number;
};

/** WebAssembly memory ends at 4 GiB, of which each section takes its share. */
const SECTION_LIMIT = Math.floor(2 ** 32 / sections.length / 65_536 - 1) * 65_536;
/** Tensors start on cache lines, so that no two share one. */
const ALIGNMENT = 64;

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/**
 * Zeroed f32 memory for parameters, gradients (twice, for accumulation) and AdamW's two moments.
 * The system backs only what is written: without accumulation, `scratch` costs address space.
 *
 * @param decays whether weight decay applies to a parameter (default: matrices, not norms, biases)
 * @param isMuon whether Muon updates a parameter (default: none)
 * @throws Error for a single tensor of more than 214 million elements
 */
export function createTrainMemory(
  shapes: readonly ParameterShape[],
  decays: (parameter: ParameterShape) => boolean = ({ shape }) => shape.length >= 2,
  isMuon: (parameter: ParameterShape) => boolean = () => false,
): TrainMemory {
  const kindOf = (p: ParameterShape): number => (isMuon(p) ? 2 : 0) + (decays(p) ? 1 : 0);
  const ordered = [1, 0, 3, 2].flatMap((kind) => shapes.filter((p) => kindOf(p) === kind));
  const plan = planArenas(ordered);
  const views = {
    parameters: new Map(),
    gradients: new Map(),
    means: new Map(),
    squares: new Map(),
    scratch: new Map(),
  };
  const arenas: Arena[] = [];
  const ranges: Range[] = [];
  for (const { members, size } of plan) {
    const memory = createKernelMemory(size * sections.length);
    const arena = { kernels: createKernels(memory), buffer: memory.buffer, size };
    arenas.push(arena);
    for (const { parameter, offset } of members) {
      const { name, shape } = parameter;
      sections.forEach((section, i) => {
        const data = new Float32Array(arena.buffer, i * size + offset, sizeOf(shape));
        views[section].set(name, { dtype: "f32", shape, data } satisfies NDArray);
      });
    }
    for (const kind of [1, 0, 3, 2]) {
      const some = members.filter((m) => kindOf(m.parameter) === kind);
      if (some.length === 0) continue;
      const start = some[0].offset;
      const last = some[some.length - 1];
      ranges.push({
        arena,
        start,
        bytes: last.offset + last.bytes - start,
        decays: kind % 2 === 1,
        isMuon: kind > 1,
      });
    }
  }
  const address = (arena: Arena, section: Section): number =>
    sections.indexOf(section) * arena.size;
  return { ...views, arenas, ranges, address };
}

interface Member {
  readonly parameter: ParameterShape;
  readonly offset: number;
  readonly bytes: number;
}

/** Fills arenas one after the other. */
function planArenas(parameters: readonly ParameterShape[]): { members: Member[]; size: number }[] {
  const plan: { members: Member[]; size: number }[] = [];
  for (const parameter of parameters) {
    const bytes = align(byteLength({ dtype: "f32", shape: parameter.shape }));
    if (bytes > SECTION_LIMIT) {
      throw new Error(
        `train: parameter ${parameter.name} [${parameter.shape}] has more than ` +
          `${SECTION_LIMIT / 4} elements; split it or freeze it`,
      );
    }
    let arena = plan[plan.length - 1];
    if (!arena || arena.size + bytes > SECTION_LIMIT) {
      arena = { members: [], size: 0 };
      plan.push(arena);
    }
    arena.members.push({ parameter, offset: arena.size, bytes });
    arena.size += bytes;
  }
  return plan;
}
