/** Jinja run-time values as Python would print, compare and serialise them. */

/** A run-time value of `@huggingface/jinja` (its classes are not exported). */
export interface Value {
  readonly type: string;
  readonly value: unknown;
  __bool__(): { readonly value: boolean };
}

const listOf = (value: Value): readonly Value[] => value.value as readonly Value[];
const mapOf = (value: Value): ReadonlyMap<string, Value> =>
  value.value as ReadonlyMap<string, Value>;

export const isString = (value: Value): value is Value & { readonly value: string } =>
  value.type === "StringValue";
export const isList = (value: Value): value is Value & { readonly value: readonly Value[] } =>
  value.type === "ArrayValue" || value.type === "TupleValue";
export const isDict = (
  value: Value,
): value is Value & { readonly value: ReadonlyMap<string, Value> } => value.type === "ObjectValue";
export const isUndefined = (value: Value): boolean => value.type === "UndefinedValue";
const isNumber = (value: Value): value is Value & { readonly value: number } =>
  value.type === "IntegerValue" || value.type === "FloatValue";

const pythonNames: Readonly<Record<string, string>> = {
  StringValue: "str",
  IntegerValue: "int",
  FloatValue: "float",
  BooleanValue: "bool",
  ArrayValue: "list",
  TupleValue: "tuple",
  ObjectValue: "dict",
  NullValue: "NoneType",
  UndefinedValue: "undefined",
};

/** Python's name of the value's type, for messages. */
export const typeName = (value: Value): string => pythonNames[value.type] ?? value.type;

/** `repr(float)`: shortest digits, exponent form below 1e-4 and from 1e16. */
export function floatRepr(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = x.toExponential().split("e") as [string, string];
    const padded = exponent.slice(1).padStart(2, "0");
    return `${digits}e${exponent[0]}${padded}`;
  }
  if (Object.is(x, -0)) return "-0.0";
  return Number.isInteger(x) ? `${x}.0` : String(x);
}

/** Integers of JSON text may be beyond 2^53, where JavaScript would switch to an exponent. */
const intText = (x: number): string => (Number.isInteger(x) ? BigInt(x).toString() : floatRepr(x));

/** Nodes that one walk may visit: a list that holds itself many times over grows without bound. */
const WALK_LIMIT = 1 << 20;

class Walk {
  private visited = 0;

  step(): void {
    if (++this.visited > WALK_LIMIT) throw new Error("the template builds too large a value");
  }
}

/** `str(value)`: what `{{ value }}` prints. */
export function pythonStr(value: Value): string {
  if (isString(value)) return value.value;
  if (isUndefined(value)) return "";
  return pythonRepr(value);
}

/** `repr(value)` */
export function pythonRepr(value: Value, walk = new Walk()): string {
  walk.step();
  const repr = (each: Value): string => pythonRepr(each, walk);
  switch (value.type) {
    case "StringValue":
      return stringRepr(value.value as string);
    case "IntegerValue":
      return intText(value.value as number);
    case "FloatValue":
      return floatRepr(value.value as number);
    case "BooleanValue":
      return value.value === true ? "True" : "False";
    case "NullValue":
      return "None";
    case "UndefinedValue":
      return "Undefined";
    case "ArrayValue":
      return `[${listOf(value).map(repr).join(", ")}]`;
    case "TupleValue": {
      const items = listOf(value).map(repr);
      return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
    }
    case "ObjectValue": {
      const items = [...mapOf(value)].map(([k, v]) => `${stringRepr(k)}: ${repr(v)}`);
      return `{${items.join(", ")}}`;
    }
    default:
      throw new Error(`cannot print a ${typeName(value)}`);
  }
}

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = quote;
  for (const char of text) {
    if (char === quote) out += `\\${char}`;
    else if (escapes[char] !== undefined) out += escapes[char];
    else if (char === " " || !/[\p{C}\p{Z}]/u.test(char)) out += char;
    else out += hexEscape(char.codePointAt(0)!);
  }
  return out + quote;
}

function hexEscape(point: number): string {
  const hex = point.toString(16);
  if (point < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** `a == b`: by value, a boolean being 0 or 1; undefined equals only undefined. */
export function pythonEquals(a: Value, b: Value, walk = new Walk()): boolean {
  walk.step();
  const left = a.type === "BooleanValue" ? Number(a.value) : a.value;
  const right = b.type === "BooleanValue" ? Number(b.value) : b.value;
  if (typeof left === "number" && typeof right === "number") return left === right;
  if (a.type !== b.type) return false;
  if (isList(a) && isList(b)) {
    return (
      a.value.length === b.value.length &&
      a.value.every((x, i) => pythonEquals(x, b.value[i]!, walk))
    );
  }
  if (isDict(a) && isDict(b)) {
    if (a.value.size !== b.value.size) return false;
    for (const [key, value] of a.value) {
      const other = b.value.get(key);
      if (other === undefined || !pythonEquals(value, other, walk)) return false;
    }
    return true;
  }
  return a.value === b.value;
}

/** Options of the `tojson` filter: those of Python's `json.dumps`. */
export interface JsonOptions {
  readonly ensureAscii: boolean;
  /** Text of one level of indentation, or undefined for one line. */
  readonly indent: string | undefined;
  readonly separators: readonly [string, string] | undefined;
  readonly sortKeys: boolean;
}

/** `json.dumps(value)` with the separators `", "` and `": "` by default. */
export function pythonJson(value: Value, options: JsonOptions): string {
  const [comma, colon] = options.separators ?? [options.indent === undefined ? ", " : ",", ": "];
  const text = (s: string): string => {
    // JSON.stringify escapes the same characters, and lone surrogates besides.
    const quoted = JSON.stringify(s);
    if (!options.ensureAscii) return quoted;
    return quoted.replace(
      /[\u007f-\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  };
  const wrap = (open: string, parts: string[], close: string, depth: number): string => {
    if (options.indent === undefined || parts.length === 0) {
      return open + parts.join(comma) + close;
    }
    const line = `\n${options.indent.repeat(depth + 1)}`;
    return `${open}${line}${parts.join(comma + line)}\n${options.indent.repeat(depth)}${close}`;
  };
  const walk = new Walk();
  const write = (v: Value, depth: number): string => {
    walk.step();
    if (isString(v)) return text(v.value);
    if (v.type === "BooleanValue") return v.value === true ? "true" : "false";
    if (v.type === "NullValue") return "null";
    if (v.type === "IntegerValue") return intText(v.value as number);
    if (isNumber(v)) return floatRepr(v.value);
    if (isList(v))
      return wrap(
        "[",
        v.value.map((x) => write(x, depth + 1)),
        "]",
        depth,
      );
    if (isDict(v)) {
      let entries = [...v.value];
      if (options.sortKeys) entries = entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      const parts = entries.map(([key, x]) => text(key) + colon + write(x, depth + 1));
      return wrap("{", parts, "}", depth);
    }
    throw new Error(`tojson: a value of type ${typeName(v)} is not JSON`);
  };
  return write(value, 0);
}
