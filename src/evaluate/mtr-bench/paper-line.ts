/** Reads fields of a published instance; a wrong one gives an error that names file, line, field. */

export class PaperLine {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error(`${where}: expected an object`);
    }
    this.#fields = Object.fromEntries(Object.entries(value));
    this.#where = where;
  }

  #fail(key: string, expected: string): Error {
    const found = JSON.stringify(this.#fields[key]) ?? "nothing";
    return new Error(`${this.#where}: "${key}" is ${found.slice(0, 80)}; expected ${expected}`);
  }

  has(key: string): boolean {
    return this.#fields[key] !== undefined;
  }

  keys(): string[] {
    return Object.keys(this.#fields);
  }

  number(key: string): number {
    const value = this.#fields[key];
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.#fail(key, "a number");
    return value;
  }

  text(key: string): string {
    const value = this.#fields[key];
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    throw this.#fail(key, "a text");
  }

  list(key: string): unknown[] {
    const value = this.#fields[key];
    if (!Array.isArray(value)) throw this.#fail(key, "a list");
    return value;
  }

  numbers(key: string): number[] {
    return this.list(key).map((item) => {
      if (typeof item !== "number") throw this.#fail(key, "a list of numbers");
      return item;
    });
  }

  texts(key: string): string[] {
    return this.list(key).map((item) => {
      if (typeof item !== "string") throw this.#fail(key, "a list of texts");
      return item;
    });
  }

  /** A list of lists of numbers, e.g. edges or points. */
  rows(key: string): number[][] {
    return this.list(key).map((_, i) => this.row(key, i).numbers("row"));
  }

  /** A list of lists of texts: a map of cells. */
  cells(key: string): string[][] {
    return this.list(key).map((_, i) => this.row(key, i).texts("row"));
  }

  private row(key: string, index: number): PaperLine {
    return new PaperLine({ row: this.list(key)[index] }, `${this.#where}, "${key}"[${index}]`);
  }

  at(key: string): PaperLine {
    return new PaperLine(this.#fields[key], `${this.#where}, "${key}"`);
  }

  /** Objects of a list. */
  items(key: string): PaperLine[] {
    return this.list(key).map((v, i) => new PaperLine(v, `${this.#where}, "${key}"[${i}]`));
  }
}
