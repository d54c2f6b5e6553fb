/** Tokenizers of other shapes, through `@huggingface/tokenizers`, once every part is known. */

import type { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import type { JsonObject } from "./check-json.ts";
import { checkSupported } from "./fallback-support.ts";
import type { NamedTokens, ParsedTokenizer } from "./parse-tokenizer.ts";
import type { DecodeOptions, EncodeOptions, TextDecoderStream, Tokenizer } from "./types.ts";

/**
 * Wraps `@huggingface/tokenizers`. Tokens that the file's post-processor adds (such as `<s>`)
 * are added, as Python does by default.
 *
 * @throws naming the first part of the file that the package would skip or compute differently
 */
export async function createFallbackTokenizer(
  parsed: ParsedTokenizer,
  config: JsonObject,
  named: NamedTokens,
  file: string,
): Promise<Tokenizer> {
  checkSupported(parsed.json, file);
  const { Tokenizer: Engine } = await import("@huggingface/tokenizers");
  // Clean-up removes spaces before punctuation when decoding; Python's default is off.
  const settings = {
    ...config,
    clean_up_tokenization_spaces: config.clean_up_tokenization_spaces === true,
  };
  // The package writes into what it is given, so each engine has its own copy.
  const create = (addedTokens: readonly object[]): HuggingFaceTokenizer => {
    const json = { ...structuredClone(parsed.json), added_tokens: addedTokens };
    return new Engine(withParts(json), settings);
  };
  return attempt(
    file,
    () => new FallbackTokenizer(create(parsed.addedTokens), () => create([]), parsed, named, file),
  );
}

/** Runs the package's code; what it trips over is told with the file's name. */
function attempt<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replaceAll("\n", " ") : String(cause);
    throw new Error(`${file}: @huggingface/tokenizers cannot use it (${reason})`, { cause });
  }
}

/** The package wants every part present, null where there is none. */
function withParts(json: JsonObject): JsonObject {
  const none = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  return { ...none, ...json };
}

class FallbackTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly specialIds: readonly number[];
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  private readonly engine: HuggingFaceTokenizer;
  private readonly createPlain: () => HuggingFaceTokenizer;
  private plain: HuggingFaceTokenizer | undefined;
  private readonly special: ReadonlySet<number>;
  private readonly tokens = new Map<number, string>();
  private readonly file: string;

  constructor(
    engine: HuggingFaceTokenizer,
    createPlain: () => HuggingFaceTokenizer,
    { addedTokens }: ParsedTokenizer,
    named: NamedTokens,
    file: string,
  ) {
    this.engine = engine;
    this.createPlain = createPlain;
    this.file = file;
    for (const [token, id] of engine.get_vocab(true)) this.tokens.set(id, token);
    let vocabSize = 0;
    for (const id of this.tokens.keys()) vocabSize = Math.max(vocabSize, id + 1);
    this.vocabSize = vocabSize;
    this.specialIds = addedTokens
      .filter((token) => token.special)
      .map((token) => token.id)
      .sort((a, b) => a - b);
    this.special = new Set(this.specialIds);
    this.eosId = named.eosToken === undefined ? undefined : this.tokenToId(named.eosToken);
    this.padId = named.padToken === undefined ? undefined : this.tokenToId(named.padToken);
  }

  encode(text: string, options?: EncodeOptions): Int32Array {
    let engine = this.engine;
    if (options?.specials === false) {
      this.plain ??= attempt(this.file, this.createPlain);
      engine = this.plain;
    }
    const { ids, tokens } = attempt(this.file, () => engine.encode(text));
    return Int32Array.from(ids, (id: number | undefined, i) => {
      if (typeof id === "number" && id >= 0) return id;
      throw new Error(
        `${this.file}: model.vocab has neither ${JSON.stringify(tokens[i])} nor an unknown token`,
      );
    });
  }

  encodeBatch(texts: readonly string[], options?: EncodeOptions): Int32Array[] {
    return texts.map((text) => this.encode(text, options));
  }

  decode(ids: ArrayLike<number>, options?: DecodeOptions): string {
    const list = Array.from(ids);
    for (const id of list) {
      if (!this.tokens.has(id)) throw new RangeError(`decode: no token has id ${id}`);
    }
    const kept = options?.skipSpecial === true ? list.filter((id) => !this.special.has(id)) : list;
    return kept.length === 0 ? "" : attempt(this.file, () => this.engine.decode(kept));
  }

  /** Decodes all ids so far at each push, since these decoders look across tokens. */
  createDecoder(options?: DecodeOptions): TextDecoderStream {
    let ids: number[] = [];
    let given = "";
    return {
      push: (id) => {
        ids.push(id);
        const text = this.decode(ids, options);
        const end = text.length - (/\uFFFD+$/.exec(text)?.[0].length ?? 0);
        // A decoder may take back text (byte fallback): then wait until it is settled.
        if (end <= given.length || !text.startsWith(given)) return "";
        const fresh = text.slice(given.length, end);
        given += fresh;
        return fresh;
      },
      flush: () => {
        const rest = this.decode(ids, options).slice(given.length);
        ids = [];
        given = "";
        return rest;
      },
    };
  }

  tokenToId(token: string): number | undefined {
    return this.engine.token_to_id(token);
  }

  idToToken(id: number): string | undefined {
    return this.tokens.get(id);
  }
}
