/** Expressions by precedence, after Python's grammar. */

import { type Place, ProgramFailure } from "./failure.ts";
import type { Expression, FormatField, Parameter } from "./syntax.ts";
import { type Token, tokenize } from "./tokens.ts";

/** Brackets, blocks and operators inside of one another: the parser's own stack is bounded. */
const MAX_DEPTH = 64;

const keywords = new Set(
  "and or not if elif else for while in is def return lambda import from as pass break continue None True False class try except finally with raise global nonlocal async await yield del assert".split(
    " ",
  ),
);

export type Tokens = TokenStream;

export class TokenStream {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly Token[], depth = 0) {
    this.tokens = tokens;
    this.depth = depth;
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    if (this.at < this.tokens.length - 1) this.at++;
    return token;
  }

  /** Takes an operator or keyword where it is the next. */
  accept(text: string): boolean {
    const token = this.peek();
    const isWord = token.kind === "operator" || token.kind === "name";
    if (!isWord || token.text !== text) return false;
    this.next();
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`"${text}"`);
  }

  name(): string {
    const token = this.peek();
    if (token.kind !== "name" || keywords.has(token.text)) this.fail("a name");
    return this.next().text;
  }

  fail(expected: string): never {
    const { kind, text, line, column } = this.peek();
    const found = text.trim() === "" ? `the ${kind}` : `"${text.slice(0, 40)}"`;
    throw new ProgramFailure("syntax", `expected ${expected}, found ${found}`, { line, column });
  }

  nested<T>(parse: () => T): T {
    if (++this.depth > MAX_DEPTH) {
      throw new ProgramFailure("limit", `more than ${MAX_DEPTH} levels of nesting`, this.peek());
    }
    const value = parse();
    this.depth--;
    return value;
  }

  /** A stream over other tokens that counts nesting on. */
  inner(tokens: readonly Token[]): TokenStream {
    return new TokenStream(tokens, this.depth + 1);
  }
}

export const parseExpression = (tokens: Tokens): Expression =>
  tokens.nested(() => {
    if (tokens.peek().text === "lambda" && tokens.peek().kind === "name") {
      const place = placeOf(tokens.next());
      const parameters = parameterList(tokens, ":");
      tokens.expect(":");
      return { kind: "lambda", parameters, body: parseExpression(tokens), ...place };
    }
    const then = parseLogic(tokens, "or");
    if (!tokens.accept("if")) return then;
    const test = parseLogic(tokens, "or");
    tokens.expect("else");
    const otherwise = parseExpression(tokens);
    return { kind: "conditional", test, then, otherwise, ...placeOf(then) };
  });

/** What a loop or an assignment binds: names, items and attributes, in tuples. */
export function parseTarget(tokens: Tokens): Expression {
  const first = parseOperators(tokens, 0);
  if (tokens.peek().text !== ",") return first;
  const items = [first];
  while (tokens.accept(",")) {
    if (tokens.peek().text === "in") break;
    items.push(parseOperators(tokens, 0));
  }
  return { kind: "tuple", items, ...placeOf(first) };
}

export function parameterList(tokens: Tokens, end: string): Parameter[] {
  const parameters: Parameter[] = [];
  while (tokens.peek().text !== end) {
    const place = tokens.peek();
    if (["*", "**", "/"].includes(place.text)) {
      throw new ProgramFailure("unsupported", `"${place.text}" among parameters`, place);
    }
    const name = tokens.name();
    if (end === ")" && tokens.accept(":")) parseExpression(tokens);
    parameters.push(tokens.accept("=") ? { name, fallback: parseExpression(tokens) } : { name });
    if (!tokens.accept(",")) break;
  }
  return parameters;
}

const placeOf = ({ line, column }: Place): Place => ({ line, column });

function parseLogic(tokens: Tokens, operator: "or" | "and"): Expression {
  const parse = operator === "or" ? (t: Tokens) => parseLogic(t, "and") : parseNot;
  let left = parse(tokens);
  while (tokens.accept(operator)) {
    left = { kind: "logic", operator, left, right: parse(tokens), ...placeOf(left) };
  }
  return left;
}

function parseNot(tokens: Tokens): Expression {
  const place = placeOf(tokens.peek());
  if (!tokens.accept("not")) return parseComparison(tokens);
  const operand = tokens.nested(() => parseNot(tokens));
  return { kind: "unary", operator: "not", operand, ...place };
}

function parseComparison(tokens: Tokens): Expression {
  const operands = [parseOperators(tokens, 0)];
  const operators: string[] = [];
  for (;;) {
    const { text, kind } = tokens.peek();
    let operator = text;
    if (kind === "operator" && ["<", ">", "<=", ">=", "==", "!="].includes(text)) tokens.next();
    else if (tokens.accept("in")) operator = "in";
    else if (text === "not" && tokens.peek(1).text === "in") {
      tokens.next();
      tokens.next();
      operator = "not in";
    } else if (tokens.accept("is")) operator = tokens.accept("not") ? "is not" : "is";
    else break;
    operators.push(operator);
    operands.push(parseOperators(tokens, 0));
  }
  if (operators.length === 0) return operands[0]!;
  return { kind: "compare", operands, operators, ...placeOf(operands[0]!) };
}

