/**
 * Mel spectra of two frames at a time in WebAssembly SIMD: f64x2, the first frame in the low lanes,
 * the second in the high ones. The same passes as fft.ts and real-fft.ts, in the same precision.
 *
 * A complex number of both frames has 32 bytes: real parts, imaginary parts.
 */

import { loopWhileBelow, op, type WasmFunction } from "../../runtime/wasm-assembler.ts";

export const COMPLEX = 32;

/** All arguments are places in memory, or numbers of bytes. */
export interface MelFunctions {
  /** Frames of f32 at `a` and `b`, times a window of f64, as complex numbers of neighbours. */
  fill(a: number, b: number, window: number, to: number, end: number): void;
  /**
   * A pass of Stockham's transform from x to y: `stride` bytes are interleaved, `step` bytes lie
   * between the inputs of a butterfly. Twiddle factors: cosine and sine as f64, radix - 1 for each p.
   */
  pass2: Pass;
  pass4: Pass;
  pass5: Pass;
  /** |X|² of the real signal whose neighbours' transform lies at z, for each bin. */
  power(z: number, last: number, table: number, to: number, top: number, middle: number): void;
  /** Square roots in place. */
  root(at: number, end: number): void;
  /**
   * Sums over filters: the table has for each the place of its first bin after `spectrum` and the
   * end of its weights, i32; results are f32 at `a` and `b`.
   */
  filter(
    spectrum: number,
    table: number,
    tableEnd: number,
    weights: number,
    a: number,
    b: number,
  ): void;
}

type Pass = (
  x: number,
  y: number,
  twiddles: number,
  end: number,
  stride: number,
  step: number,
) => void;

type Bytes = WasmFunction["body"][number];
const { get, set } = op;

/** Expressions of f64x2. */
const plus = (a: Bytes, b: Bytes): Bytes => [...a, ...b, ...op.addF64];
const minus = (a: Bytes, b: Bytes): Bytes => [...a, ...b, ...op.subF64];
const times = (a: Bytes, b: Bytes): Bytes => [...a, ...b, ...op.mulF64];

/** Of i32 locals. */
const move = (local: number, bytes: number): Bytes => [
  ...[...get(local), ...op.i32Const(bytes), ...op.i32Add],
  ...set(local),
];
const moveBy = (local: number, other: number): Bytes => [
  ...[...get(local), ...get(other), ...op.i32Add],
  ...set(local),
];
const sum = (to: number, a: number, b: number): Bytes => [
  ...[...get(a), ...get(b), ...op.i32Add],
  ...set(to),
];

/** f32 0 of the first vector and of the second, then 1 of both. */
const NEIGHBOURS = op.shuffle([0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]);

const fill: WasmFunction = {
  name: "fill",
  parameters: ["i32", "i32", "i32", "i32", "i32"],
  locals: ["v128"],
  body: [
    loopWhileBelow(3, 4, [
      [...get(0), ...op.load64, ...get(1), ...op.load64, ...NEIGHBOURS, ...set(5)],
      get(3),
      times([...get(5), ...op.promoteLow], [...get(2), ...op.load64Splat(0)]),
      op.storeAt(0),
      get(3),
      times(
        [...get(5), ...get(5), ...op.highLanes, ...op.promoteLow],
        [...get(2), ...op.load64Splat(8)],
      ),
      op.storeAt(16),
      ...[move(0, 8), move(1, 8), move(2, 16), move(3, COMPLEX)],
    ]),
  ],
};

/** A complex number as two expressions. */
interface Complex {
  readonly re: Bytes;
  readonly im: Bytes;
}

/** What a butterfly computes from its inputs: values that it names, and its outputs. */
interface Butterfly {
  readonly named: readonly Bytes[];
  readonly outputs: readonly Complex[];
}

const X = 0;
const Y = 1;
const TWIDDLES = 2;
const END = 3;
const STRIDE = 4;
const STEP = 5;
const ROW_END = 6;
/** i32: places of inputs and outputs. */
const AT = 7;
const FIRST_VECTOR = 8;

/**
 * @param name of a vector by number: inputs (re, im of each) first, then what the butterfly names
 */
