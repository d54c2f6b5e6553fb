/** `<function=…><parameter=…>…</parameter></function>`, the calls of Qwen3-Coder and later. */

import type { CallPiece, CallReader, ToolFunction } from "./types.ts";

const PARAMETER_END = "</parameter>";

/** Reads what follows `<function=`. A value is given out when its tag closes. */
export class XmlCallReader implements CallReader {
  private state: "name" | "body" | "value" | "close" = "name";
  private readonly tools: readonly ToolFunction[];
  private held = "";
  private name = "";
  private key = "";
  private count = 0;
  private out = "";
  private isGiven = false;

  constructor(tools: readonly ToolFunction[]) {
    this.tools = tools;
  }

  /** Text that belongs to no call where it is over before a character. */
  get rest(): string {
    return this.state === "close" || this.state === "body" ? this.held : "";
  }

  push(char: string): "more" | "done" | "over" | "wrong" {
    switch (this.state) {
      case "name":
        if (char !== ">") {
          this.held += char;
          return /[\s<"]/.test(char) || this.held.length > 256 ? "wrong" : "more";
        }
        if (this.held === "") return "wrong";
        this.name = this.held;
        this.held = "";
        this.out = "{";
        this.state = "body";
        return "more";
      case "body":
        return this.body(char);
      case "value":
        this.held += char;
        if (char === ">" && this.held.endsWith(PARAMETER_END)) {
          this.value(this.held.slice(0, -PARAMETER_END.length), true);
          this.held = "";
          this.state = "body";
        }
        return "more";
      case "close":
        return this.tag(char, "</tool_call>") ?? "done";
    }
  }

  private body(char: string): "more" | "over" {
    if (this.held.startsWith("<parameter=")) {
      if (char !== ">") {
        if (char === "\n" || char === "<") return this.over();
        this.held += char;
        return "more";
      }
      this.key = this.held.slice("<parameter=".length);
      this.held = "";
      this.state = "value";
      return "more";
    }
    if (this.held === "" && /\s/.test(char)) return "more";
    const next = this.held + char;
    if (next === "</function>") {
      this.out += "}";
      this.held = "";
      this.state = "close";
      return "more";
    }
    if (!"<parameter=".startsWith(next) && !"</function>".startsWith(next)) return this.over();
    this.held = next;
    return "more";
  }

  private over(): "over" {
    this.out += "}";
    return "over";
  }

  /** undefined: the tag is complete. */
  private tag(char: string, tag: string): "more" | "over" | undefined {
    if (this.held === "" && /\s/.test(char)) return "more";
    if (!tag.startsWith(this.held + char)) return "over";
    this.held += char;
    return this.held === tag ? undefined : "more";
  }

  private value(text: string, isComplete: boolean): void {
    const shown = text.replace(/^\n/, "").replace(isComplete ? /\n$/ : /$^/, "");
    const json = isComplete ? this.json(shown) : JSON.stringify(shown).slice(0, -1);
    this.out += `${this.count++ > 0 ? ", " : ""}${JSON.stringify(this.key)}: ${json}`;
  }

  /** JSON text of a value, by the type that the tool declares. */
  private json(text: string): string {
    const types = this.typesOf(this.key);
    if (types?.size === 1 && types.has("string")) return JSON.stringify(text);
    const trimmed = text.trim();
    const word = { None: "null", True: "true", False: "false" }[trimmed] ?? trimmed;
    const type = jsonType(word);
    if (type === undefined || type === "string") return JSON.stringify(text);
    const isDeclared = !types || types.has(type) || (type === "number" && types.has("integer"));
    return isDeclared ? word : JSON.stringify(text);
  }

  private typesOf(key: string): Set<string> | undefined {
    const tool = this.tools.find(({ name }) => name === this.name);
    const type = member(member(member(tool?.parameters, "properties"), key), "type");
    const list: unknown[] = Array.isArray(type) ? type : [type];
    const names = list.filter((name) => typeof name === "string");
    return names.length > 0 ? new Set(names) : undefined;
  }

  get isNamed(): boolean {
    return this.name !== "";
  }

  take(): CallPiece | undefined {
    if (!this.isNamed || (this.isGiven && this.out === "")) return undefined;
    const piece = { arguments: this.out };
    this.out = "";
    if (this.isGiven) return piece;
    this.isGiven = true;
    return { name: this.name, ...piece };
  }

  /** A value that was cut off is given out as far as it came. */
  end(): void {
    if (this.state !== "value") return;
    this.value(this.held, false);
    this.held = "";
  }
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  // An own property of an object.
  return (value as Readonly<Record<string, unknown>>)[key];
}

function jsonType(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return "null";
    return Array.isArray(value) ? "array" : typeof value;
  } catch {
    return undefined;
  }
}
