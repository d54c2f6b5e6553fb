/**
 * Einstein summation, as a sequence of transposes and matrix products: these run at the speed of
 * matmul and differentiate by themselves. (ONNX has an Einsum; its kernel does the same inside,
 * but with fewer types and no transposition folded into the product.)
 */

import { type Dim, dimEquals, dimMul } from "../shape.ts";
import { shapeError, type Tensor } from "../tensor.ts";
import { cast, equal, mul } from "./elementwise.ts";
import { iota } from "./leaf.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduce.ts";
import { expandDims, reshape, transpose } from "./reshape.ts";

/** A tensor whose axes have labels, each at most once. */
interface Term {
  readonly tensor: Tensor;
  readonly labels: readonly string[];
}

/**
 * Sums products of elements over the labels that the result lacks, as NumPy's einsum: `ij,jk->ik`
 * is a matrix product. Without `->` the result has the labels that occur once, in alphabetical
 * order. `...` stands for leading axes, which broadcast. More than two operands are contracted
 * from left to right.
 *
 * @throws {ShapeError} where the equation does not fit the operands.
 * @example
 * const q = input("q", "f32", [dim("batch"), dim("seq"), 4, 8]);
 * const scores = einsum("bshd,bthd->bhst", q, q);
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  const { inputs, output } = parse(equation, operands);
  let terms = inputs.flatMap((labels, i) => diagonal(labels, operands[i]));
  checkSizes(equation, terms, operands);
  while (terms.length > 1) {
    const [a, b, ...rest] = terms;
    const later = new Set([...output, ...rest.flatMap((t) => t.labels)]);
    terms = [contract(reduce(a, new Set([...later, ...b.labels])), b, later), ...rest];
  }
  return arrange(reduce(terms[0], new Set(output)), output);
}

/** Labels of each operand and of the result; the axes of `...` get the labels "0", "1", … */
function parse(
  equation: string,
  operands: readonly Tensor[],
): { inputs: string[][]; output: string[] } {
  const fail = (reason: string) => shapeError("einsum", `"${equation}": ${reason}`, operands);
  const match = /^([A-Za-z.,]*)(?:->([A-Za-z.]*))?$/.exec(equation.replaceAll(" ", ""));
  if (!match) throw fail("is not of the form ij,jk->ik");
  const parts = match[1].split(",");
  if (parts.length !== operands.length) throw fail(`names ${parts.length} operands`);
  const labelsOf = (part: string, ellipsis: readonly string[]): string[] => {
    const [before, after] = part.split("...");
    return after === undefined ? [...before] : [...before, ...ellipsis, ...after];
  };
  const rests = parts.map((part, i) => {
    if (part.replace("...", "").includes(".")) throw fail("has stray dots");
    const rest = operands[i].shape.length - part.replace("...", "").length;
    if (part.includes("...") ? rest < 0 : rest !== 0) throw fail(`operand ${i} has another rank`);
    return rest;
  });
  const depth = Math.max(...rests);
  const broadcast = Array.from({ length: depth }, (_, i) => `${i}`);
  const inputs = parts.map((part, i) => labelsOf(part, broadcast.slice(depth - rests[i])));
  const all = inputs.flat();
  if (match[2] === undefined) {
    const once = all.filter((l) => /[A-Za-z]/.test(l) && all.filter((m) => m === l).length === 1);
    return { inputs, output: [...broadcast, ...once.sort()] };
  }
  const output = labelsOf(match[2], broadcast);
  const stranger = output.find((l) => !all.includes(l));
  if (stranger !== undefined) throw fail(`no operand has the label ${stranger}`);
  if (new Set(output).size !== output.length) throw fail("the result repeats a label");
  return { inputs, output };
}

/** A label that repeats in one operand becomes a product with the identity matrix. */
function diagonal(labels: readonly string[], tensor: Tensor): Term[] {
  const terms: Term[] = [];
  const own: string[] = [];
  labels.forEach((label, axis) => {
    if (!own.includes(label)) {
      own.push(label);
      return;
    }
    const copy = `${label}'${axis}`;
    own.push(copy);
    const index = iota(tensor.shape[axis]);
    const identity = cast(equal(expandDims(index, 0), expandDims(index, 1)), tensor.dtype);
    terms.push({ tensor: identity, labels: [label, copy] });
  });
  return [{ tensor, labels: own }, ...terms];
}

