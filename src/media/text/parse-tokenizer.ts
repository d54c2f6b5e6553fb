/** Checks a tokenizer.json of unknown origin and says which encoder can serve it. */

import type { ByteLevelDefinition } from "./byte-level-tokenizer.ts";
import { describe, type JsonObject, Place } from "./check-json.ts";
import { type SplitRule, splitRules } from "./pretokenize.ts";
import type { AddedToken } from "./types.ts";

/** Ids bound the memory of the id tables; the largest published vocabularies have 2^18 tokens. */
const ID_LIMIT = 1 << 22;

/** A tokenizer.json whose parts have been checked. */
export interface ParsedTokenizer {
  readonly json: JsonObject;
  readonly addedTokens: readonly AddedToken[];
  /** Set when the fast byte-level path computes exactly this tokenizer. */
  readonly byteLevel: ByteLevelDefinition | undefined;
}

/** Tokens named in tokenizer_config.json. */
export interface NamedTokens {
  readonly eosToken: string | undefined;
  readonly padToken: string | undefined;
}

/**
 * Checks types, ids and merges of a tokenizer.json.
 *
 * @param file name used in messages
 * @throws one sentence naming the file and the key
 */
export function parseTokenizer(value: unknown, file: string, named: NamedTokens): ParsedTokenizer {
  const root = new Place(file);
  const json = root.object(value);
  const model = root.at("model").object(json.model);
  const addedTokens = parseAddedTokens(json.added_tokens, root.at("added_tokens"));
  const modelPlace = root.at("model");
  // Files before 2021 leave the type of the model out; only BPE has merges.
  const type = model.type ?? (Array.isArray(model.merges) ? "BPE" : undefined);
  if (type !== "BPE") {
    modelPlace.at("type").string(type);
    if (type === "Unigram") checkUnigram(model, modelPlace);
    else checkAgainst(parseVocab(model, modelPlace), addedTokens, root);
    return { json, addedTokens, byteLevel: undefined };
  }
  const vocab = parseVocab(model, modelPlace);
  checkAgainst(vocab, addedTokens, root);
  const prefix = model.continuing_subword_prefix;
  const merges = parseMerges(model, vocab, typeof prefix === "string" ? prefix : "", modelPlace);
  const rule = splitRuleOf(json.pre_tokenizer);
  const normalizesNfc = isNfc(json.normalizer);
  const isFast =
    rule !== undefined &&
    (normalizesNfc || isNull(json.normalizer)) &&
    isPlainBpe(model) &&
    isType(json.decoder, "ByteLevel") &&
    (isNull(json.post_processor) || isType(json.post_processor, "ByteLevel"));
  if (!isFast) return { json, addedTokens, byteLevel: undefined };
  const ignoreMerges = modelPlace.at("ignore_merges").boolean(model.ignore_merges, false);
  return {
    json,
    addedTokens,
    byteLevel: { vocab, merges, ignoreMerges, addedTokens, normalizesNfc, rule, ...named },
  };
}

function checkUnigram(model: JsonObject, place: Place): void {
  const list = place.at("vocab").array(model.vocab);
  list.forEach((entry, i) => {
    const [token, score] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof token !== "string" || typeof score !== "number") {
      throw place
        .at("vocab")
        .at(i)
        .error(`must be [token, score], but is ${describe(entry)}`);
    }
  });
  const unknown = model.unk_id;
  if (unknown !== undefined && unknown !== null) place.at("unk_id").index(unknown, list.length);
}

const isNull = (value: unknown): value is null | undefined => value === null || value === undefined;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isType = (value: unknown, type: string): value is JsonObject =>
  isObject(value) && value.type === type;

/** The parts of a "Sequence", or the part alone. */
function flatten(value: unknown, key: string): readonly unknown[] {
  if (!isType(value, "Sequence")) return [value];
  const parts = value[key];
  return Array.isArray(parts) ? parts.flatMap((part) => flatten(part, key)) : [value];
}

function isNfc(normalizer: unknown): boolean {
  const parts = flatten(normalizer, "normalizers");
  return parts.length > 0 && parts.every((part) => isType(part, "NFC"));
}

function splitRuleOf(preTokenizer: unknown): SplitRule | undefined {
  const parts = flatten(preTokenizer, "pretokenizers");
  const [split, bytes] = parts;
  if (parts.length !== 2 || !isType(split, "Split") || !isType(bytes, "ByteLevel"))
    return undefined;
  // The ByteLevel part must only map bytes: by default it would split and prepend a space.
  if (bytes.add_prefix_space !== false || bytes.use_regex !== false) return undefined;
  if (split.behavior !== "Isolated" || (split.invert ?? false) !== false) return undefined;
  const regex = isObject(split.pattern) ? split.pattern.Regex : undefined;
  return typeof regex === "string" ? splitRules.get(regex) : undefined;
}