/** Binary operators, from the loosest; all group to the left. */
const levels = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "//", "%", "@"]];

function parseOperators(tokens: Tokens, level: number): Expression {
  const operators = levels[level];
  if (!operators) return parseUnary(tokens);
  let left = parseOperators(tokens, level + 1);
  for (;;) {
    const { kind, text } = tokens.peek();
    if (kind !== "operator" || !operators.includes(text)) return left;
    tokens.next();
    const right = parseOperators(tokens, level + 1);
    left = { kind: "binary", operator: text, left, right, ...placeOf(left) };
  }
}

function parseUnary(tokens: Tokens): Expression {
  const { kind, text, ...rest } = tokens.peek();
  const place = placeOf(rest);
  if (kind === "operator" && ["-", "+", "~"].includes(text)) {
    tokens.next();
    const operand = tokens.nested(() => parseUnary(tokens));
    return { kind: "unary", operator: text, operand, ...place };
  }
  const left = parsePrimary(tokens);
  if (!tokens.accept("**")) return left;
  const right = tokens.nested(() => parseUnary(tokens));
  return { kind: "binary", operator: "**", left, right, ...placeOf(left) };
}

function parsePrimary(tokens: Tokens): Expression {
  let value = parseAtom(tokens);
  for (let links = 0; ; links++) {
    if (links > MAX_DEPTH) {
      throw new ProgramFailure("limit", `more than ${MAX_DEPTH} calls in a chain`, tokens.peek());
    }
    const place = placeOf(tokens.peek());
    if (tokens.accept("."))
      value = { kind: "attribute", object: value, name: tokens.name(), ...place };
    else if (tokens.accept("(")) value = parseCall(tokens, value);
    else if (tokens.accept("[")) {
      const index = parseIndex(tokens);
      tokens.expect("]");
      value = { kind: "item", object: value, index, ...place };
    } else return value;
  }
}

function parseCall(tokens: Tokens, callee: Expression): Expression {
  const positional: Expression[] = [];
  const named: [string, Expression][] = [];
  while (tokens.peek().text !== ")" || tokens.peek().kind !== "operator") {
    const place = tokens.peek();
    if (place.kind === "operator" && (place.text === "*" || place.text === "**")) {
      throw new ProgramFailure("unsupported", `"${place.text}" among arguments`, place);
    }
    if (
      place.kind === "name" &&
      tokens.peek(1).text === "=" &&
      tokens.peek(1).kind === "operator"
    ) {
      const name = tokens.name();
      tokens.next();
      if (named.some(([other]) => other === name)) {
        throw new ProgramFailure("syntax", `the argument ${name} is given twice`, place);
      }
      named.push([name, parseExpression(tokens)]);
    } else {
      const value = parseExpression(tokens);
      positional.push(tokens.peek().text === "for" ? parseLoops(tokens, value) : value);
    }
    if (!tokens.accept(",")) break;
  }
  tokens.expect(")");
  return { kind: "call", callee, positional, named, ...placeOf(callee) };
}

function parseIndex(tokens: Tokens): Expression {
  const place = placeOf(tokens.peek());
  const isPart = (): boolean => ![":", "]", ","].includes(tokens.peek().text);
  const one = (): Expression => {
    const start = isPart() ? parseExpression(tokens) : undefined;
    if (tokens.peek().text !== ":") return start ?? tokens.fail("an index");
    tokens.next();
    const stop = isPart() ? parseExpression(tokens) : undefined;
    const step = tokens.accept(":") && isPart() ? parseExpression(tokens) : undefined;
    return {
      kind: "slice",
      ...(start && { start }),
      ...(stop && { stop }),
      ...(step && { step }),
      ...place,
    };
  };
  const first = one();
  if (tokens.peek().text !== ",") return first;
  const items = [first];
  while (tokens.accept(",") && tokens.peek().text !== "]") items.push(one());
  return { kind: "tuple", items, ...place };
}

function parseLoops(tokens: Tokens, item: Expression): Expression {
  const loops: Extract<Expression, { kind: "comprehension" }>["loops"][number][] = [];
  while (tokens.accept("for")) {
    const target = parseTarget(tokens);
    tokens.expect("in");
    const source = parseLogic(tokens, "or");
    const conditions: Expression[] = [];
    while (tokens.accept("if")) conditions.push(parseLogic(tokens, "or"));
    loops.push({ target, source, conditions });
  }
  return { kind: "comprehension", item, loops, ...placeOf(item) };
}

