/** Memory of the slots: one array for each state of the step program, a row for each slot. */

import { type DType, dtypes, type TypedArray } from "../../graph/dtype.ts";
import { type NDArray, ndarray, sizeOf, zeros } from "../../graph/ndarray.ts";
import type { Port } from "../../graph/program.ts";

interface SlotArray {
  readonly name: string;
  readonly dtype: DType;
  /** Without the batch axis. */
  readonly shape: readonly number[];
  readonly data: TypedArray;
  /** Elements of a row. */
  readonly size: number;
  /** Pieces of a row that hold `width` elements for each token; 0 where the state has no tokens. */
  readonly slabs: number;
  readonly width: number;
}

/** The inputs of a step program that are not state. */
const FED = new Set(["tokens", "past", "hidden"]);

/** A piece of memory that is copied without giving the event loop a turn: 2 to 3 ms. */
const PIECE_BYTES = 1 << 23;

/**
 * States come in two kinds, told apart by their axes: keys and values with a `capacity` axis,
 * which can be cut back to any number of tokens, and recurrent ones of fixed size, which cannot.
 */
export class SlotArrays {
  readonly slots: number;
  readonly capacity: number;
  readonly bytes: number;
  /** Whether a row can be cut back to fewer tokens. */
  readonly canTruncate: boolean;
  readonly #arrays: readonly SlotArray[];

  constructor(ports: readonly Port[], slots: number, capacity: number) {
    this.slots = slots;
    this.capacity = capacity;
    this.#arrays = statePorts(ports).map((port) => {
      const { shape, slabs, width } = layoutOf(port, capacity);
      const { data } = zeros(port.dtype, [slots, ...shape]);
      return { name: port.name, dtype: port.dtype, shape, data, size: sizeOf(shape), slabs, width };
    });
    this.canTruncate = this.#arrays.every(({ slabs }) => slabs > 0);
    this.bytes = this.#arrays.reduce((sum, { data }) => sum + data.byteLength, 0);
  }

  /** Views of `count` rows from `first`, as inputs and as outputs of the step program. */
  rows(first: number, count: number) {
    const inputs: Record<string, NDArray> = {};
    const outputs: Record<string, NDArray> = {};
    for (const { name, dtype, shape, data, size } of this.#arrays) {
      const view = data.subarray(first * size, (first + count) * size);
      const array = ndarray(dtype, [count, ...shape], view);
      inputs[name] = array;
      outputs[`present_${name}`] = array;
    }
    return { inputs, outputs };
  }

  /** Bytes of the recurrent states of a row. */
  get stateBytes(): number {
    return this.#recurrent().reduce((sum, { data }) => sum + data.byteLength / this.slots, 0);
  }

  /** Copies out the recurrent states of a row. */
  saveState(row: number, into?: readonly TypedArray[]): readonly TypedArray[] {
    return this.#recurrent().map(({ dtype, data, size }, index) => {
      const saved = into?.[index] ?? new dtypes[dtype].array(size);
      assign(saved, 0, data, row * size, size);
      return saved;
    });
  }

  /** Puts back what `saveState` copied out. */
  restoreState(row: number, saved: readonly TypedArray[]): void {
    this.#recurrent().forEach(({ data, size }, index) => {
      assign(data, row * size, saved[index]!, 0, size);
    });
  }

  #recurrent(): SlotArray[] {
    return this.#arrays.filter(({ slabs }) => slabs === 0);
  }

  /** Copies the first `tokens` of a row (and all of its recurrent state) to another. */
  async copy(from: number, to: number, tokens: number, breathe: () => Promise<void>) {
    let bytes = 0;
    for (const { data, size, slabs, width } of this.#arrays) {
      const slab = slabs > 0 ? size / slabs : size;
      const used = slabs > 0 ? tokens * width : size;
      for (let i = 0; i < Math.max(slabs, 1); i++) {
        const start = from * size + i * slab;
        data.copyWithin(to * size + i * slab, start, start + used);
        bytes += used * data.BYTES_PER_ELEMENT;
        if (bytes < PIECE_BYTES) continue;
        bytes = 0;
        await breathe();
      }
    }
  }

  /** Recurrent states of a row as before the first token. */
  clear(row: number): void {
    for (const { data, size, slabs } of this.#arrays) {
      if (slabs === 0) zeroFill(data, row * size, (row + 1) * size);
    }
  }

  /**
   * Copies out what a step overwrites that runs over this row at position 0: the first token's
   * keys and values. Recurrent state stays as it is where the token is -1.
   */
  save(row: number, into?: readonly TypedArray[]): readonly TypedArray[] {
    return this.#arrays.map(({ dtype, data, size, slabs, width }, index) => {
      const saved = into?.[index] ?? new dtypes[dtype].array(slabs * width);
      for (let i = 0; i < slabs; i++) {
        assign(saved, i * width, data, row * size + (i * size) / slabs, width);
      }
      return saved;
    });
  }

  /** Puts back what `save` copied out. */
  restore(row: number, saved: readonly TypedArray[]): void {
    this.#arrays.forEach(({ data, size, slabs, width }, index) => {
      const from = saved[index]!;
      for (let i = 0; i < slabs; i++) {
        assign(data, row * size + (i * size) / slabs, from, i * width, width);
      }
    });
  }
}

const statePorts = (ports: readonly Port[]): Port[] => ports.filter(({ name }) => !FED.has(name));

function layoutOf({ shape: dims }: Port, capacity: number) {
  const [, ...rest] = dims;
  const axis = rest.findIndex((dim) => typeof dim !== "number"); // its only other symbol
  const shape = rest.map((dim) => (typeof dim === "number" ? dim : capacity));
  if (axis < 0) return { shape, slabs: 0, width: 0 };
  return { shape, slabs: sizeOf(shape.slice(0, axis)), width: sizeOf(shape.slice(axis + 1)) };
}

/** Bytes that one more token costs in a slot, and what a slot costs without any. */
export function slotBytes(ports: readonly Port[]): { perToken: number; fixed: number } {
  let perToken = 0;
  let fixed = 0;
  for (const port of statePorts(ports)) {
    const { shape, slabs, width } = layoutOf(port, 1);
    const { bytes } = dtypes[port.dtype];
    if (slabs > 0) perToken += slabs * width * bytes;
    else fixed += sizeOf(shape) * bytes;
  }
  return { perToken, fixed };
}

/** Element by element in bytes: states may be of any dtype. */
const bytesOf = (data: TypedArray): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function assign(to: TypedArray, at: number, from: TypedArray, start: number, count: number): void {
  const unit = from.BYTES_PER_ELEMENT;
  bytesOf(to).set(bytesOf(from).subarray(start * unit, (start + count) * unit), at * unit);
}

const zeroFill = (data: TypedArray, start: number, end: number): void =>
  void bytesOf(data).fill(0, start * data.BYTES_PER_ELEMENT, end * data.BYTES_PER_ELEMENT);
