/** One data set read epoch after epoch through a shuffle buffer, from any place it was left at. */

import { createRandom } from "../../nn/random.ts";
import { shuffle } from "../batches.ts";
import { type Position, START } from "./read-lines.ts";
import { type ReadOptions, readFile } from "./read-records.ts";
import type { RecordKind, RecordOf } from "./record.ts";

/** Where the buffer was filled from, and how many of its rows are taken: plain JSON. */
export interface DatasetCursor {
  readonly epoch: number;
  /** Index in the epoch's order of the files. */
  readonly file: number;
  readonly offset: number;
  readonly line: number;
  readonly taken: number;
}

export interface DatasetOptions<K extends RecordKind> extends ReadOptions<K> {
  readonly files: readonly string[];
  /** Tells this data set's order from that of others. */
  readonly name: string;
  readonly seed: number;
  /** Rows that are shuffled at a time; below 2, files and rows come in order. */
  readonly shuffleBuffer: number;
  /** Times that every row comes; Infinity for an endless stream. */
  readonly epochs: number;
}

/** A buffer is full, however few its rows, when it spans so many bytes of its file. */
const MAX_BUFFER_BYTES = 256 * 2 ** 20;

/** Rows read at a time where they are not shuffled. */
const IN_ORDER = 256;

type Place = Omit<DatasetCursor, "taken">;
interface Read<K extends RecordKind> {
  readonly record: RecordOf<K>;
  readonly next: Place;
}

/**
 * The buffer is filled, shuffled and emptied in turn, so that its place and a count say exactly
 * where a reader stands: going on reads one buffer again and nothing before it.
 */
export class DatasetReader<K extends RecordKind> {
  private readonly options: DatasetOptions<K>;
  private start: Place = { epoch: 0, file: 0, offset: 0, line: 0 };
  /** Behind the buffer's last row. */
  private behind: Place = this.start;
  private taken = 0;
  private buffer: RecordOf<K>[] | undefined;

  constructor(options: DatasetOptions<K>) {
    this.options = options;
  }

  get cursor(): DatasetCursor {
    return { ...this.start, taken: this.taken };
  }

  /** The next row, and the epoch that it comes in; undefined behind the last epoch. */
  async next(): Promise<{ record: RecordOf<K>; epoch: number } | undefined> {
    if (this.buffer && this.taken === this.buffer.length) {
      this.start = this.behind;
      this.taken = 0;
      this.buffer = undefined;
    }
    this.buffer ??= await this.fill();
    const record = this.buffer[this.taken];
    if (!record) return undefined;
    this.taken++;
    return { record, epoch: this.start.epoch };
  }

  async seek({ taken, ...start }: DatasetCursor): Promise<void> {
    this.start = start;
    this.behind = start;
    this.buffer = undefined;
    this.taken = 0;
    if (taken === 0) return;
    this.buffer = await this.fill();
    if (taken > this.buffer.length) {
      throw new Error(
        `row ${taken} of a buffer of ${this.buffer.length} was asked of data set ` +
          `"${this.options.name}"; its files are not those of the run`,
      );
    }
    this.taken = taken;
  }

  /** Reads one buffer; empty only behind the last epoch. Buffers do not span epochs. */
  private async fill(): Promise<RecordOf<K>[]> {
    const { shuffleBuffer, epochs, seed, name, files } = this.options;
    const buffer: RecordOf<K>[] = [];
    if (this.start.epoch >= epochs) return buffer;
    const isShuffled = shuffleBuffer > 1;
    const most = isShuffled ? shuffleBuffer : IN_ORDER;
    const { epoch, file, offset } = this.start;
    let bytes = 0;
    // The file is open no longer than this takes: a stream may be left at any time.
    for await (const { record, next } of this.rows(this.start)) {
      if (next.file === this.behind.file) bytes += next.offset - this.behind.offset;
      buffer.push(record);
      this.behind = next;
      if (buffer.length === most || bytes >= MAX_BUFFER_BYTES) break;
    }
    if (buffer.length > 0) {
      return isShuffled ? shuffle(buffer, seed, `${name} ${epoch} ${file} ${offset}`) : buffer;
    }
    if (file === 0 && offset === 0) throw new Error(`${files.join(", ")}: no rows to train on`);
    this.start = { epoch: epoch + 1, file: 0, offset: 0, line: 0 };
    this.behind = this.start;
    return this.fill();
  }

  /** Rows of an epoch from a place on. */
  private async *rows(from: Place): AsyncGenerator<Read<K>> {
    const { epoch } = from;
    const files = this.order(epoch);
    for (let file = from.file; file < files.length; file++) {
      const position: Position = file === from.file ? from : START;
      for await (const { record, next } of readFile(files[file], position, this.options)) {
        yield { record, next: { epoch, file, ...next } };
      }
    }
  }

  private order(epoch: number): string[] {
    const { files, name, seed, shuffleBuffer } = this.options;
    return shuffleBuffer < 2 ? [...files] : shuffle([...files], seed, `${name} files ${epoch}`);
  }
}

/** A number below 1 for each draw, the same at the same draw after a resume. */
export const drawAt = (seed: number, draw: number): number =>
  createRandom(seed, `draw ${draw}`).uniform();
