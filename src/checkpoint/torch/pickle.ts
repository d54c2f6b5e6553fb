/**
 * Reads Python pickles as data: nothing named in one is ever called. Classes and functions become
 * `PickleGlobal`, and what a pickle makes of them `PickleObject`, whose meaning the reader decides.
 * Source: CPython, Lib/pickle.py and Lib/pickletools.py (opcodes up to protocol 5).
 */

import { clip, show } from "../json.ts";

/** A class or function by name, e.g. `torch._utils._rebuild_tensor_v2`. */
export class PickleGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What calling a global with arguments would have given. State that follows is left out. */
export class PickleObject {
  readonly of: PickleGlobal;
  readonly args: readonly PickleValue[];

  constructor(of: PickleGlobal, args: readonly PickleValue[]) {
    this.of = of;
    this.args = args;
  }
}

/** A reference to something outside of the pickle, by what the pickle says of it. */
export class PickleReference {
  readonly id: PickleValue;

  constructor(id: PickleValue) {
    this.id = id;
  }
}

/** Lists, tuples and sets are arrays; dicts and OrderedDicts are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject
  | PickleReference;

const MARK = Symbol("mark");
type Item = PickleValue | typeof MARK;

/** The class whose objects are read as maps. */
const ORDERED_DICT = "collections.OrderedDict";

/**
 * @param where names the pickle in errors
 * @throws Error of one sentence where it is damaged or uses what is not read
 */
export function readPickle(bytes: Uint8Array, where: string): PickleValue {
  const machine = new Machine(bytes, where);
  return machine.run();
}

class Machine {
  private at = 0;
  private stack: Item[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly where: string;

  constructor(bytes: Uint8Array, where: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.where = where;
  }

  run(): PickleValue {
    for (;;) {
      const start = this.at;
      const code = this.u8();
      if (code === 0x2e) return this.pop(); // STOP
      const step = opcodes.get(code);
      if (!step) {
        const shown = `0x${code.toString(16).padStart(2, "0")}`;
        throw this.error(`opcode ${shown} at byte ${start} is not read`);
      }
      step(this);
    }
  }

  error(what: string): Error {
    return new Error(
      `${this.where}: ${what}; expected a pickle of tensors, so the file is damaged or holds more ` +
        "than a model's weights",
    );
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.at) throw this.error(`it ends within byte ${this.at}`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8 = (): number => this.take(1)[0];
  u16 = (): number => this.view.getUint16(this.skip(2), true);
  u32 = (): number => this.view.getUint32(this.skip(4), true);
  i32 = (): number => this.view.getInt32(this.skip(4), true);
  u64 = (): number => Number(this.view.getBigUint64(this.skip(8), true));
  f64 = (): number => this.view.getFloat64(this.skip(8), false);

  text = (length: number): string => new TextDecoder().decode(this.take(length));

  /** Text up to the end of the line. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.error("it ends within a line");
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  /** A little-endian integer in two's complement. */
  long(length: number): PickleValue {
    const bytes = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    if (length > 0 && bytes[length - 1] > 127) value -= 1n << BigInt(8 * length);
    const small = Number(value);
    return Number.isSafeInteger(small) ? small : value;
  }

  push(value: Item): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw this.error("its stack is empty");
    return value;
  }

  /** The value on top, left there. */
  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  popItem(): void {
    if (this.stack.pop() === undefined) throw this.error("its stack is empty");
  }

  popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  /** What was pushed since the last mark. */
  popToMark(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw this.error("its stack has no mark");
    const values = this.stack.splice(mark + 1) as PickleValue[]; // no mark among them
    this.stack.pop();
    return values;
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.remember(this.memo.size);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.error(`it refers to value ${index}, which it has not`);
    this.push(value);
  }

  /** Adds to a list; what is added to an object is left out with its state. */
  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (Array.isArray(list)) for (const value of values) list.push(value);
    else if (!(list instanceof PickleObject)) throw this.error("it appends to what is no list");
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.top();
    if (dict instanceof Map) {
      for (let i = 0; i + 1 < values.length; i += 2) dict.set(values[i], values[i + 1]);
    } else if (!(dict instanceof PickleObject))
      throw this.error("it sets items of what is no dict");
  }

  global(module: PickleValue, name: PickleValue): void {
    if (typeof module !== "string" || typeof name !== "string") {
      throw this.error("it names a global by what is no text");
    }
    this.push(new PickleGlobal(`${module}.${name}`));
  }

  /** A global's result as data: an empty map for OrderedDict, otherwise an object of its name. */
  make(callee: PickleValue, args: PickleValue): void {
    if (!(callee instanceof PickleGlobal)) {
      // What an object's method or a made class would give is not known either.
      if (!(callee instanceof PickleObject)) throw this.error("it calls what is no global");
      this.push(new PickleObject(callee.of, []));
      return;
    }
    if (!Array.isArray(args)) throw this.error(`it calls ${show(callee.name)} without a tuple`);
    if (callee.name !== ORDERED_DICT) this.push(new PickleObject(callee, args));
    else if (args.length === 0) this.push(new Map());
    else throw this.error("it makes an OrderedDict of a list");
  }

