/** Arrays against the ports of a program, before an engine sees them. */

import { dtypes } from "../graph/dtype.ts";
import { type NDArray, sizeOf } from "../graph/ndarray.ts";
import type { Port } from "../graph/program.ts";
import { type Dim, dimSymbols, formatShape, type Shape } from "../graph/shape.ts";
import type { NDArrays } from "./types.ts";

/** Values of symbols and where each was learnt, e.g. `seq` -> 12 from `tokens`. */
export type Symbols = Map<string, { readonly value: number; readonly from: string }>;

/**
 * Checks names, dtypes, ranks and shapes of the inputs of one call; a symbol has one value in it.
 * @returns the values of the symbols, for the shapes of outputs
 * @throws a sentence that names the port, what was given and what was expected
 */
export function checkInputs(ports: readonly Port[], inputs: NDArrays): Symbols {
  const symbols: Symbols = new Map();
  for (const port of ports) {
    const array = inputs[port.name];
    if (!array) {
      const given = Object.keys(inputs).join(", ") || "none";
      throw new Error(
        `input "${port.name}" (${port.dtype} ${formatShape(port.shape)}) is missing; given: ${given}`,
      );
    }
    checkArray("input", port, array);
  }
  const count = Object.keys(inputs).length;
  if (count !== ports.length) {
    const known = new Set(ports.map((port) => port.name));
    const unknown = Object.keys(inputs).find((name) => !known.has(name));
    const expected = ports.map((port) => port.name).join(", ") || "none";
    throw new Error(`input "${unknown}" is unknown to the program; its inputs: ${expected}`);
  }
  // Plain symbols first: they give the values that compound dimensions are checked with.
  for (const port of ports) bindSymbols(port, inputs[port.name].shape, symbols);
  for (const port of ports) checkShape("input", port, inputs[port.name].shape, symbols);
  return symbols;
}

/** Checks an array that is to receive an output. */
export function checkOutput(port: Port, array: NDArray, symbols: Symbols): void {
  checkArray("output", port, array);
  checkShape("output", port, array.shape, symbols);
}

/** Dtype, rank, and that the memory fits the shape. */
export function checkArray(role: string, port: Port, array: NDArray): void {
  const { dtype, shape, data } = array;
  if (dtype !== port.dtype) {
    throw new Error(
      `${role} "${port.name}" is ${dtype} ${formatShape(shape)}, expected ${port.dtype} ` +
        formatShape(port.shape),
    );
  }
  if (shape.length !== port.shape.length) {
    throw new Error(
      `${role} "${port.name}" has shape ${formatShape(shape)} of rank ${shape.length}, ` +
        `expected ${formatShape(port.shape)} of rank ${port.shape.length}`,
    );
  }
  // Sizes reach native code: a shape larger than its memory would read past the end.
  const bytes = sizeOf(shape) * dtypes[dtype].bytes;
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0) || data.byteLength !== bytes) {
    throw new Error(
      `${role} "${port.name}" has shape ${formatShape(shape)} (${bytes} bytes of ${dtype}) ` +
        `over ${data.byteLength} bytes of memory`,
    );
  }
}

function bindSymbols(port: Port, shape: readonly number[], symbols: Symbols): void {
  port.shape.forEach((dim, axis) => {
    const symbol = plainSymbol(dim);
    if (symbol === undefined) return;
    const value = shape[axis];
    const known = symbols.get(symbol);
    if (known === undefined) symbols.set(symbol, { value, from: port.name });
    else if (known.value !== value) {
      throw new Error(
        `input "${port.name}" has shape ${formatShape(shape)}, expected ` +
          `${formatShape(port.shape)} with ${symbol} = ${known.value} as in input "${known.from}"`,
      );
    }
  });
}

function checkShape(role: string, port: Port, shape: readonly number[], symbols: Symbols): void {
  port.shape.forEach((dim, axis) => {
    const expected = evaluate(dim, symbols);
    if (expected === undefined || expected === shape[axis]) return;
    const resolved = typeof dim === "number" ? "" : `, where ${dim} = ${expected}`;
    throw new Error(
      `${role} "${port.name}" has shape ${formatShape(shape)}, expected ` +
        `${formatShape(port.shape)}${resolved}`,
    );
  });
}

/** The concrete shape, or undefined where a symbol has no value (data-dependent outputs). */
export function resolveShape(shape: Shape, symbols: Symbols): number[] | undefined {
  const resolved: number[] = [];
  for (const dim of shape) {
    const value = evaluate(dim, symbols);
    if (value === undefined || value < 0) return undefined;
    resolved.push(value);
  }
  return resolved;
}

function evaluate(dim: Dim, symbols: Symbols): number | undefined {
  if (typeof dim === "number") return dim;
  let sum = 0;
  for (const [monomial, coefficient] of dim.terms) {
    let product = coefficient;
    if (monomial !== "") {
      for (const symbol of monomial.split("*")) {
        const known = symbols.get(symbol);
        if (known === undefined) return undefined;
        product *= known.value;
      }
    }
    sum += product;
  }
  return sum;
}

/** The name where a dimension is one symbol alone. */
function plainSymbol(dim: Dim): string | undefined {
  if (typeof dim === "number" || dim.terms.size !== 1) return undefined;
  const [symbol] = dimSymbols(dim);
  return symbol !== undefined && dim.terms.get(symbol) === 1 ? symbol : undefined;
}
