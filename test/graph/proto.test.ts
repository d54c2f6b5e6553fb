import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zeros } from "../../src/graph/ndarray.ts";
import { encodeModel, type NodeProto } from "../../src/graph/onnx/proto.ts";

type Field = { readonly field: number; readonly value: bigint | Uint8Array };

/** The fields of a message: varints and length-delimited ones. */
function parse(bytes: Uint8Array): Field[] {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const fields: Field[] = [];
  while (at < bytes.length) {
    const key = Number(varint());
    if ((key & 7) === 0) fields.push({ field: key >> 3, value: varint() });
    else {
      if ((key & 7) !== 2) throw new Error(`wire type ${key & 7}`);
      const length = Number(varint());
      if (at + length > bytes.length) throw new Error("a field ends behind its message");
      fields.push({ field: key >> 3, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

const all = (bytes: Uint8Array, field: number) =>
  parse(bytes).flatMap((f) => (f.field === field ? [f.value as Uint8Array] : []));
const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

const nodeOf = (name: string, int: number): NodeProto => ({
  name,
  opType: "Op",
  domain: "",
  inputs: ["a"],
  outputs: [],
  attributes: { axis: { int } },
});

const empty = { name: "g", nodes: [], constants: new Map(), weights: [], inputs: [], outputs: [] };

const encode = (nodes: readonly NodeProto[]): Uint8Array => encodeModel({ ...empty, nodes });

/** Name and the integer of each node, read back. */
function decode(model: Uint8Array): [string, bigint][] {
  const [graph] = all(model, 7);
  return all(graph!, 1).map((node) => {
    if (all(node, 1).map(text).join() !== "a") throw new Error("the inputs are damaged");
    const [attribute] = all(node, 5);
    const int = parse(attribute!).find((f) => f.field === 3)!.value as bigint;
    return [text(all(node, 3)[0]!), BigInt.asIntN(64, int)];
  });
}

describe("encodeModel", () => {
  it("writes what a protobuf reader reads", () => {
    const node = fc.tuple(
      fc.oneof(
        fc.string({ unit: "grapheme" }),
        fc.string({ minLength: 100, maxLength: 300, unit: "binary-ascii" }),
      ),
      fc.oneof(fc.integer(), fc.maxSafeInteger()),
    );
    fc.assert(
      fc.property(fc.array(node), (nodes) => {
        const model = encode(nodes.map(([name, int]) => nodeOf(name, int)));
        expect(decode(model)).toEqual(nodes.map(([name, int]) => [name, BigInt(int)]));
      }),
    );
  });

  it("keeps every byte where a message ends at the end of the buffer", () => {
    // The buffer grows from 64 KiB by doubling: ports at every distance to its end.
    const ports = ["a", "b", "c", "d", "e"].map(
      (name) => ({ name, dtype: "i8", shape: [] }) as const,
    );
    for (let extra = 0; extra < 96; extra++) {
      const filler = zeros("i8", [65_400 + extra]);
      const constants = new Map([["filler", filler]]);
      const model = encodeModel({ ...empty, constants, inputs: ports });
      const names = all(all(model, 7)[0]!, 11).map((port) => text(all(port, 1)[0]!));
      expect(names.join()).toBe("a,b,c,d,e");
    }
  });
});