function parseAtom(tokens: Tokens): Expression {
  const token = tokens.peek();
  const place = placeOf(token);
  const constant = (value: null | boolean | bigint | number | string): Expression => ({
    kind: "constant",
    value,
    ...place,
  });
  if (token.kind === "number") {
    tokens.next();
    return constant(numberOf(token));
  }
  if (token.kind === "string" || token.kind === "f-string") return parseStrings(tokens);
  if (tokens.accept("None")) return constant(null);
  if (tokens.accept("True")) return constant(true);
  if (tokens.accept("False")) return constant(false);
  if (token.kind === "name" && !keywords.has(token.text)) {
    tokens.next();
    return { kind: "name", name: token.text, ...place };
  }
  if (tokens.accept("(")) return parseBracket(tokens, ")", place);
  if (tokens.accept("[")) return parseBracket(tokens, "]", place);
  if (tokens.accept("{")) return parseDict(tokens, place);
  return tokens.fail("an expression");
}

function parseBracket(tokens: Tokens, end: ")" | "]", place: Place): Expression {
  const items: Expression[] = [];
  let hasComma = false;
  while (tokens.peek().text !== end || tokens.peek().kind !== "operator") {
    const item = parseExpression(tokens);
    if (items.length === 0 && tokens.peek().text === "for") {
      const loop = parseLoops(tokens, item);
      tokens.expect(end);
      return loop;
    }
    items.push(item);
    hasComma = tokens.accept(",");
    if (!hasComma) break;
  }
  tokens.expect(end);
  if (end === "]") return { kind: "list", items, ...place };
  return items.length === 1 && !hasComma ? items[0]! : { kind: "tuple", items, ...place };
}

function parseDict(tokens: Tokens, place: Place): Expression {
  const entries: [Expression, Expression][] = [];
  while (tokens.peek().text !== "}") {
    const key = parseExpression(tokens);
    if (tokens.peek().text !== ":") {
      throw new ProgramFailure("unsupported", "sets ({…} without colons) are not supported", place);
    }
    tokens.next();
    entries.push([key, parseExpression(tokens)]);
    if (tokens.peek().text === "for") {
      throw new ProgramFailure("unsupported", "dict comprehensions are not supported", place);
    }
    if (!tokens.accept(",")) break;
  }
  tokens.expect("}");
  return { kind: "dict", entries, ...place };
}

function numberOf(token: Token): bigint | number {
  const text = token.text.replaceAll("_", "");
  if (/^0[xX]/.test(text) || /^\d+$/.test(text)) {
    if (text.length > 18) throw new ProgramFailure("limit", "integers end at 18 digits", token);
    if (/^0[xX]$/.test(text)) throw new ProgramFailure("syntax", "0x has no digits", token);
    return BigInt(text);
  }
  return Number(text);
}

/** Strings beside one another are one. */
function parseStrings(tokens: Tokens): Expression {
  const place = placeOf(tokens.peek());
  const parts: (string | FormatField)[] = [];
  while (tokens.peek().kind === "string" || tokens.peek().kind === "f-string") {
    const token = tokens.next();
    parts.push(...(token.kind === "string" ? [token.text] : formatParts(tokens, token)));
  }
  if (parts.every((part) => typeof part === "string")) {
    return { kind: "constant", value: parts.join(""), ...place };
  }
  return { kind: "format", parts, ...place };
}

function formatParts(tokens: Tokens, token: Token): (string | FormatField)[] {
  const parts: (string | FormatField)[] = [];
  const { text } = token;
  let literal = "";
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if ((c === "{" || c === "}") && text[i + 1] === c) {
      literal += c;
      i++;
    } else if (c === "}") {
      throw new ProgramFailure("syntax", 'a single "}" in an f-string', token);
    } else if (c === "{") {
      const end = text.indexOf("}", i);
      if (end === -1) throw new ProgramFailure("syntax", 'a "{" of an f-string stays open', token);
      const field = text.slice(i + 1, end);
      // A colon outside of brackets and quotes begins the format.
      const split = /^((?:\[[^\]]*\]|\([^)]*\)|'[^']*'|"[^"]*"|[^:[('"])*):(.*)$/s.exec(field);
      const code = split ? split[1]! : field;
      if (/![rsa]$/.test(code) || (split?.[2] ?? "").includes("{")) {
        throw new ProgramFailure(
          "unsupported",
          `the f-string field {${field.slice(0, 40)}}`,
          token,
        );
      }
      const inner = tokens.inner(
        tokenize(code.trim(), token).filter(({ kind }) => kind !== "newline"),
      );
      const value = parseExpression(inner);
      if (inner.peek().kind !== "end") inner.fail("the end of the field");
      parts.push(literal, { value, spec: split?.[2] ?? "" });
      literal = "";
      i = end;
    } else literal += c;
  }
  return [...parts, literal];
}
