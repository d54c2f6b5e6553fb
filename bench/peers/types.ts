/** What the comparison asks of an engine, and how its process is told. */

/** An engine with one sequence, decoded greedily. */
export interface PeerEngine {
  /** Forgets the sequence. */
  reset(): Promise<void>;
  /** Reads tokens behind those it holds and picks the one that follows. */
  feed(tokens: readonly number[]): Promise<void>;
  /** Reads the token picked last and picks the next, `count` times; milliseconds of each. */
  steps(count: number): Promise<number[]>;
}

export interface OpenOptions {
  /** Checkpoint folder, GGUF file, or folder that transformers.js loads. */
  readonly path: string;
  readonly threads: number;
  /** Tokens that prompts and answers take at most. */
  readonly context: number;
  /** Folder for what an engine makes of the weights when it loads them. */
  readonly cache: string;
}

export interface EngineSpec {
  /** `onefold-int8`, `llama-q4_0`, … */
  readonly name: string;
  readonly family: "onefold" | "llama" | "transformers";
  /** Of the weights, in the words of the family: `int8`, `q4_0`, `q4`. */
  readonly type: string;
  readonly flashAttention?: boolean;
  /** Of keys and values, in our engine (default f32). */
  readonly kvCache?: "int8";
}

/** A request to a child; the answer is an `Answer`. */
export type Request =
  | { readonly kind: "open"; readonly spec: EngineSpec; readonly options: OpenOptions }
  /** Reads a prompt of that length from nothing: milliseconds. */
  | { readonly kind: "prompt"; readonly length: number }
  /** Holds at least that many tokens, untimed. */
  | { readonly kind: "fill"; readonly length: number }
  | { readonly kind: "steps"; readonly count: number }
  | { readonly kind: "memory" };

export type Answer =
  | { readonly ms: readonly number[] }
  | { readonly memory: Memory }
  | { readonly error: string };

/** Bytes of a process; on systems without /proc only `resident`. */
export interface Memory {
  readonly resident: number;
  /** Highest since the start. */
  readonly peak?: number;
  /** The part of `resident` that is mapped files. */
  readonly mapped?: number;
}