function pass(
  radix: number,
  butterfly: (inputs: readonly Complex[], name: (i: number) => Bytes) => Butterfly,
): WasmFunction {
  const local = (i: number): number => FIRST_VECTOR + i;
  const weights = 2 * (radix - 1); // vectors of the twiddle factors, which come first
  const inputs = Array.from({ length: radix }, (_, j): Complex => {
    return { re: get(local(weights + 2 * j)), im: get(local(weights + 2 * j + 1)) };
  });
  const firstName = weights + 2 * radix;
  const { named, outputs } = butterfly(inputs, (i) => get(local(firstName + i)));
  const load = inputs.flatMap((_, j) => [
    ...(j === 0 ? [[...get(X), ...set(AT)]] : [moveBy(AT, STEP)]),
    [...get(AT), ...op.loadAt(0), ...set(local(weights + 2 * j))],
    [...get(AT), ...op.loadAt(16), ...set(local(weights + 2 * j + 1))],
  ]);
  const names = named.map((value, i): Bytes => [...value, ...set(local(firstName + i))]);
  const store = outputs.flatMap(({ re, im }, j) => {
    if (j === 0) {
      const at: Bytes = [...get(Y), ...set(AT)];
      return [at, get(AT), re, op.storeAt(0), get(AT), im, op.storeAt(16)];
    }
    const [wr, wi] = [get(local(2 * j - 2)), get(local(2 * j - 1))];
    return [
      moveBy(AT, STRIDE),
      ...[get(AT), minus(times(re, wr), times(im, wi)), op.storeAt(0)],
      ...[get(AT), plus(times(re, wi), times(im, wr)), op.storeAt(16)],
    ];
  });
  const twiddles = Array.from({ length: weights }, (_, i): Bytes => {
    return [...get(TWIDDLES), ...op.load64Splat(8 * i), ...set(local(i))];
  });
  const vectors = firstName + named.length;
  return {
    name: `pass${radix}`,
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
    locals: ["i32", "i32", ...Array<"v128">(vectors).fill("v128")],
    body: [
      loopWhileBelow(X, END, [
        ...twiddles,
        sum(ROW_END, X, STRIDE),
        loopWhileBelow(X, ROW_END, [
          ...load,
          ...names,
          ...store,
          move(X, COMPLEX),
          move(Y, COMPLEX),
        ]),
        // The outputs of the next p lie behind all of this one's.
        ...Array<Bytes>(radix - 1).fill(moveBy(Y, STRIDE)),
        move(TWIDDLES, 8 * weights),
      ]),
    ],
  };
}

const pass2 = pass(2, ([a, b]) => ({
  named: [],
  outputs: [
    { re: plus(a.re, b.re), im: plus(a.im, b.im) },
    { re: minus(a.re, b.re), im: minus(a.im, b.im) },
  ],
}));

const pass4 = pass(4, ([a, b, c, d], name) => {
  const [sumR, sumI, difR, difI, oddR, oddI, turnR, turnI] = Array.from({ length: 8 }, (_, i) =>
    name(i),
  );
  return {
    named: [
      ...[plus(a.re, c.re), plus(a.im, c.im), minus(a.re, c.re), minus(a.im, c.im)],
      ...[plus(b.re, d.re), plus(b.im, d.im)],
      ...[minus(b.im, d.im), minus(d.re, b.re)], // (b - d) · -i
    ],
    outputs: [
      { re: plus(sumR, oddR), im: plus(sumI, oddI) },
      { re: plus(difR, turnR), im: plus(difI, turnI) },
      { re: minus(sumR, oddR), im: minus(sumI, oddI) },
      { re: minus(difR, turnR), im: minus(difI, turnI) },
    ],
  };
});

const turns = [1, 2].map((n) => (2 * Math.PI * n) / 5);
const [cos1, cos2, sin1, sin2] = [...turns.map(Math.cos), ...turns.map(Math.sin)].map(op.constF64);

const pass5 = pass(5, ([a, b, c, d, e], name) => {
  const [sr, si, tr, ti, ur, ui, vr, vi, m1r, m1i, m2r, m2i, n1r, n1i, n2r, n2i] = Array.from(
    { length: 16 },
    (_, i) => name(i),
  );
  const mean = (x: Bytes, s: Bytes, c1: Bytes, t: Bytes, c2: Bytes): Bytes =>
    plus(x, plus(times(c1, s), times(c2, t)));
  return {
    // Pairs that mirror each other: their sums see the cosines, their differences the sines.
    named: [
      ...[plus(b.re, e.re), plus(b.im, e.im), plus(c.re, d.re), plus(c.im, d.im)],
      ...[minus(b.re, e.re), minus(b.im, e.im), minus(c.re, d.re), minus(c.im, d.im)],
      ...[mean(a.re, sr, cos1, tr, cos2), mean(a.im, si, cos1, ti, cos2)],
      ...[mean(a.re, sr, cos2, tr, cos1), mean(a.im, si, cos2, ti, cos1)],
      ...[plus(times(sin1, ur), times(sin2, vr)), plus(times(sin1, ui), times(sin2, vi))],
      ...[minus(times(sin2, ur), times(sin1, vr)), minus(times(sin2, ui), times(sin1, vi))],
    ],
    outputs: [
      { re: plus(a.re, plus(sr, tr)), im: plus(a.im, plus(si, ti)) },
      { re: plus(m1r, n1i), im: minus(m1i, n1r) },
      { re: plus(m2r, n2i), im: minus(m2i, n2r) },
      { re: minus(m2r, n2i), im: plus(m2i, n2r) },
      { re: minus(m1r, n1i), im: plus(m1i, n1r) },
    ],
  };
});