const isBroadcast = (label: string): boolean => /^\d/.test(label);

function checkSizes(equation: string, terms: readonly Term[], operands: readonly Tensor[]): void {
  const sizes = new Map<string, Dim>();
  for (const { tensor, labels } of terms) {
    labels.forEach((label, axis) => {
      const d = tensor.shape[axis];
      const known = sizes.get(label);
      const free = isBroadcast(label) && (d === 1 || known === 1);
      if (known !== undefined && !free && !dimEquals(known, d)) {
        throw shapeError("einsum", `"${equation}": ${label} is ${known} and ${d}`, operands);
      }
      if (known === undefined || known === 1) sizes.set(label, d);
    });
  }
}

/** Sums over the labels that nothing else needs. */
function reduce({ tensor, labels }: Term, needed: ReadonlySet<string>): Term {
  const axes = labels.flatMap((label, i) => (needed.has(label) ? [] : [i]));
  if (axes.length === 0) return { tensor, labels };
  return { tensor: sum(tensor, { axes }), labels: labels.filter((label) => needed.has(label)) };
}

/** The tensor with its axes in the order of `labels`. */
const arrange = (term: Term, labels: readonly string[]): Tensor =>
  labels.length < 2
    ? term.tensor
    : transpose(
        term.tensor,
        labels.map((label) => term.labels.indexOf(label)),
      );

/** The product of two terms, summed over what only they have. */
function contract(a: Term, wide: Term, later: ReadonlySet<string>): Term {
  const b = reduce(wide, new Set([...later, ...a.labels]));
  const shared = a.labels.filter((l) => b.labels.includes(l));
  const summed = shared.filter((l) => !later.has(l));
  const batch = shared.filter((l) => later.has(l));
  const [left, right] = [a, b].map((t) => t.labels.filter((l) => !shared.includes(l)));
  const labels = [...batch, ...left, ...right];
  if (summed.length === 0 || shared.some(isBroadcast)) {
    const product = mul(aligned(a, [...labels, ...summed]), aligned(b, [...labels, ...summed]));
    return reduce({ tensor: product, labels: [...labels, ...summed] }, new Set(labels));
  }
  const [x, transposeA] = matrices(a, batch, left, summed);
  const [y, transposeB] = matrices(b, batch, summed, right);
  const flat = matmul(x, y, { transposeA, transposeB });
  const sizeIn = (t: Term, own: readonly string[]) =>
    own.map((l) => t.tensor.shape[t.labels.indexOf(l)]);
  const shape = [...sizeIn(a, batch), ...sizeIn(a, left), ...sizeIn(b, right)];
  return { tensor: reshape(flat, shape), labels };
}

/** A tensor with an axis for each label in their order, of size 1 where it lacks the label. */
function aligned(term: Term, labels: readonly string[]): Tensor {
  const own = labels.filter((l) => term.labels.includes(l));
  const tensor = arrange(term, own);
  let next = 0;
  return reshape(
    tensor,
    labels.map((l) => (own.includes(l) ? tensor.shape[next++] : 1)),
  );
}

/** [...batch, rows, columns] as a matmul operand; true: it holds the transposed matrices. */
function matrices(
  term: Term,
  batch: readonly string[],
  rows: readonly string[],
  columns: readonly string[],
): [Tensor, boolean] {
  // Where columns come first already, the product's own transposition saves a copy.
  const flipped = `${term.labels}` === `${[...batch, ...columns, ...rows]}` && rows.length > 0;
  const order = flipped ? [...batch, ...columns, ...rows] : [...batch, ...rows, ...columns];
  const tensor = arrange(term, order);
  const size = (own: readonly string[]): Dim[] =>
    own.map((l) => term.tensor.shape[term.labels.indexOf(l)]);
  const flat = (own: readonly string[]): Dim => size(own).reduce(dimMul, 1 as Dim);
  const [first, last] = flipped ? [columns, rows] : [rows, columns];
  return [reshape(tensor, [...size(batch), flat(first), flat(last)]), flipped];
}
