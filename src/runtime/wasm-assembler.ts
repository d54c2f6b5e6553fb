/** Just enough of the WebAssembly binary format to write a few SIMD loops by hand. */

type Bytes = readonly number[];

export const valueTypes = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

function unsigned(n: number): number[] {
  const out: number[] = [];
  let rest = n >>> 0;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    out.push(rest ? byte | 0x80 : byte);
  } while (rest);
  return out;
}

function signed(n: number): number[] {
  const out: number[] = [];
  let rest = n | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) {
      out.push(byte);
      return out;
    }
    out.push(byte | 0x80);
  }
}

const simd = (code: number): Bytes => [0xfd, ...unsigned(code)];
/** Alignment hint (a power of 2, no promise) and offset of a memory access. */
const access = (align: number, offset = 0): Bytes => [align, ...unsigned(offset)];

/** Instructions by name, as bytes (WebAssembly 2.0, sections 5.4.6 to 5.4.8). */
export const op = {
  get: (i: number): Bytes => [0x20, ...unsigned(i)],
  set: (i: number): Bytes => [0x21, ...unsigned(i)],
  tee: (i: number): Bytes => [0x22, ...unsigned(i)],
  i32Const: (n: number): Bytes => [0x41, ...signed(n)],
  i32Add: [0x6a] as Bytes,
  i32LessThan: [0x49] as Bytes,
  f64Add: [0xa0] as Bytes,
  load: [...simd(0x00), ...access(4)] as Bytes,
  store: [...simd(0x0b), ...access(4)] as Bytes,
  splat: simd(0x13),
  add: simd(0xe4),
  sub: simd(0xe5),
  mul: simd(0xe6),
  div: simd(0xe7),
  sqrt: simd(0xe3),
  lessThan: simd(0x43),
  greaterThan: simd(0x44),
  subI32: simd(0xb1),
  /** f32x4 from the signed lanes of i32x4. */
  fromI32: simd(0xfa),
  zero: [...simd(0x0c), ...new Array<number>(16).fill(0)] as Bytes,
  /** f64x2 from the two low lanes of f32x4. */
  promoteLow: simd(0x5f),
  /** The two high lanes moved to the low ones. */
  highLanes: [...simd(0x0d), 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0] as Bytes,
  /** The two lanes of f64x2 as the low lanes of f32x4. */
  demote: simd(0x5e),
  addF64: simd(0xf0),
  subF64: simd(0xf1),
  mulF64: simd(0xf2),
  sqrtF64: simd(0xef),
  constF64: (value: number): Bytes => {
    const bytes = [...new Uint8Array(Float64Array.of(value, value).buffer)];
    return [...simd(0x0c), ...bytes];
  },
  loadAt: (offset: number): Bytes => [...simd(0x00), ...access(4, offset)],
  storeAt: (offset: number): Bytes => [...simd(0x0b), ...access(4, offset)],
  laneF64: (lane: number): Bytes => [...simd(0x21), lane],
  loadI32: [0x28, ...access(2)] as Bytes,
  /** Four bytes in every lane of four; eight bytes, and zeros above; back, from lane 0. */
  load32Splat: (offset: number): Bytes => [...simd(0x09), ...access(2, offset)],
  load64Splat: (offset: number): Bytes => [...simd(0x0a), ...access(3, offset)],
  load64: [...simd(0x5d), ...access(3)] as Bytes,
  store32: [...simd(0x5a), ...access(2), 0] as Bytes,
  store32Lane: (lane: number): Bytes => [...simd(0x5a), ...access(2), lane],
  store64: [...simd(0x5b), ...access(3), 0] as Bytes,
  /** Bytes of two vectors by number: 0 to 15 of the first, 16 to 31 of the second. */
  shuffle: (bytes: readonly number[]): Bytes => [...simd(0x0d), ...bytes],
  /** u8 to 16 bits: the eight low ones, the eight high ones. */
  widenLow: simd(0x89),
  widenHigh: simd(0x8a),
  /** Products of signed 16 bits, neighbours added: i32x4. */
  dotI16: simd(0xba),
  addI32: simd(0xae),
  splatI32: simd(0x11),
  shiftLeftI32: simd(0xab),
  shiftRightI32: simd(0xac),
  /** Two i32x4 to i16x8, two i16x8 to u8x16; what does not fit becomes the nearest that does. */
  narrowI32: simd(0x85),
  narrowI16ToU8: simd(0x66),
} as const;

/** Repeats `body` while local `i` (i32) is below local `end`; does nothing if it starts there. */
export const loopWhileBelow = (i: number, end: number, body: readonly Bytes[]): Bytes => [
  ...[0x02, 0x40], // block
  ...[...op.get(i), ...op.get(end), ...op.i32LessThan, 0x45, 0x0d, 0], // leave unless i < end
  ...[0x03, 0x40], // loop
  ...body.flat(),
  ...[...op.get(i), ...op.get(end), ...op.i32LessThan, 0x0d, 0],
  ...[0x0b, 0x0b],
];

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType;
  readonly locals?: readonly ValueType[];
  readonly body: readonly Bytes[];
}

const section = (id: number, content: Bytes): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];
const vector = (items: readonly Bytes[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (value: string): number[] => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};

/** A module that exports `functions` and works on an imported memory `env.memory`. */
function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [
    0x60,
    ...vector(f.parameters.map((t) => [valueTypes[t]])),
    ...vector(f.result ? [[valueTypes[f.result]]] : []),
  ]);
  const codes = functions.map((f) => {
    const locals = vector((f.locals ?? []).map((t) => [1, valueTypes[t]]));
    const code = [...locals, ...f.body.flat(), 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([[...text("env"), ...text("memory"), 0x02, 0x00, 0x01]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map((f, i) => [...text(f.name), 0x00, ...unsigned(i)]))),
    ...section(10, vector(codes)),
  ]);
}

/** The part of WebAssembly used here: Node's types leave it to the DOM library. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/** Bytes by which memories grow. */
export const WASM_PAGE = 65_536;

/** Fresh zeroed memory of at least `bytes`. */
export const createWasmMemory = (bytes: number): WasmMemory =>
  new WebAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE) });

export const compileWasm = (functions: readonly WasmFunction[]): object =>
  new WebAssembly.Module(assemble(functions));

/** What the module exports, working on `memory`: the caller knows its functions. */
export const instantiateWasm = (module: object, memory: WasmMemory): unknown =>
  new WebAssembly.Instance(module, { env: { memory } }).exports;
