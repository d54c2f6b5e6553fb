/** Typed reading of a checkpoint's config.json: every complaint names the file and the key. */

export type JsonObject = Readonly<Record<string, unknown>>;

export class ConfigReader {
  readonly file: string;
  /** Keys that were looked at. */
  readonly asked = new Set<string>();
  /** Keys whose value was complained about. */
  readonly refused = new Set<string>();
  private readonly values: JsonObject;

  constructor(file: string, values: JsonObject) {
    this.file = file;
    this.values = values;
  }

  has(key: string): boolean {
    this.asked.add(key);
    return this.values[key] !== undefined && this.values[key] !== null;
  }

  /** A positive integer, at most 2^31. */
  count(key: string, fallback?: number): number {
    const value = this.read(key, fallback);
    if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 2 ** 31) {
      throw this.error(key, "a positive integer", value);
    }
    return value as number;
  }

  /** A finite number above 0. */
  positive(key: string, fallback?: number): number {
    const value = this.read(key, fallback);
    if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
      throw this.error(key, "a number above 0", value);
    }
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.read(key, fallback);
    if (typeof value !== "boolean") throw this.error(key, "true or false", value);
    return value;
  }

  text(key: string, fallback?: string): string {
    const value = this.read(key, fallback);
    if (typeof value !== "string") throw this.error(key, "a string", value);
    return value;
  }

  /** One of a few words. */
  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.read(key, fallback);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      throw this.error(key, `one of ${choices.map((c) => `"${c}"`).join(", ")}`, value);
    }
    return found;
  }

  /** A nested object as a reader of its own, or undefined where it is absent or null. */
  object(key: string): ConfigReader | undefined {
    if (!this.has(key)) return undefined;
    const value = this.values[key];
    if (typeof value !== "object" || Array.isArray(value))
      throw this.error(key, "an object", value);
    return new ConfigReader(`${this.file}, ${key}`, value as JsonObject);
  }

  list(key: string): readonly unknown[] | undefined {
    if (!this.has(key)) return undefined;
    const value = this.values[key];
    if (!Array.isArray(value)) throw this.error(key, "a list", value);
    return value;
  }

  error(key: string, expected: string, found: unknown): Error {
    this.refused.add(key);
    const shown = found === undefined ? "nothing" : JSON.stringify(found);
    return new Error(`${this.file}: "${key}" must be ${expected}, found ${shown.slice(0, 80)}`);
  }

  private read(key: string, fallback: unknown): unknown {
    return this.has(key) ? this.values[key] : fallback;
  }
}
