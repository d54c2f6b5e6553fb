/** Format specifications of f-strings and `str.format`: `.2f`, `,`, `>8`, `.1%`, `d`, `g`, `e`. */

import type { Machine } from "./machine.ts";
import { floatText, numberOf, textOf, typeName, type Value } from "./values.ts";

const SPEC = /^(?:(.)?([<>^]))?([+ ])?(0)?(\d{1,3})?(,)?(?:\.(\d{1,2}))?([dfFeEgGs%])?$/su;

export function formatValue(machine: Machine, value: Value, spec: string): string {
  if (spec === "") return textOf(machine, value);
  const found = SPEC.exec(spec);
  if (!found) return machine.fail("unsupported", `the format "${spec.slice(0, 40)}"`);
  const [, fill, align, sign = "", zero, width = "0", comma, digits, type] = found;
  const number = numberOf(value);
  let text: string;
  if (number === undefined || type === "s") {
    if (type && type !== "s") machine.fail("error", `the format "${spec}" of ${typeName(value)}`);
    text = textOf(machine, value).slice(0, digits === undefined ? undefined : Number(digits));
  } else {
    if (type === "d" && typeof value === "number") machine.fail("error", "the format d of a float");
    text = numberText(
      Math.abs(number),
      value,
      type,
      digits === undefined ? undefined : Number(digits),
    );
    if (comma) text = text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ",");
    const isNegative = number < 0 || Object.is(number, -0);
    text = `${isNegative ? "-" : sign}${text}`;
  }
  const missing = Number(width) - text.length;
  if (missing <= 0) return text;
  machine.take(missing);
  if (zero && !align) return text.replace(/^([-+ ]?)/, `$1${"0".repeat(missing)}`);
  const pad = fill ?? " ";
  const side = align ?? (number === undefined ? "<" : ">");
  const before = side === "<" ? 0 : side === ">" ? missing : Math.floor(missing / 2);
  return pad.repeat(before) + text + pad.repeat(missing - before);
}

function numberText(
  size: number,
  value: Value,
  type: string | undefined,
  digits: number | undefined,
): string {
  if (!Number.isFinite(size)) return floatText(size);
  const fixed = (v: number, places: number): string =>
    v < 1e21 ? v.toFixed(places) : BigInt(v).toString();
  switch (type) {
    case "f":
    case "F":
      return fixed(size, digits ?? 6);
    case "%":
      return `${fixed(size * 100, digits ?? 6)}%`;
    case "e":
    case "E": {
      const text = exponent(size.toExponential(digits ?? 6));
      return type === "E" ? text.toUpperCase() : text;
    }
    case "d":
      return String(BigInt(size));
    default: {
      if (type === undefined && digits === undefined) {
        return typeof value === "number" ? floatText(size) : String(size);
      }
      // Python's "g": digits that count, without zeros at the end.
      const places = Math.max(1, digits ?? 6);
      const power = size === 0 ? 0 : Number(size.toExponential(places - 1).split("e")[1]);
      if (power < -4 || power >= places) {
        return exponent(size.toExponential(places - 1).replace(/\.?0+e/, "e"));
      }
      const text = size.toFixed(Math.min(100, places - 1 - power));
      return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
    }
  }
}

const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, "e$10$2");
