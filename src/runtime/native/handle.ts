/** Native objects with a lifetime. */

import type { Pointer } from "./ffi.ts";

/**
 * A native object that is released once: at `close`, or when the last user that was busy with it
 * at that time is done. It must not refer to the JavaScript object that owns it.
 */
export class NativeHandle {
  readonly #what: string;
  readonly #pointer: Pointer;
  /** Taken away with the object, and with it the memory it keeps. */
  #release: ((pointer: Pointer) => void) | undefined;
  #users = 0;
  #closed = false;

  constructor(what: string, pointer: Pointer, release: (pointer: Pointer) => void) {
    this.#what = what;
    this.#pointer = pointer;
    this.#release = release;
  }

  /** The address. @throws after `close` */
  get pointer(): Pointer {
    if (this.#closed) throw new Error(`this ${this.#what} was disposed; create a new one`);
    return this.#pointer;
  }

  /** Keeps the object until `done`. @throws after `close` */
  use(): Pointer {
    const { pointer } = this;
    this.#users++;
    return pointer;
  }

  done(): void {
    this.#users--;
    if (this.#closed) this.#releaseUnused();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#releaseUnused();
  }

  #releaseUnused(): void {
    if (this.#users > 0) return;
    this.#release?.(this.#pointer);
    this.#release = undefined;
  }
}

/** Safety net for owners that were dropped without `dispose`. */
const dropped = new FinalizationRegistry<() => void>((close) => close());

/** Calls `close` when `owner` is collected; `close` must not refer to it. */
export function closeWithOwner(owner: object, close: () => void): void {
  dropped.register(owner, close, owner);
}

export function forgetOwner(owner: object): void {
  dropped.unregister(owner);
}
