/**
 * Compressed audio through audio-decode's WebAssembly, in a thread of its own: there a decoder may
 * print, hang or break without harm, and the caller's thread stays free.
 */

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import type { Audio } from "../types.ts";
import type { Codec } from "./codec.ts";

/** Bytes decoded between two looks at the length: small files can hold hours of silence. */
const CHUNK = 16_384;

interface Request {
  readonly codec: Codec;
  readonly bytes: Uint8Array;
  readonly maxSeconds: number;
}

type Reply =
  | { readonly kind: "progress" }
  | { readonly kind: "tooLong" }
  | { readonly kind: "done"; readonly sampleRate: number; readonly samples: Float32Array }
  | { readonly kind: "failed"; readonly message: string; readonly isBroken: boolean };

type Decoded = Audio | "tooLong";

/** Plain JavaScript, so that it runs from sources and from the published package alike. */
const program = `
const { parentPort, workerData } = require("node:worker_threads");
const loading = import(workerData.url);
parentPort.on("message", async ({ codec, bytes, maxSeconds }) => {
  let decoder;
  try {
    const { default: decode } = await loading;
    decoder = await decode[codec]();
    const parts = [];
    let length = 0;
    let rate = 0;
    for (let at = 0; at < bytes.length + workerData.chunk; at += workerData.chunk) {
      const isEnd = at >= bytes.length;
      const result = await (isEnd ? decoder() : decoder(bytes.slice(at, at + workerData.chunk)));
      const { channelData: channels, sampleRate } = result;
      if (channels.length > 0 && channels[0].length > 0) {
        if (rate !== 0 && rate !== sampleRate) {
          throw new Error("its sample rate changes from " + rate + " to " + sampleRate + " Hz");
        }
        rate = sampleRate;
        const mono = new Float32Array(channels[0].length);
        for (let n = 0; n < mono.length; n++) {
          let sum = 0;
          for (const channel of channels) sum += channel[n];
          mono[n] = sum / channels.length;
          if (!Number.isFinite(mono[n])) throw new Error("its samples are not finite numbers");
        }
        parts.push(mono);
        length += mono.length;
        if (length > maxSeconds * rate) return parentPort.postMessage({ kind: "tooLong" });
      }
      parentPort.postMessage({ kind: "progress" });
    }
    const samples = new Float32Array(length);
    let at = 0;
    for (const part of parts) {
      samples.set(part, at);
      at += part.length;
    }
    parentPort.postMessage({ kind: "done", sampleRate: rate, samples }, [samples.buffer]);
  } catch (error) {
    const isBroken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    const message = String(error && error.message || error);
    parentPort.postMessage({ kind: "failed", message, isBroken });
  } finally {
    try { decoder?.free(); } catch {}
  }
});`;

export interface DecoderThread {
  /**
   * Decodes all of it, channels averaged; files wait for each other.
   *
   * @throws Error saying why not, in words of the decoder
   */
  decode(request: Request): Promise<Decoded>;
}

export interface DecoderThreadOptions {
  /** The module that decodes (default audio-decode). */
  readonly url?: string;
  /** A decoder that finishes no chunk for so long hangs, and is ended (default 30). */
  readonly timeoutSeconds?: number;
}

/** Starts no thread before the first file, and another one where that broke. */
export function createDecoderThread(options: DecoderThreadOptions = {}): DecoderThread {
  const { url = audioDecode(), timeoutSeconds = 30 } = options;
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const start = (): Worker => {
    const started = new Worker(program, {
      eval: true,
      workerData: { url, chunk: CHUNK },
      stdout: true,
      stderr: true,
    });
    // Between two files, too, it may end: the next starts another.
    started.on("error", () => {});
    started.on("exit", () => {
      if (worker === started) worker = undefined;
    });
    // What decoders print is dropped.
    started.stdout.resume();
    started.stderr.resume();
    return started;
  };

  const decodeNext = async (request: Request): Promise<Decoded> => {
    worker ??= start();
    const active = worker;
    const drop = (): void => {
      worker = undefined;
      void active.terminate();
    };
    active.ref();
    try {
      return await ask(active, request, timeoutSeconds, drop);
    } finally {
      active.unref();
    }
  };

  return {
    decode(request) {
      const result = last.then(() => decodeNext(request));
      last = result.catch(() => {});
      return result;
    },
  };
}

const audioDecode = (): string =>
  pathToFileURL(createRequire(import.meta.url).resolve("audio-decode")).href;

/** One file's request and its replies; `drop` is called where the thread is of no more use. */
function ask(
  worker: Worker,
  request: Request,
  timeoutSeconds: number,
  drop: () => void,
): Promise<Decoded> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      worker.off("message", take).off("error", end).off("exit", end);
    };
    const end = (error: unknown): void => {
      settle();
      drop();
      reject(error instanceof Error ? error : new Error("its decoder stopped"));
    };
    const hang = (): void => end(new Error(`its decoder made no progress in ${timeoutSeconds} s`));
    let timer = setTimeout(hang, timeoutSeconds * 1000);
    const take = (reply: Reply): void => {
      if (reply.kind === "progress") {
        clearTimeout(timer);
        timer = setTimeout(hang, timeoutSeconds * 1000);
        return;
      }
      settle();
      if (reply.kind === "tooLong") resolve("tooLong");
      else if (reply.kind === "done") resolve(reply);
      else {
        // What trapped or ran out of memory may not be right again.
        if (reply.isBroken) drop();
        reject(new Error(reply.message));
      }
    };
    worker.on("message", take).on("error", end).on("exit", end);
    const bytes = new Uint8Array(request.bytes); // the caller keeps the original
    worker.postMessage({ ...request, bytes }, [bytes.buffer]);
  });
}
