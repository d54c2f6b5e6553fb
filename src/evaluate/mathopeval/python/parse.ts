/** Tokens to statements: recursive descent over the subset, after Python's grammar. */

import { ProgramFailure } from "./failure.ts";
import {
  parameterList,
  parseExpression,
  parseTarget,
  TokenStream,
  type Tokens,
} from "./parse-expression.ts";
import type { Expression, ImportedName, Statement } from "./syntax.ts";
import { tokenize } from "./tokens.ts";

/** Words that begin statements of Python which the interpreter does not have. */
const unsupportedWords = new Set(
  "class try except finally with raise global nonlocal async await yield del assert match".split(
    " ",
  ),
);

/** @throws ProgramFailure of kind "syntax", "unsupported" or "limit" */
export function parseProgram(source: string): Statement[] {
  const tokens = new TokenStream(tokenize(source));
  const statements: Statement[] = [];
  while (tokens.peek().kind !== "end") statements.push(...parseStatement(tokens));
  return statements;
}

function parseStatement(tokens: Tokens): Statement[] {
  const { kind, text, line, column } = tokens.peek();
  const place = { line, column };
  if (kind === "indent") throw new ProgramFailure("syntax", "unexpected indentation", place);
  if (kind === "name" && unsupportedWords.has(text)) {
    throw new ProgramFailure("unsupported", `"${text}" is not supported`, place);
  }
  if (kind === "operator" && text === "@") {
    throw new ProgramFailure("unsupported", "decorators are not supported", place);
  }
  if (tokens.accept("for")) {
    const target = parseTarget(tokens);
    tokens.expect("in");
    const source = parseExpression(tokens);
    const body = parseBlock(tokens);
    refuseElse(tokens, "for");
    return [{ kind: "for", target, source, body, ...place }];
  }
  if (tokens.accept("while")) {
    const test = parseExpression(tokens);
    const body = parseBlock(tokens);
    refuseElse(tokens, "while");
    return [{ kind: "while", test, body, ...place }];
  }
  if (tokens.accept("if")) return [parseIf(tokens, place)];
  if (tokens.accept("def")) {
    const name = tokens.name();
    tokens.expect("(");
    const parameters = parameterList(tokens, ")");
    tokens.expect(")");
    if (tokens.accept("->")) parseExpression(tokens);
    return [{ kind: "function", name, parameters, body: parseBlock(tokens), ...place }];
  }
  return parseLine(tokens);
}

function refuseElse(tokens: Tokens, word: string): void {
  const { text, line, column } = tokens.peek();
  if (text !== "else") return;
  throw new ProgramFailure("unsupported", `"else" behind ${word} is not supported`, {
    line,
    column,
  });
}

function parseIf(tokens: Tokens, place: { line: number; column: number }): Statement {
  return tokens.nested(() => {
    const test = parseExpression(tokens);
    const then = parseBlock(tokens);
    const { line, column } = tokens.peek();
    let otherwise: Statement[] = [];
    if (tokens.accept("elif")) otherwise = [parseIf(tokens, { line, column })];
    else if (tokens.accept("else")) otherwise = parseBlock(tokens);
    return { kind: "if", test, then, otherwise, ...place };
  });
}

function parseBlock(tokens: Tokens): Statement[] {
  return tokens.nested(() => {
    tokens.expect(":");
    if (tokens.peek().kind !== "newline") return parseLine(tokens);
    tokens.next();
    if (tokens.peek().kind !== "indent") tokens.fail("an indented block");
    tokens.next();
    const body: Statement[] = [];
    while (tokens.peek().kind !== "dedent" && tokens.peek().kind !== "end") {
      body.push(...parseStatement(tokens));
    }
    if (tokens.peek().kind === "dedent") tokens.next();
    return body;
  });
}

/** Simple statements up to the line's end, separated by semicolons. */
function parseLine(tokens: Tokens): Statement[] {
  const statements: Statement[] = [];
  do {
    if (tokens.peek().kind === "newline") break;
    statements.push(parseSimple(tokens));
  } while (tokens.accept(";"));
  if (tokens.peek().kind === "newline") tokens.next();
  else if (tokens.peek().kind !== "end") tokens.fail("the end of the line");
  return statements;
}

function parseSimple(tokens: Tokens): Statement {
  const { kind, text, line, column } = tokens.peek();
  const place = { line, column };
  if (kind === "name" && unsupportedWords.has(text)) {
    throw new ProgramFailure("unsupported", `"${text}" is not supported`, place);
  }
  for (const word of ["pass", "break", "continue"] as const) {
    if (tokens.accept(word)) return { kind: word, ...place };
  }
  if (tokens.accept("return")) {
    const hasValue = tokens.peek().kind !== "newline" && tokens.peek().text !== ";";
    return { kind: "return", ...(hasValue && { value: parseTuple(tokens) }), ...place };
  }
  if (tokens.accept("import")) {
    const module = dottedName(tokens);
    const alias = tokens.accept("as") ? tokens.name() : module.split(".")[0]!;
    return { kind: "import", module, names: [{ name: "", alias }], ...place };
  }
  if (tokens.accept("from")) {
    const module = dottedName(tokens);
    tokens.expect("import");
    const hasParentheses = tokens.accept("(");
    const names: ImportedName[] = [];
    do {
      if (tokens.peek().text === "*") {
        throw new ProgramFailure("unsupported", '"import *" is not supported', place);
      }
      const name = tokens.name();
      names.push({ name, alias: tokens.accept("as") ? tokens.name() : name });
    } while (tokens.accept(","));
    if (hasParentheses) tokens.expect(")");
    return { kind: "import", module, names, ...place };
  }
  const first = parseTuple(tokens);
  const update = /^(\*\*|\/\/|[-+*/%])=$/.exec(tokens.peek().text);
  if (update && tokens.peek().kind === "operator") {
    tokens.next();
    const operator = update[1]!;
    return { kind: "update", target: first, operator, value: parseTuple(tokens), ...place };
  }
  if (tokens.accept(":")) {
    parseExpression(tokens); // an annotation, without meaning
    if (tokens.peek().text !== "=") return { kind: "pass", ...place };
  }
  const targets: Expression[] = [];
  let value = first;
  while (tokens.accept("=")) {
    targets.push(value);
    value = parseTuple(tokens);
  }
  return targets.length > 0
    ? { kind: "assign", targets, value, ...place }
    : { kind: "expression", value, ...place };
}

/** `a, b` without parentheses is a tuple here. */
function parseTuple(tokens: Tokens): Expression {
  const first = parseExpression(tokens);
  if (tokens.peek().text !== ",") return first;
  const items = [first];
  while (tokens.accept(",")) {
    if (["newline", "end"].includes(tokens.peek().kind) || tokens.peek().text === "=") break;
    items.push(parseExpression(tokens));
  }
  return { kind: "tuple", items, line: first.line, column: first.column };
}

function dottedName(tokens: Tokens): string {
  let name = tokens.name();
  while (tokens.accept(".")) name += `.${tokens.name()}`;
  return name;
}
