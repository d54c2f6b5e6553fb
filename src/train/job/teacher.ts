/** A teacher's likeliest tokens, computed once and kept in the run's folder. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { openCheckpoint } from "../../checkpoint/checkpoint.ts";
import { saveSafetensors } from "../../checkpoint/save.ts";
import { type NDArray, zeros } from "../../graph/ndarray.ts";
import { lower } from "../../graph/onnx/lowering.ts";
import type { Model } from "../../models/index.ts";
import { createParameters } from "../../nn/scope.ts";
import { createSession, type Session } from "../../runtime/index.ts";
import { rowLogits, scoreInputs } from "../align/scores.ts";
import { cutGroups, sequenceArrays } from "../align/sequence-arrays.ts";
import type { Sequence } from "../batches.ts";
import { learnedIn } from "../data/supervise.ts";
import { decoderModel } from "../language-model.ts";
import { sessionOptions } from "../sessions.ts";

/** Logits of a frozen model at the learned positions of sequences. */
export class Teacher implements Disposable {
  readonly vocabulary: number;
  readonly #session: Session;

  private constructor(session: Session, vocabulary: number) {
    this.#session = session;
    this.vocabulary = vocabulary;
  }

  static async create({ config, weights }: Model, threads?: number): Promise<Teacher> {
    const { root } = createParameters("f32", config.quantized);
    const given = scoreInputs();
    const logits = rowLogits(decoderModel(config), root, given);
    const { tokens, rows } = given;
    const program = lower({ inputs: [tokens, rows], outputs: { logits } });
    const engine = sessionOptions({ weights, formats: config.quantized, threads });
    const session = await createSession(program, engine);
    return new Teacher(session, config.vocabSize);
  }

  /** [rows, vocabulary], valid until the next call. */
  async logits({ tokens, rows }: Record<string, NDArray>, signal?: AbortSignal): Promise<NDArray> {
    const { logits } = await this.#session.run({ tokens, rows }, { signal });
    return logits;
  }

  [Symbol.dispose](): void {
    this.#session.dispose();
  }
}

/** Likeliest tokens at the learned positions of all sequences, one after the other. */
export interface StoredTop {
  /** i32 [rows, k] and f32 [rows, k]. */
  readonly ids: Int32Array;
  readonly logits: Float32Array;
}

export interface StoreOptions {
  readonly file: string;
  readonly k: number;
  /** Identifies teacher and data. */
  readonly source: string;
  /** Most tokens of a run of the teacher. */
  readonly tokens: number;
  readonly signal?: AbortSignal;
}

/**
 * The `k` likeliest tokens for every learned position: read from `file` where it was made from the
 * same, otherwise computed and written there.
 */
export async function storedTop(
  sequences: readonly Sequence[],
  openTeacher: () => Promise<Teacher>,
  { file, k, source, tokens, signal }: StoreOptions,
): Promise<StoredTop> {
  const starts: number[] = [];
  let rows = 0;
  const hash = createHash("sha256").update(JSON.stringify([source, k]));
  for (const sequence of sequences) {
    starts.push(rows);
    rows += learnedIn(sequence);
    hash.update(Int32Array.from(sequence.tokens)).update(Uint8Array.from(sequence.learned));
  }
  const key = hash.digest("hex");
  const known = await readTop(file, key);
  if (known) return known;
  const [ids, logits] = [new Int32Array(rows * k), new Float32Array(rows * k)];
  using teacher = await openTeacher();
  const places = sequences.map((_, i) => i);
  for (const group of cutGroups(places, (i) => [sequences[i]], tokens)) {
    const { inputs, sizes } = sequenceArrays(group.map((i) => sequences[i]));
    const found = (await teacher.logits(inputs, signal)).data as Float32Array;
    let row = 0;
    group.forEach((i, g) => {
      for (let r = 0; r < sizes[g]; r++, row++) {
        const at = (starts[i] + r) * k;
        const values = found.subarray(row * teacher.vocabulary, (row + 1) * teacher.vocabulary);
        largest(values, k).forEach((id, n) => {
          ids[at + n] = id;
          logits[at + n] = values[id];
        });
      }
    });
  }
  await mkdir(dirname(file), { recursive: true });
  const array = (dtype: "i32" | "f32", data: Int32Array | Float32Array): NDArray => ({
    dtype,
    shape: [rows, k],
    data,
  });
  await saveSafetensors(file, [
    { name: "ids", array: array("i32", ids) },
    { name: "logits", array: array("f32", logits) },
    { name: `source ${key}`, array: zeros("f32", [1]) },
  ]);
  return { ids, logits };
}

async function readTop(file: string, key: string): Promise<StoredTop | undefined> {
  if (!existsSync(file)) return undefined;
  using checkpoint = await openCheckpoint(file);
  if (!checkpoint.has(`source ${key}`)) return undefined; // of other data, or another teacher
  return {
    ids: Int32Array.from(checkpoint.read("ids").data as Int32Array),
    logits: Float32Array.from(checkpoint.read("logits").data as Float32Array),
  };
}

/** Indices of the `k` largest values, largest first; of equal ones the first. */
export function largest(values: Float32Array, k: number): Int32Array {
  const found = new Int32Array(k);
  let size = 0;
  for (let i = 0; i < values.length; i++) {
    if (size === k && !(values[i] > values[found[k - 1]])) continue;
    let at = size < k ? size++ : k - 1;
    for (; at > 0 && values[i] > values[found[at - 1]]; at--) found[at] = found[at - 1];
    found[at] = i;
  }
  return found;
}
