/** `{"name": …, "arguments": {…}}`, the calls of Qwen2.5 and Qwen3 (Hermes style). */

import { JsonScanner } from "./json-scanner.ts";
import type { CallPiece, CallReader } from "./types.ts";

const CLOSE = "</tool_call>";

/**
 * Reads what follows `<tool_call>`. Arguments are given out as they come once the name is known;
 * text that then stops being JSON ends the call as it is.
 */
export class JsonCallReader implements CallReader {
  private readonly scanner = new JsonScanner();
  private state: "json" | "close" = "json";
  private name: string | undefined;
  private nameText = "";
  /** Arguments not given out yet. */
  private pending = "";
  private hasArguments = false;
  private isComplete = false;
  private isQuoted = false;
  private closing = "";
  private isGiven = false;

  push(char: string): "more" | "done" | "over" | "wrong" {
    return this.state === "json" ? this.json(char) : this.close(char);
  }

  private json(char: string): "more" | "over" | "wrong" {
    const { scanner } = this;
    const wrong = this.isNamed ? "over" : "wrong";
    if (!scanner.push(char)) return wrong;
    // The call is an object: nothing else can be at the beginning.
    if (scanner.depth === 0 && !scanner.isDone) return /\s/.test(char) ? "more" : wrong;
    if (scanner.isValueChar && !this.member(scanner.topKey, char)) return wrong;
    if (scanner.isBetween && !this.settle()) return wrong;
    if (!scanner.isDone) return "more";
    if (!this.finish()) return wrong;
    this.state = "close";
    return "more";
  }

  /** @returns false where the member cannot begin so */
  private member(key: string | undefined, char: string): boolean {
    if (key === "name" && this.name === undefined) this.nameText += char;
    if (key !== "arguments" && key !== "parameters") return true;
    if (this.isComplete) return false;
    if (!this.hasArguments) {
      if (char !== "{" && char !== '"') return false;
      this.hasArguments = true;
      this.isQuoted = char === '"';
    }
    this.pending += char;
    return true;
  }

  /** A member is complete. @returns false where the name is none */
  private settle(): boolean {
    if (this.hasArguments) this.isComplete = true;
    if (this.name !== undefined || this.nameText === "") return true;
    const name = parse(this.nameText);
    if (typeof name !== "string" || name === "") return false;
    this.name = name;
    return true;
  }

  /** The JSON is complete. @returns false where it is no call */
  private finish(): boolean {
    if (this.name === undefined) return false;
    if (!this.hasArguments) this.pending = "{}";
    if (this.isQuoted) {
      const text = parse(this.pending);
      const inner = typeof text === "string" ? parse(text) : undefined;
      if (typeof text !== "string" || typeof inner !== "object" || inner === null) return false;
      this.pending = text;
      this.isQuoted = false;
    }
    this.hasArguments = true;
    return true;
  }

  private close(char: string): "more" | "done" | "over" {
    if (this.closing === "" && /\s/.test(char)) return "more";
    if (!CLOSE.startsWith(this.closing + char)) return "over";
    this.closing += char;
    return this.closing === CLOSE ? "done" : "more";
  }

  /** Part of a closing tag that turned out to be none. */
  get rest(): string {
    return this.closing;
  }

  get isNamed(): boolean {
    return this.name !== undefined && this.hasArguments && !this.isQuoted;
  }

  take(): CallPiece | undefined {
    if (this.name === undefined || !this.isNamed) return undefined;
    if (this.isGiven && this.pending === "") return undefined;
    const piece = { arguments: this.pending };
    this.pending = "";
    if (this.isGiven) return piece;
    this.isGiven = true;
    return { name: this.name, ...piece };
  }

  end(): void {}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
