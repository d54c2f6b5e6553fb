/** Checks of parsed JSON that come from outside; each failure is one sentence with file and key. */

export type JsonObject = { readonly [key: string]: unknown };

/** Where a value stands: `file: key`. */
export class Place {
  readonly file: string;
  readonly key: string;

  constructor(file: string, key = "") {
    this.file = file;
    this.key = key;
  }

  at(key: string | number): Place {
    if (typeof key === "number") return new Place(this.file, `${this.key}[${key}]`);
    return new Place(this.file, this.key === "" ? key : `${this.key}.${key}`);
  }

  error(message: string): Error {
    return new Error(`${this.file}: ${this.key === "" ? "" : `${this.key} `}${message}`);
  }

  object(value: unknown): JsonObject {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as JsonObject; // checked: a non-null object that is no array
    }
    throw this.wrong("an object", value);
  }

  array(value: unknown): readonly unknown[] {
    if (Array.isArray(value)) return Array.from(value); // holes become undefined
    throw this.wrong("an array", value);
  }

  string(value: unknown): string {
    if (typeof value === "string") return value;
    throw this.wrong("a string", value);
  }

  boolean(value: unknown, fallback: boolean): boolean {
    if (value === undefined || value === null) return fallback;
    if (typeof value === "boolean") return value;
    throw this.wrong("true or false", value);
  }

  /** An integer in [0, limit). */
  index(value: unknown, limit: number): number {
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < limit) {
      return value;
    }
    throw this.wrong(`an integer from 0 to ${limit - 1}`, value);
  }

  private wrong(expected: string, value: unknown): Error {
    return this.error(`must be ${expected}, but is ${describe(value)}`);
  }
}

/** Short form of a value for a message. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Parses JSON text; the error names the file. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new Error(`${file}: not valid JSON (${reason})`, { cause });
  }
}