function powerFunction(): WasmFunction {
  const [Z, LAST, TABLE, TO, TOP, MIDDLE] = [0, 1, 2, 3, 4, 5];
  const vectors = Array.from({ length: 12 }, (_, i) => 6 + i);
  const [kr, ki, mr, mi, er, ei, or, oi, cos, sin, tr, ti] = vectors.map((i) => get(i));
  const keep = (i: number, value: Bytes): Bytes => [...value, ...set(vectors[i])];
  const squared = (x: Bytes): Bytes => keep(4, x);
  return {
    name: "power",
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
    locals: vectors.map(() => "v128"),
    body: [
      // Bins 0 and size / 2 are sum and difference of the first; the window was halved.
      keep(0, [...get(Z), ...op.loadAt(0)]),
      keep(1, [...get(Z), ...op.loadAt(16)]),
      ...[squared(plus(kr, ki)), get(TO), times(times(er, er), op.constF64(4)), op.storeAt(0)],
      ...[squared(minus(kr, ki)), get(TOP), times(times(er, er), op.constF64(4)), op.storeAt(0)],
      move(Z, COMPLEX),
      loopWhileBelow(Z, MIDDLE, [
        ...[move(TO, 16), move(TOP, -16)],
        keep(0, [...get(Z), ...op.loadAt(0)]),
        keep(1, [...get(Z), ...op.loadAt(16)]),
        keep(2, [...get(LAST), ...op.loadAt(0)]),
        keep(3, [...get(LAST), ...op.loadAt(16)]),
        ...[keep(4, plus(kr, mr)), keep(5, minus(ki, mi))],
        ...[keep(6, plus(ki, mi)), keep(7, minus(mr, kr))],
        keep(8, [...get(TABLE), ...op.load64Splat(0)]),
        keep(9, [...get(TABLE), ...op.load64Splat(8)]),
        keep(10, minus(times(or, cos), times(oi, sin))),
        keep(11, plus(times(or, sin), times(oi, cos))),
        ...[keep(0, plus(er, tr)), keep(1, plus(ei, ti))],
        ...[keep(2, minus(er, tr)), keep(3, minus(ti, ei))],
        ...[get(TO), plus(times(kr, kr), times(ki, ki)), op.storeAt(0)],
        ...[get(TOP), plus(times(mr, mr), times(mi, mi)), op.storeAt(0)],
        ...[move(Z, COMPLEX), move(LAST, -COMPLEX), move(TABLE, 16)],
      ]),
    ],
  };
}

const root: WasmFunction = {
  name: "root",
  parameters: ["i32", "i32"],
  body: [
    loopWhileBelow(0, 1, [
      [...get(0), ...get(0), ...op.loadAt(0), ...op.sqrtF64, ...op.storeAt(0)],
      move(0, 16),
    ]),
  ],
};

function filterFunction(): WasmFunction {
  const [SPECTRUM, TABLE, TABLE_END, WEIGHTS, A, B, BIN, WEIGHTS_END, SUM] = [...Array(9).keys()];
  const entry = (to: number): Bytes => [
    ...get(TABLE),
    ...op.loadI32,
    ...set(to),
    ...move(TABLE, 4),
  ];
  return {
    name: "filter",
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32"],
    locals: ["i32", "i32", "v128"],
    body: [
      loopWhileBelow(TABLE, TABLE_END, [
        ...[entry(BIN), moveBy(BIN, SPECTRUM), entry(WEIGHTS_END)],
        [...op.zero, ...set(SUM)],
        loopWhileBelow(WEIGHTS, WEIGHTS_END, [
          plus(
            get(SUM),
            times([...get(BIN), ...op.loadAt(0)], [...get(WEIGHTS), ...op.load64Splat(0)]),
          ),
          set(SUM),
          ...[move(BIN, 16), move(WEIGHTS, 8)],
        ]),
        [...get(SUM), ...op.demote, ...set(SUM)],
        [...get(A), ...get(SUM), ...op.store32Lane(0), ...move(A, 4)],
        [...get(B), ...get(SUM), ...op.store32Lane(1), ...move(B, 4)],
      ]),
    ],
  };
}

export const melFunctions: readonly WasmFunction[] = [
  ...[fill, pass2, pass4, pass5, powerFunction(), root, filterFunction()],
];
