/** A slot's attributes against the rules of its modality. */

import type { Side, Slot } from "./ast.ts";
import { InstructionError } from "./instruction-error.ts";
import { type AttributeRule, commonAttributes, type Modality, type Presets } from "./modality.ts";
import type { RawAttribute, SlotToken } from "./scan.ts";
import { nearest } from "./suggest.ts";

/** What OFASys documents but does not read, and what to write in its place. */
const dead: Readonly<Record<string, string>> = {
  is_label: "write 'closed_set'",
  preprocessor: "write 'preprocess'",
  add_bos: "leave it out, the beginning is marked anyway",
  add_eos: "leave it out, the end is marked anyway",
};

type Value = string | number | true;

/** @throws InstructionError at the first attribute that the slot cannot have */
export function readAttributes(
  instruction: string,
  { modality, attributes }: SlotToken,
  side: Side,
): Slot["attributes"] {
  const presets = modality.sides[side];
  const values: Record<string, Value> = {};
  for (const attribute of attributes) {
    const { key, position } = attribute;
    const refuse = (problem: string): never => {
      throw new InstructionError(instruction, position, problem);
    };
    const rule = ruleOf(modality, attribute, refuse);
    if (Object.hasOwn(values, key)) refuse(`attribute '${key}' stands twice in [${modality.name}]`);
    const [only] = rule.sides;
    if (!rule.sides.includes(side)) {
      refuse(`'${key}' only applies to ${only === "target" ? "decoder" : "encoder"} slots`);
    }
    const value = readValue(attribute, rule, (problem) =>
      refuse(`attribute '${key}' of [${modality.name}] ${problem}`),
    );
    if (key === "preprocess" || key === "adaptor") checkPreset(key, value, presets, refuse);
    values[key] = value;
  }
  return values;
}

function ruleOf(
  { name, attributes }: Modality,
  { key }: RawAttribute,
  refuse: (problem: string) => never,
): AttributeRule {
  const rules: Modality["attributes"] = { ...commonAttributes, ...attributes };
  if (Object.hasOwn(rules, key)) return rules[key]!;
  const near = nearest(key, Object.keys(rules));
  const hint = Object.hasOwn(dead, key) ? dead[key] : near && `did you mean ${near}?`;
  const known = `expected one of ${Object.keys(rules).join(", ")}`;
  return refuse(`unknown attribute '${key}' in [${name}] (${known})${hint ? `; ${hint}` : ""}`);
}

function readValue(
  { value }: RawAttribute,
  { kind, min = -Infinity, max = Infinity }: AttributeRule,
  refuse: (problem: string) => never,
): Value {
  if (kind === "flag") return value ? refuse(`takes no value (got '${value.text}')`) : true;
  const what = { integer: "an integer", number: "a number", name: "a name" }[kind];
  if (!value) return refuse(`needs a value: ${what}`);
  const { text, isQuoted } = value;
  if (kind === "name") return text;
  const isNumber = !isQuoted && /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text);
  const number = Number(text) + 0; // no -0
  const isKind = isNumber && (kind === "number" || Number.isSafeInteger(number));
  if (!isKind || !Number.isFinite(number)) return refuse(`needs ${what}, got '${text}'`);
  if (number >= min && number <= max) return number;
  const range = max === Infinity ? `at least ${min}` : min === -Infinity ? `at most ${max}` : "";
  return refuse(`must be ${range || `from ${min} to ${max}`}, got ${text}`);
}

function checkPreset(
  key: keyof Presets,
  value: Value,
  presets: Presets | undefined,
  refuse: (problem: string) => never,
): void {
  const names = presets?.[key] ?? [];
  if (names.some((name) => name === value)) return;
  const near = nearest(String(value), names);
  const known = `expected one of ${names.join(", ")}`;
  refuse(`no ${key} is named '${value}' here (${known})${near ? `; did you mean ${near}?` : ""}`);
}
