/** Whose turn it is: the client that has been served least. */

interface Client<T> {
  readonly waiting: T[];
  /** What it was charged, from the level at which it joined. */
  served: number;
}

/** Clients without waiting items that are remembered with what they were charged. */
const MOST_IDLE = 1024;

/**
 * Items of one client come first in, first out; between clients the one that was charged least is
 * next. A client that (re)joins starts no lower than the least of those that wait, so that idling
 * earns no credit: the virtual token counter of Sheng et al., Fairness in Serving Large Language
 * Models (2024), section 4.
 */
export class FairQueue<T> {
  readonly #clients = new Map<unknown, Client<T>>();
  #length = 0;
  /** Least charge of the clients that waited last. */
  #level = 0;

  get length(): number {
    return this.#length;
  }

  push(client: unknown, item: T): void {
    const known = this.#clients.get(client);
    const entry = known ?? { waiting: [], served: this.#level };
    if (entry.waiting.length === 0) entry.served = Math.max(entry.served, this.#level);
    entry.waiting.push(item);
    this.#length++;
    if (!known) this.#clients.set(client, entry);
    this.#forget();
  }

  /** Takes the next item out. */
  shift(): T | undefined {
    let least: Client<T> | undefined;
    for (const entry of this.#clients.values()) {
      if (entry.waiting.length > 0 && !(least && least.served <= entry.served)) least = entry;
    }
    if (!least) return undefined;
    this.#level = Math.max(this.#level, least.served);
    this.#length--;
    return least.waiting.shift();
  }

  /** Counts work that was done for a client. */
  charge(client: unknown, amount: number): void {
    const entry = this.#clients.get(client);
    if (entry) entry.served += amount;
  }

  /** Takes an item out of its place. @returns whether it was there */
  remove(client: unknown, item: T): boolean {
    const waiting = this.#clients.get(client)?.waiting ?? [];
    const at = waiting.indexOf(item);
    if (at < 0) return false;
    waiting.splice(at, 1);
    this.#length--;
    return true;
  }

  /** Drops the clients that joined first of those that do not wait. */
  #forget(): void {
    if (this.#clients.size <= MOST_IDLE) return;
    for (const [client, { waiting }] of this.#clients) {
      if (waiting.length === 0) this.#clients.delete(client);
      if (this.#clients.size <= MOST_IDLE) return;
    }
  }
}
