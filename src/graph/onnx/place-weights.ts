/**
 * A lowered model with its weights put somewhere: into the file, or at a place in another file.
 * Programs carry neither (the runtime hands the memory over), so exporting rewrites the
 * initialisers. Source of the field numbers: onnx/onnx.proto3.
 */

/** Where the bytes of one weight go. */
export type WeightPlace =
  | { readonly location: string; readonly offset: number }
  /** Into the model itself. */
  | "inline";

/** Fields of the messages on the way to an initialiser. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const tensorField = { name: 8, rawData: 9, externalData: 13, dataLocation: 14 } as const;

interface Field {
  readonly number: number;
  /** Of the whole field, tag included. */
  readonly start: number;
  /** Of a length-delimited field's content; `end` of the others. */
  readonly content: number;
  readonly end: number;
}

/** The fields of a message that this library wrote: varints, 32-bit values, delimited bytes. */
function* fieldsOf(bytes: Uint8Array, from: number, to: number): Generator<Field> {
  let at = from;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < to) {
    const start = at;
    const tag = varint();
    let content = at;
    if ((tag & 7) === 2) {
      const length = varint();
      content = at;
      at += length;
    } else if ((tag & 7) === 5) at += 4;
    else {
      varint();
      content = at;
    }
    yield { number: Math.floor(tag / 8), start, content, end: at };
  }
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

const delimited = (field: number, length: number): Uint8Array =>
  Uint8Array.from([...varintBytes(field * 8 + 2), ...varintBytes(length)]);

const textField = (field: number, text: string): Uint8Array => {
  const bytes = Buffer.from(text);
  return Buffer.concat([delimited(field, bytes.length), bytes]);
};

/** A piece of the rewritten model: bytes, or the weight whose bytes come here. */
export type ModelPiece = Uint8Array | { readonly weight: string; readonly length: number };

/**
 * The model's bytes in order, its external weights placed anew.
 *
 * @param model of a `Program`
 * @param place says where a weight of so many bytes goes
 */
export function placeWeights(
  model: Uint8Array,
  place: (name: string, bytes: number) => WeightPlace,
): ModelPiece[] {
  const pieces: ModelPiece[] = [];
  for (const field of fieldsOf(model, 0, model.length)) {
    if (field.number !== MODEL_GRAPH) {
      pieces.push(model.subarray(field.start, field.end));
      continue;
    }
    const graph: ModelPiece[] = [];
    for (const part of fieldsOf(model, field.content, field.end)) {
      const tensor = part.number === GRAPH_INITIALIZER ? rewrite(model, part, place) : undefined;
      if (tensor) graph.push(delimited(GRAPH_INITIALIZER, lengthOf(tensor)), ...tensor);
      else graph.push(model.subarray(part.start, part.end));
    }
    pieces.push(delimited(MODEL_GRAPH, lengthOf(graph)), ...graph);
  }
  return pieces;
}

/** Bytes that pieces make together. */
export const lengthOf = (pieces: readonly ModelPiece[]): number =>
  pieces.reduce((sum, piece) => sum + piece.length, 0);

/** An initialiser with its data placed; undefined for one that holds its data. */
function rewrite(
  model: Uint8Array,
  tensor: Field,
  place: (name: string, bytes: number) => WeightPlace,
): ModelPiece[] | undefined {
  const kept: ModelPiece[] = [];
  let name = "";
  let bytes: number | undefined;
  for (const field of fieldsOf(model, tensor.content, tensor.end)) {
    const content = Buffer.from(model.subarray(field.content, field.end));
    if (field.number === tensorField.name) name = content.toString();
    if (field.number === tensorField.externalData) {
      const [key, value] = [...fieldsOf(content, 0, content.length)].map((entry) =>
        content.subarray(entry.content, entry.end).toString(),
      );
      if (key === "length") bytes = Number(value);
    } else if (field.number !== tensorField.dataLocation) {
      kept.push(model.subarray(field.start, field.end));
    }
  }
  if (bytes === undefined) return undefined;
  const where = place(name, bytes);
  if (where === "inline") {
    const data = { weight: name, length: bytes };
    return [...kept, delimited(tensorField.rawData, bytes), data];
  }
  const entries = { location: where.location, offset: `${where.offset}`, length: `${bytes}` };
  for (const [key, value] of Object.entries(entries)) {
    const entry = Buffer.concat([textField(1, key), textField(2, value)]);
    kept.push(delimited(tensorField.externalData, entry.length), entry);
  }
  return [...kept, Uint8Array.from([...varintBytes(tensorField.dataLocation * 8), 1])];
}