  private skip(length: number): number {
    this.take(length);
    return this.at - length;
  }
}

const number = (m: Machine, text: string): PickleValue => {
  if (text === "00" || text === "01") return text === "01";
  const digits = text.endsWith("L") ? text.slice(0, -1) : text;
  if (!/^-?\d{1,300}$/.test(digits)) throw m.error(`${show(clip(text))} is no integer`);
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
};

/** What each opcode does; its letter and name are those of pickletools. */
const opcodes: ReadonlyMap<number, (m: Machine) => void> = new Map<number, (m: Machine) => void>([
  [0x80, (m) => void m.u8()], // PROTO
  [0x95, (m) => void m.u64()], // FRAME
  [0x28, (m) => m.push(MARK)], // ( MARK
  [0x30, (m) => m.popItem()], // 0 POP
  [0x31, (m) => void m.popToMark()], // 1 POP_MARK
  [0x32, (m) => m.push(m.top())], // 2 DUP
  [0x4e, (m) => m.push(null)], // N NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4a, (m) => m.push(m.i32())], // J BININT
  [0x4b, (m) => m.push(m.u8())], // K BININT1
  [0x4d, (m) => m.push(m.u16())], // M BININT2
  [0x49, (m) => m.push(number(m, m.line()))], // I INT
  [0x4c, (m) => m.push(number(m, m.line()))], // L LONG
  [0x8a, (m) => m.push(m.long(m.u8()))], // LONG1
  [0x47, (m) => m.push(m.f64())], // G BINFLOAT
  [0x46, (m) => m.push(Number(m.line()))], // F FLOAT
  [0x58, (m) => m.push(m.text(m.u32()))], // X BINUNICODE
  [0x8c, (m) => m.push(m.text(m.u8()))], // SHORT_BINUNICODE
  [0x8d, (m) => m.push(m.text(m.u64()))], // BINUNICODE8
  [0x56, (m) => m.push(m.line())], // V UNICODE
  [0x54, (m) => m.push(m.text(m.u32()))], // T BINSTRING
  [0x55, (m) => m.push(m.text(m.u8()))], // U SHORT_BINSTRING
  [0x42, (m) => m.push(m.take(m.u32()))], // B BINBYTES
  [0x43, (m) => m.push(m.take(m.u8()))], // C SHORT_BINBYTES
  [0x8e, (m) => m.push(m.take(m.u64()))], // BINBYTES8
  [0x96, (m) => m.push(m.take(m.u64()))], // BYTEARRAY8
  [0x29, (m) => m.push([])], // ) EMPTY_TUPLE
  [0x85, (m) => m.push(m.popMany(1))], // TUPLE1
  [0x86, (m) => m.push(m.popMany(2))], // TUPLE2
  [0x87, (m) => m.push(m.popMany(3))], // TUPLE3
  [0x74, (m) => m.push(m.popToMark())], // t TUPLE
  [0x5d, (m) => m.push([])], // ] EMPTY_LIST
  [0x6c, (m) => m.push(m.popToMark())], // l LIST
  [0x61, (m) => m.append(m.popMany(1))], // a APPEND
  [0x65, (m) => m.append(m.popToMark())], // e APPENDS
  [0x8f, (m) => m.push([])], // EMPTY_SET
  [0x90, (m) => m.append(m.popToMark())], // ADDITEMS
  [0x91, (m) => m.push(m.popToMark())], // FROZENSET
  [0x7d, (m) => m.push(new Map())], // } EMPTY_DICT
  [
    0x64, // d DICT
    (m) => {
      const values = m.popToMark();
      m.push(new Map());
      m.setItems(values);
    },
  ],
  [0x73, (m) => m.setItems(m.popMany(2))], // s SETITEM
  [0x75, (m) => m.setItems(m.popToMark())], // u SETITEMS
  [0x63, (m) => m.global(m.line(), m.line())], // c GLOBAL
  [
    0x93, // STACK_GLOBAL
    (m) => {
      const [module, name] = m.popMany(2);
      m.global(module, name);
    },
  ],
  [
    0x52, // R REDUCE
    (m) => {
      const [callee, args] = m.popMany(2);
      m.make(callee, args);
    },
  ],
  [
    0x81, // NEWOBJ
    (m) => {
      const [callee, args] = m.popMany(2);
      m.make(callee, args);
    },
  ],
  [
    0x92, // NEWOBJ_EX
    (m) => {
      const [callee, args] = m.popMany(3);
      m.make(callee, args);
    },
  ],
  [0x62, (m) => void m.popMany(1)], // b BUILD: an object's state
  [0x51, (m) => m.push(new PickleReference(m.pop()))], // Q BINPERSID
  [0x71, (m) => m.remember(m.u8())], // q BINPUT
  [0x72, (m) => m.remember(m.u32())], // r LONG_BINPUT
  [0x94, (m) => m.memoize()], // MEMOIZE
  [0x68, (m) => m.recall(m.u8())], // h BINGET
  [0x6a, (m) => m.recall(m.u32())], // j LONG_BINGET
]);
