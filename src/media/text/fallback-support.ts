/** What `@huggingface/tokenizers` 0.2 computes as the Rust library does; the rest is refused. */

import { describe, type JsonObject, Place } from "./check-json.ts";

/** Checks one part's settings: the key whose value would be ignored, or undefined. */
type Check = (part: JsonObject) => string | undefined;

const fine: Check = () => undefined;

/** The setting must have one of these values; undefined stands for a missing key. */
const only =
  (key: string, ...values: unknown[]): Check =>
  (part) =>
    values.includes(part[key]) ? undefined : key;

const all =
  (...checks: Check[]): Check =>
  (part) => {
    for (const check of checks) {
      const key = check(part);
      if (key !== undefined) return key;
    }
    return undefined;
  };

/** `{ "String": … }` or `{ "Regex": … }`; the package would skip anything else with a warning. */
const pattern: Check = (part) => {
  const value: unknown = part.pattern;
  if (typeof value !== "object" || value === null) return "pattern";
  const [key, ...more] = Object.keys(value);
  const isKnown = (key === "String" || key === "Regex") && more.length === 0;
  return isKnown && typeof Object.values(value)[0] === "string" ? undefined : "pattern";
};

type Table = Readonly<Record<string, Check>>;

// Not Precompiled: the package approximates its table by NFKC.
const normalizers: Table = {
  BertNormalizer: fine,
  Lowercase: fine,
  NFC: fine,
  NFD: fine,
  NFKC: fine,
  NFKD: fine,
  Prepend: fine,
  Replace: pattern,
  Strip: fine,
  StripAccents: fine,
};

const preTokenizers: Table = {
  BertPreTokenizer: fine,
  ByteLevel: fine,
  Digits: fine,
  Metaspace: only("split", undefined, false),
  Punctuation: only("behavior", "Contiguous"),
  Split: all(pattern, only("behavior", "Isolated", "Removed"), only("invert", undefined, false)),
  Whitespace: fine,
  WhitespaceSplit: fine,
};

const postProcessors: Table = {
  BertProcessing: fine,
  ByteLevel: fine,
  RobertaProcessing: fine,
  TemplateProcessing: fine,
};

const decoders: Table = {
  BPEDecoder: fine,
  ByteFallback: fine,
  ByteLevel: fine,
  CTC: fine,
  Fuse: fine,
  Metaspace: fine,
  Replace: pattern,
  Strip: fine,
  WordPiece: fine,
};

const models: Table = {
  BPE: all(
    only("dropout", undefined, null, 0),
    only("continuing_subword_prefix", undefined, null, ""),
  ),
  Unigram: fine,
  WordPiece: only("continuing_subword_prefix", undefined, "##"),
};

/**
 * Refuses what the package would skip or compute differently from the Rust library.
 * @throws naming the file, the key and the part
 */
export function checkSupported(json: JsonObject, file: string): void {
  const root = new Place(file);
  checkPart(json.model, models, root.at("model"), "");
  checkPart(json.normalizer, normalizers, root.at("normalizer"), "normalizers");
  checkPart(json.pre_tokenizer, preTokenizers, root.at("pre_tokenizer"), "pretokenizers");
  checkPart(json.post_processor, postProcessors, root.at("post_processor"), "processors");
  checkPart(json.decoder, decoders, root.at("decoder"), "decoders");
}

function checkPart(value: unknown, table: Table, place: Place, children: string): void {
  if (value === null || value === undefined) return;
  const part = place.object(value);
  const type = place.at("type").string(part.type ?? (part.merges === undefined ? null : "BPE"));
  if (type === "Sequence" && children !== "") {
    const list = place.at(children).array(part[children]);
    list.forEach((child, i) => {
      checkPart(place.at(children).at(i).object(child), table, place.at(children).at(i), children);
    });
    return;
  }
  const check = Object.hasOwn(table, type) ? table[type] : undefined;
  if (check === undefined) {
    throw place.error(
      `is ${JSON.stringify(type)}, which is not supported; known are ` +
        `${Object.keys(table).join(", ")}`,
    );
  }
  const key = check(part);
  if (key !== undefined) {
    throw place.at(key).error(`${describe(part[key])} is not supported for ${type}`);
  }
}