function isPlainBpe(model: JsonObject): boolean {
  return (
    (isNull(model.dropout) || model.dropout === 0) &&
    isNull(model.unk_token) &&
    (isNull(model.continuing_subword_prefix) || model.continuing_subword_prefix === "") &&
    (isNull(model.end_of_word_suffix) || model.end_of_word_suffix === "") &&
    (model.byte_fallback ?? false) === false
  );
}

function parseVocab(model: JsonObject, place: Place): ReadonlyMap<string, number> {
  const vocabPlace = place.at("vocab");
  const entries = Object.entries(vocabPlace.object(model.vocab));
  if (entries.length === 0) throw vocabPlace.error("has no tokens");
  const vocab = new Map<string, number>();
  let size = 0;
  for (const [, id] of entries) {
    if (typeof id === "number" && id >= size && id < ID_LIMIT) size = Math.floor(id) + 1;
  }
  const used = new Uint8Array(size);
  for (const [token, id] of entries) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= ID_LIMIT) {
      vocabPlace.at(JSON.stringify(token)).index(id, ID_LIMIT); // throws
    } else if (used[id] === 1) {
      const other = entries.find(([, value]) => value === id)?.[0];
      throw vocabPlace.error(`gives id ${id} to both ${describe(other)} and ${describe(token)}`);
    } else {
      used[id] = 1;
      vocab.set(token, id);
    }
  }
  return vocab;
}

/** [merges, 3] ids of left, right and joined. */
function parseMerges(
  model: JsonObject,
  vocab: ReadonlyMap<string, number>,
  prefix: string,
  place: Place,
): Int32Array {
  const mergesPlace = place.at("merges");
  const list = mergesPlace.array(model.merges);
  const merges = new Int32Array(list.length * 3);
  let n = 0;
  const idOf = (token: string, i: number): number => {
    const id = vocab.get(token);
    if (id !== undefined) return id;
    throw mergesPlace.at(i).error(`names ${describe(token)}, which model.vocab does not have`);
  };
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (typeof entry === "string" && entry.startsWith("#version")) continue; // of merges.txt
    const pair = typeof entry === "string" ? entry.split(" ") : entry;
    if (!Array.isArray(pair) || pair.length !== 2) throw wrongMerge(mergesPlace.at(i), entry);
    const [left, right]: unknown[] = pair;
    if (typeof left !== "string" || typeof right !== "string") {
      throw wrongMerge(mergesPlace.at(i), entry);
    }
    const strips = prefix !== "" && right.startsWith(prefix);
    merges[n++] = idOf(left, i);
    merges[n++] = idOf(right, i);
    merges[n++] = idOf(left + (strips ? right.slice(prefix.length) : right), i);
  }
  return merges.subarray(0, n);
}

const wrongMerge = (place: Place, entry: unknown): Error =>
  place.error(`must be "left right" or ["left", "right"], but is ${describe(entry)}`);

function parseAddedTokens(value: unknown, place: Place): AddedToken[] {
  if (isNull(value)) return [];
  const contents = new Set<string>();
  const ids = new Set<number>();
  return place.array(value).map((entry, i) => {
    const at = place.at(i);
    const token = at.object(entry);
    const content = at.at("content").string(token.content);
    const id = at.at("id").index(token.id, ID_LIMIT);
    if (content === "") throw at.at("content").error("must not be empty");
    if (contents.has(content)) throw at.at("content").error(`repeats ${describe(content)}`);
    if (ids.has(id)) throw at.at("id").error(`repeats ${id}, the id of another added token`);
    contents.add(content);
    ids.add(id);
    const special = at.at("special").boolean(token.special, false);
    return {
      id,
      content,
      special,
      single_word: at.at("single_word").boolean(token.single_word, false),
      lstrip: at.at("lstrip").boolean(token.lstrip, false),
      rstrip: at.at("rstrip").boolean(token.rstrip, false),
      normalized: at.at("normalized").boolean(token.normalized, !special),
    };
  });
}

/** An added token may repeat a token of the vocabulary, but only with the same id. */
function checkAgainst(
  vocab: ReadonlyMap<string, number>,
  addedTokens: readonly AddedToken[],
  root: Place,
): void {
  const added = new Set(addedTokens.map(({ id }) => id));
  const used = new Map<number, string>();
  for (const [token, id] of vocab) if (added.has(id)) used.set(id, token);
  addedTokens.forEach(({ id, content }, i) => {
    const place = root.at("added_tokens").at(i);
    const inVocab = vocab.get(content);
    if (inVocab !== undefined && inVocab !== id) {
      throw place.at("id").error(`is ${id}, but model.vocab gives ${describe(content)} ${inVocab}`);
    }
    const other = used.get(id);
    if (other !== undefined && other !== content) {
      throw place.at("id").error(`is ${id}, the id of ${describe(other)} in model.vocab`);
    }
  });
}
