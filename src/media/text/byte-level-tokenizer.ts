/** The fast path: byte-level BPE tokenizers of the Qwen shape. */

import { AddedTokenSplitter } from "./added-tokens.ts";
import { BpeEncoder, type BpeRanks, IdBuffer } from "./bpe.ts";
import { createByteStream, decodeIds, TokenBytes } from "./byte-decoder.ts";
import { tokenBytes } from "./bytes.ts";
import { nfc } from "./nfc.ts";
import { PairMap } from "./pair-map.ts";
import { MAX_CACHED_UNITS, PieceCache } from "./piece-cache.ts";
import { type PieceScanner, pieceScanner, type SplitRule } from "./pretokenize.ts";
import type {
  AddedToken,
  DecodeOptions,
  EncodeOptions,
  TextDecoderStream,
  Tokenizer,
} from "./types.ts";

/** A checked byte-level tokenizer definition. */
export interface ByteLevelDefinition {
  readonly vocab: ReadonlyMap<string, number>;
  /** [merges, 3] ids of left, right and their concatenation, best merge first. */
  readonly merges: Int32Array;
  readonly ignoreMerges: boolean;
  readonly addedTokens: readonly AddedToken[];
  readonly normalizesNfc: boolean;
  readonly rule: SplitRule;
  readonly eosToken?: string | undefined;
  readonly padToken?: string | undefined;
}

const unchanged = (text: string): string => text;

/** Byte-level BPE with a word cache; ids equal those of the Rust tokenizers library. */
export class ByteLevelTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly specialIds: readonly number[];
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  private readonly vocab: ReadonlyMap<string, number>;
  private readonly addedIds: ReadonlyMap<string, number>;
  private readonly tokens: readonly (string | undefined)[];
  private readonly special: ReadonlySet<number>;
  private readonly bytes: TokenBytes;
  private readonly normalize: (text: string) => string;
  private readonly plainSplitter: AddedTokenSplitter;
  private readonly normalizedSplitter: AddedTokenSplitter;
  private readonly scan: PieceScanner;
  private readonly bpe: BpeEncoder;
  private readonly cache = new PieceCache();

  constructor(definition: ByteLevelDefinition) {
    const { vocab, addedTokens, rule } = definition;
    this.vocab = vocab;
    this.addedIds = new Map(addedTokens.map(({ content, id }) => [content, id]));
    let vocabSize = 0;
    for (const id of vocab.values()) if (id >= vocabSize) vocabSize = id + 1;
    for (const { id } of addedTokens) if (id >= vocabSize) vocabSize = id + 1;
    const tokens = new Array<string | undefined>(vocabSize).fill(undefined);
    for (const [token, id] of vocab) tokens[id] = token;
    for (const { content, id } of addedTokens) tokens[id] = content;
    this.tokens = tokens;
    this.vocabSize = vocabSize;
    this.bytes = new TokenBytes(tokens, new Set(this.addedIds.values()));
    this.specialIds = addedTokens
      .filter((token) => token.special)
      .map((token) => token.id)
      .sort((a, b) => a - b);
    this.special = new Set(this.specialIds);
    const { eosToken, padToken } = definition;
    this.eosId = eosToken === undefined ? undefined : this.tokenToId(eosToken);
    this.padId = padToken === undefined ? undefined : this.tokenToId(padToken);
    this.normalize = definition.normalizesNfc ? nfc : unchanged;
    this.plainSplitter = new AddedTokenSplitter(
      addedTokens.filter((token) => !token.normalized),
      (token) => token.content,
    );
    this.normalizedSplitter = new AddedTokenSplitter(
      addedTokens.filter((token) => token.normalized),
      (token) => this.normalize(token.content),
    );
    this.scan = pieceScanner(rule);
    this.bpe = new BpeEncoder(createRanks(definition));
  }

  encode(text: string, options?: EncodeOptions): Int32Array {
    const out = new IdBuffer();
    const found = (token: AddedToken): void => out.push(token.id);
    const pieces = (plain: string): void => this.encodePlain(plain, out);
    if (options?.specials === false) {
      pieces(this.normalize(text));
      return out.toArray();
    }
    // Added tokens that are not normalised come out first, the others after normalisation.
    const normalized = (plain: string): void => {
      const normal = this.normalize(plain);
      if (this.normalizedSplitter.isEmpty) pieces(normal);
      else this.normalizedSplitter.split(normal, pieces, found);
    };
    if (this.plainSplitter.isEmpty) normalized(text);
    else this.plainSplitter.split(text, normalized, found);
    return out.toArray();
  }

  encodeBatch(texts: readonly string[], options?: EncodeOptions): Int32Array[] {
    return texts.map((text) => this.encode(text, options));
  }

  decode(ids: ArrayLike<number>, options?: DecodeOptions): string {
    return decodeIds(ids, this.bytes, this.skip(options));
  }

  createDecoder(options?: DecodeOptions): TextDecoderStream {
    return createByteStream(this.bytes, this.skip(options));
  }

  tokenToId(token: string): number | undefined {
    return this.addedIds.get(token) ?? this.vocab.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.tokens[id];
  }

  bytesOf(id: number): Uint8Array | undefined {
    return this.tokens[id] === undefined ? undefined : this.bytes.of(id);
  }

  private skip(options: DecodeOptions | undefined): ((id: number) => boolean) | undefined {
    return options?.skipSpecial === true ? (id) => this.special.has(id) : undefined;
  }

  private encodePlain(text: string, out: IdBuffer): void {
    const units = toUnits(text);
    const { scan, cache } = this;
    const end = units.length;
    for (let at = 0; at < end; ) {
      const stop = scan(units, at, end);
      if (stop - at > MAX_CACHED_UNITS) {
        this.bpe.encode(units, at, stop, out);
      } else {
        const hash = PieceCache.hash(units, at, stop);
        if (!cache.find(units, at, stop, hash, out)) {
          const from = out.length;
          this.bpe.encode(units, at, stop, out);
          cache.add(units, at, stop, hash, out.data, from, out.length);
        }
      }
      at = stop;
    }
  }
}

/** UTF-16 units of a string: flat memory, whatever the string's inner form. */
function toUnits(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  Buffer.from(units.buffer).write(text, "utf16le");
  return units;
}

function createRanks(definition: ByteLevelDefinition): BpeRanks {
  const { vocab, merges, ignoreMerges } = definition;
  const byteIds = new Int32Array(256).fill(-1);
  const whole = ignoreMerges ? new Map<string, number>() : undefined;
  for (const [token, id] of vocab) {
    if (token.length > 1 && whole === undefined) continue;
    const bytes = tokenBytes(token);
    if (bytes.length === 1) byteIds[bytes[0]!] = id;
    whole?.set(Buffer.from(bytes).toString("latin1"), id);
  }
  const count = merges.length / 3;
  const pairs = new PairMap(count);
  const merged = new Int32Array(count);
  for (let rank = 0; rank < count; rank++) {
    // A repeated pair keeps its last rank, as in the Rust library.
    pairs.set(merges[rank * 3]!, merges[rank * 3 + 1]!, rank);
    merged[rank] = merges[rank * 3 + 2]!;
  }
  return { byteIds, pairs, merged, ...(whole === undefined ? {} : { whole }) };
}
