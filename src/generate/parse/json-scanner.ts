/** Follows JSON text character by character and says where it stops being JSON. */

/** What may come next. */
type Mode =
  | "value"
  | "first-item"
  | "first-key"
  | "key"
  | "colon"
  | "after"
  | "string"
  | "escape"
  | "hex"
  | "number"
  | "word"
  | "done";

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Beginnings of numbers. */
const NUMBER_START = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?)?$/;
const WORDS = ["true", "false", "null"];
const MAX_DEPTH = 1000;

export class JsonScanner {
  private mode: Mode = "value";
  private readonly open: ("{" | "[")[] = [];
  private isKey = false;
  private text = "";
  private hexLeft = 0;
  /** The text of the key before the value, where that is a member of the outermost object. */
  topKey: string | undefined;

  /** Brackets that are open. */
  get depth(): number {
    return this.open.length;
  }

  get isDone(): boolean {
    return this.mode === "done";
  }

  /** A member of the outermost object is complete, or all is. */
  get isBetween(): boolean {
    return this.isDone || (this.depth === 1 && this.mode === "after");
  }

  /** The last character was of the value of a member of the outermost object. */
  isValueChar = false;

  /** @returns false where the character cannot come here */
  push(char: string): boolean {
    const { depth, mode, isKey } = this;
    if (!this.advance(char)) return false;
    const isText = (mode === "string" || mode === "escape" || mode === "hex") && !isKey;
    const isNumber = mode === "number" && this.mode === "number";
    const isFirst = mode === "value" && this.mode !== "value";
    const isTop = depth === 1 && (isText || isNumber || isFirst || mode === "word");
    this.isValueChar = depth >= 2 || isTop;
    return true;
  }

  private advance(char: string): boolean {
    const isSpace = char === " " || char === "\n" || char === "\t" || char === "\r";
    switch (this.mode) {
      case "string":
        return this.inString(char);
      case "escape":
        if (char === "u") {
          this.hexLeft = 4;
          this.mode = "hex";
        } else if ('"\\/bfnrt'.includes(char)) this.mode = "string";
        else return false;
        this.text += char;
        return true;
      case "hex":
        if (!/[0-9a-fA-F]/.test(char)) return false;
        this.text += char;
        if (--this.hexLeft === 0) this.mode = "string";
        return true;
      case "number":
        if (/[-+.0-9eE]/.test(char)) {
          this.text += char;
          return NUMBER_START.test(this.text) && this.text.length < 400;
        }
        if (!NUMBER.test(this.text)) return false;
        this.ended();
        return this.advance(char);
      case "word":
        this.text += char;
        if (!WORDS.some((word) => word.startsWith(this.text))) return false;
        if (WORDS.includes(this.text)) this.ended();
        return true;
      case "done":
        return isSpace;
      default:
        return isSpace || this.structure(char);
    }
  }

  private inString(char: string): boolean {
    if (char === '"') {
      if (this.isKey) {
        if (this.depth === 1) this.topKey = this.keyText();
        this.mode = "colon";
      } else this.ended();
      return true;
    }
    if (char < " ") return false;
    if (char === "\\") this.mode = "escape";
    // Only a key's text is needed.
    if (this.isKey && this.depth === 1) this.text += char;
    return true;
  }

  private keyText(): string {
    const key: unknown = JSON.parse(`"${this.text}"`);
    return String(key);
  }

  private structure(char: string): boolean {
    const { mode } = this;
    if (mode === "colon") {
      this.mode = "value";
      return char === ":";
    }
    if (mode === "key" || mode === "first-key") {
      if (char === "}" && mode === "first-key") return this.close("{");
      this.text = "";
      this.isKey = true;
      this.mode = "string";
      return char === '"';
    }
    if (mode === "after") {
      if (char === ",") {
        this.mode = this.open.at(-1) === "{" ? "key" : "value";
        return true;
      }
      return char === "}" ? this.close("{") : char === "]" && this.close("[");
    }
    if (char === "]" && mode === "first-item") return this.close("[");
    if (char === "{" || char === "[") {
      this.open.push(char);
      this.mode = char === "{" ? "first-key" : "first-item";
      return this.depth <= MAX_DEPTH;
    }
    this.text = char;
    if (char === '"') {
      this.isKey = false;
      this.mode = "string";
      return true;
    }
    this.mode = /[-0-9]/.test(char) ? "number" : "word";
    return this.mode === "number" || WORDS.some((word) => word.startsWith(char));
  }

  private close(bracket: "{" | "["): boolean {
    if (this.open.pop() !== bracket) return false;
    this.ended();
    return true;
  }

  private ended(): void {
    this.mode = this.depth === 0 ? "done" : "after";
  }
}
