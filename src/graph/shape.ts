/** Dimensions: integers and polynomials over named symbols, so one program serves every length. */

/**
 * A symbolic dimension: a polynomial with integer coefficients. `terms` maps a monomial
 * (its symbols sorted and joined by `*`; "" for the constant) to its coefficient.
 */
export class SymbolicDim {
  readonly terms: ReadonlyMap<string, number>;
  /** Dimensions are compared by their text, many times in a trace. */
  #text: string | undefined;

  constructor(terms: ReadonlyMap<string, number>) {
    this.terms = terms;
  }

  /** Canonical text, e.g. `batch*seq`, `past + seq`, `2*seq - 1`. Equal text means equal value. */
  toString(): string {
    this.#text ??= this.#write();
    return this.#text;
  }

  #write(): string {
    const parts = [...this.terms].sort(([a], [b]) =>
      a === "" ? 1 : b === "" ? -1 : a < b ? -1 : 1,
    );
    return parts
      .map(([monomial, c], i) => {
        const magnitude = Math.abs(c);
        const body =
          monomial === ""
            ? `${magnitude}`
            : magnitude === 1
              ? monomial
              : `${magnitude}*${monomial}`;
        if (i === 0) return c < 0 ? `-${body}` : body;
        return c < 0 ? ` - ${body}` : ` + ${body}`;
      })
      .join("");
  }
}

export type Dim = number | SymbolicDim;
export type Shape = readonly Dim[];

/** Named dimension, e.g. `dim("batch")`. */
export function dim(name: string): SymbolicDim {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new Error(`dim: "${name}" is not a name; use letters, digits and _`);
  }
  return new SymbolicDim(new Map([[name, 1]]));
}

const termsOf = (d: Dim): ReadonlyMap<string, number> =>
  typeof d === "number" ? new Map([["", d]]) : d.terms;

function fromTerms(terms: Map<string, number>): Dim {
  for (const [monomial, c] of terms) if (c === 0) terms.delete(monomial);
  if (terms.size === 0) return 0;
  if (terms.size === 1 && terms.has("")) return terms.get("")!;
  return new SymbolicDim(terms);
}

export function dimAdd(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a + b;
  const sum = new Map(termsOf(a));
  for (const [monomial, c] of termsOf(b)) sum.set(monomial, (sum.get(monomial) ?? 0) + c);
  return fromTerms(sum);
}

export const dimSub = (a: Dim, b: Dim): Dim => dimAdd(a, dimMul(b, -1));

export function dimMul(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return a * b + 0; // -0 is no second zero
  if (a === 1) return b;
  if (b === 1) return a;
  const product = new Map<string, number>();
  for (const [m, c] of termsOf(a)) {
    for (const [n, d] of termsOf(b)) {
      const monomial = [...factors(m), ...factors(n)].sort().join("*");
      product.set(monomial, (product.get(monomial) ?? 0) + c * d);
    }
  }
  return fromTerms(product);
}

const factors = (monomial: string): string[] => (monomial === "" ? [] : monomial.split("*"));

/** Exact quotient by a single-term divisor, or undefined where it does not divide evenly. */
export function dimDivide(a: Dim, b: Dim): Dim | undefined {
  const divisor = [...termsOf(b)];
  if (divisor.length !== 1 || divisor[0][1] === 0) return dimEquals(a, b) ? 1 : undefined;
  const [monomial, coefficient] = divisor[0];
  const quotient = new Map<string, number>();
  for (const [m, c] of termsOf(a)) {
    if (c % coefficient !== 0) return undefined;
    const rest = factors(m);
    for (const symbol of factors(monomial)) {
      const at = rest.indexOf(symbol);
      if (at < 0) return undefined;
      rest.splice(at, 1);
    }
    quotient.set(rest.join("*"), c / coefficient);
  }
  return fromTerms(quotient);
}

export const dimEquals = (a: Dim, b: Dim): boolean =>
  a === b || (typeof a !== "number" && typeof b !== "number" && a.toString() === b.toString());

export const shapeEquals = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((d, i) => dimEquals(d, b[i]));

export const formatShape = (shape: Shape): string => `[${shape.map(String).join(", ")}]`;

/** Product of dimensions; 1 for a scalar. */
export const shapeSize = (shape: Shape): Dim => shape.reduce(dimMul, 1 as Dim);

export const isStatic = (shape: Shape): shape is readonly number[] =>
  shape.every((d) => typeof d === "number");

/** Symbols that occur in a dimension. */
export const dimSymbols = (d: Dim): string[] =>
  typeof d === "number" ? [] : [...new Set([...d.terms.keys()].flatMap(factors))];

/** Value of a dimension when its symbols have values. */
export function dimEvaluate(d: Dim, values: ReadonlyMap<string, number>): number {
  if (typeof d === "number") return d;
  let sum = 0;
  for (const [monomial, c] of d.terms) {
    let product = c;
    for (const symbol of factors(monomial)) {
      const value = values.get(symbol);
      if (value === undefined) throw new Error(`dimension ${d}: no value for symbol "${symbol}"`);
      product *= value;
    }
    sum += product;
  }
  return sum;
}

/** NumPy broadcasting of two dimensions, or undefined where they cannot be shown to agree. */
function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (dimEquals(a, b) || b === 1) return a;
  return a === 1 ? b : undefined;
}

/** NumPy broadcasting of shapes, or undefined where they do not agree. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const d = broadcastDim(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1);
    if (d === undefined) return undefined;
    out.push(d);
  }
  return out;
}
