/** Where trained parameters live: memory that the engine, the kernels and JavaScript all see. */

import { byteLength, type NDArray, sizeOf } from "../graph/ndarray.ts";
import { createWasmMemory } from "../runtime/wasm-assembler.ts";
import { createKernels, type Kernels } from "./kernels.ts";

export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** How a parameter is updated. */
export interface Treatment {
  /** Decoupled weight decay applies. */
  readonly decays: boolean;
  /** Updated as a whole matrix, by Muon; otherwise element by element. */
  readonly isMuon: boolean;
  /** Multiplies the learning rate; 0 leaves the parameter as it is. */
  readonly rate: number;
}

/** Consecutive parameters of one treatment, in the sections of an arena. */
export interface Range extends Treatment {
  readonly arena: Arena;
  /** Byte offset within a section. */
  readonly start: number;
  readonly bytes: number;
}

interface Arena {
  readonly kernels: Kernels;
  readonly buffer: ArrayBuffer;
  /** Bytes of a section; sections follow in the order of `sections`. */
  readonly size: number;
}

/**
 * `scratch` takes the gradients that are then added to `gradients`: one micro-batch's. `averages`
 * is the moving average of the parameters.
 */
const sections = ["parameters", "gradients", "means", "squares", "scratch", "averages"] as const;
export type Section = (typeof sections)[number];

export type TrainMemory = Readonly<Record<Section, ReadonlyMap<string, NDArray>>> & {
  readonly arenas: readonly Arena[];
  readonly ranges: readonly Range[];
  /** Byte address of a range in a section of its arena's kernel memory. */
  address(range: Range, section: Section): number;
};

/** WebAssembly memory ends at 4 GiB, of which each section takes its share. */
const SECTION_LIMIT = Math.floor(2 ** 32 / sections.length / 65_536 - 1) * 65_536;
/** Tensors start on cache lines, so that no two share one. */
const ALIGNMENT = 64;

const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Matrices decay, norms and biases do not; no Muon; one rate. */
export const usualTreatment = ({ shape }: ParameterShape): Treatment => ({
  decays: shape.length >= 2,
  isMuon: false,
  rate: 1,
});

/**
 * Zeroed f32 memory for parameters, gradients (twice, for accumulation), two moments and an
 * average. The system backs only what is written: a section that nothing uses costs address space.
 *
 * @throws Error for a single tensor of more than 178 million elements
 */
export function createTrainMemory(
  shapes: readonly ParameterShape[],
  treat: (parameter: ParameterShape) => Treatment = usualTreatment,
): TrainMemory {
  const groups = new Map<string, { treatment: Treatment; members: ParameterShape[] }>();
  for (const shape of shapes) {
    const treatment = treat(shape);
    const key = JSON.stringify([treatment.decays, treatment.isMuon, treatment.rate]);
    const group = groups.get(key) ?? { treatment, members: [] };
    groups.set(key, group);
    group.members.push(shape);
  }
  const views = Object.fromEntries(
    sections.map((section) => [section, new Map<string, NDArray>()]),
  ) as Record<Section, Map<string, NDArray>>; // fromEntries forgets the keys
  const arenas: Arena[] = [];
  const ranges: Range[] = [];
  for (const { pieces, size } of planArenas([...groups.values()])) {
    const memory = createWasmMemory(size * sections.length);
    const arena = { kernels: createKernels(memory), buffer: memory.buffer, size };
    arenas.push(arena);
    for (const { treatment, start, bytes, members } of pieces) {
      ranges.push({ ...treatment, arena, start, bytes });
      for (const { parameter, offset } of members) {
        const { name, shape } = parameter;
        sections.forEach((section, i) => {
          const data = new Float32Array(arena.buffer, i * size + offset, sizeOf(shape));
          views[section].set(name, { dtype: "f32", shape, data } satisfies NDArray);
        });
      }
    }
  }
  const address = ({ arena, start }: Range, section: Section): number =>
    sections.indexOf(section) * arena.size + start;
  return { ...views, arenas, ranges, address };
}

/** Neighbours in an arena that share a treatment. */
interface Piece {
  readonly treatment: Treatment;
  readonly start: number;
  bytes: number;
  readonly members: { readonly parameter: ParameterShape; readonly offset: number }[];
}

/** Fills arenas one after the other, group by group. */
function planArenas(
  groups: readonly { treatment: Treatment; members: readonly ParameterShape[] }[],
): { pieces: Piece[]; size: number }[] {
  const plan: { pieces: Piece[]; size: number }[] = [];
  for (const { treatment, members } of groups) {
    let piece: Piece | undefined;
    for (const parameter of members) {
      const bytes = align(byteLength({ dtype: "f32", shape: parameter.shape }));
      if (bytes > SECTION_LIMIT) {
        throw new Error(
          `train: parameter ${parameter.name} [${parameter.shape}] has more than ` +
            `${SECTION_LIMIT / 4} elements; split it or freeze it`,
        );
      }
      let arena = plan[plan.length - 1];
      if (!arena || arena.size + bytes > SECTION_LIMIT) {
        arena = { pieces: [], size: 0 };
        plan.push(arena);
        piece = undefined;
      }
      if (!piece) {
        piece = { treatment, start: arena.size, bytes: 0, members: [] };
        arena.pieces.push(piece);
      }
      piece.members.push({ parameter, offset: arena.size });
      piece.bytes += bytes;
      arena.size += bytes;
    }
  }
  return plan;
}
