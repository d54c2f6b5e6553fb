/**
 * `@huggingface/jinja` with Python's behaviour and with limits. What the package does otherwise
 * (0.5.11) and chat templates rely on, corrected here:
 * - `strip`, `lstrip`, `rstrip` take characters; further `str` methods
 * - `{{ none }}` and `{{ true }}` print None and True, floats and containers as their repr
 * - `==` compares by value and never "1" with 1; `+` does not turn numbers into text
 * - a variable set in a loop body is gone in the next round; loops over text and undefined work
 * - `tojson` writes numbers as Python does; `length` counts code points
 */

import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { ITEMS_LIMIT, setVariable } from "./environment.ts";
import {
  ArrayValue,
  boolOf,
  FunctionValue,
  intOf,
  listOf,
  ObjectValue,
  PythonString,
  stringArgument,
  stringOf,
  UndefinedValue,
} from "./python-string.ts";
import * as text from "./strings.ts";
import {
  isDict,
  isList,
  isString,
  isUndefined,
  type JsonOptions,
  pythonEquals,
  pythonJson,
  pythonStr,
  typeName,
  type Value,
} from "./values.ts";

/** A round of a loop has a scope of its own, which costs about as much as this many nodes. */
const SCOPE_WORK = 20;
/** Longest text or list a template may build. */
const LENGTH_LIMIT = 1 << 24;
const TOO_LONG = "the template builds too long a text";
const INDENT_LIMIT = 1000;
/** Milliseconds after which a rendering is given up, whatever its steps cost; templates take a few. */
const TIME_LIMIT = 10_000;
/** Steps between looks at the clock, and work that is worth one of its own. */
const CLOCK_STEPS = 64;

/** A node of the syntax tree, with what its type holds. */
interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** The interpreter's own methods, private in its types; the package's version is pinned. */
interface OpenInterpreter {
  evaluate(node: Node | undefined, environment: Environment): Value;
  evaluateBlock(nodes: readonly Node[], environment: Environment): Value;
  evaluateArguments(
    nodes: readonly Node[],
    environment: Environment,
  ): [Value[], Map<string, Value>];
  evaluateBinaryExpression(node: Node, environment: Environment): Value;
  evaluateTestExpression(node: Node, environment: Environment): Value;
  evaluateMemberExpression(node: Node, environment: Environment): Value;
  evaluateFor(node: Node, environment: Environment): Value;
  applyFilter(operand: Value, filter: Node, environment: Environment): Value;
  run(program: unknown): Value;
}

const Base = Interpreter as unknown as new (environment: Environment) => OpenInterpreter;

/** `break` and `continue`. */
class LoopBreak extends Error {}
class LoopContinue extends Error {}

const statements = new Set([
  "Set",
  "If",
  "For",
  "Macro",
  "CallStatement",
  "FilterStatement",
  "Comment",
]);

/** A node that stands for a value already computed. */
const literal = (value: Value): Node => ({ type: "Computed", value });

/** Evaluates a parsed template as Python's Jinja would, within limits. */
export class PythonInterpreter extends Base {
  private budget: number;
  private readonly deadline = performance.now() + TIME_LIMIT;
  private steps = 0;

  /** @param budget nodes it may evaluate, 64 characters or 8 items counting as one more */
  constructor(environment: Environment, budget: number) {
    super(environment);
    this.budget = budget;
  }

  private spend(amount: number): void {
    this.budget -= amount;
    if (this.budget < 0) {
      throw new Error("the template does not come to an end (work limit reached)");
    }
    const isLook = amount > CLOCK_STEPS || ++this.steps % CLOCK_STEPS === 0;
    if (isLook && performance.now() > this.deadline) {
      throw new Error("the template does not come to an end (time limit reached)");
    }
  }

  /** Counts the work and the size of a value, and gives strings their Python methods. */
  private admit(value: Value): Value {
    if (isString(value)) {
      if (value.value.length > LENGTH_LIMIT) throw new Error(TOO_LONG);
      this.spend(1 + (value.value.length >> 6));
      return value instanceof PythonString ? value : stringOf(value.value);
    }
    if (isList(value)) {
      if (value.value.length > ITEMS_LIMIT) throw new Error("the template builds too long a list");
      this.spend(1 + (value.value.length >> 3));
      return value;
    }
    this.spend(1);
    return value;
  }

  override evaluate(node: Node | undefined, environment: Environment): Value {
    switch (node?.type) {
      case "Computed":
        return node.value as Value;
      case "Break":
        throw new LoopBreak();
      case "Continue":
        throw new LoopContinue();
      default:
        return this.admit(super.evaluate(node, environment) ?? new UndefinedValue(undefined));
    }
  }

  override evaluateBlock(nodes: readonly Node[], environment: Environment): Value {
    let out = "";
    for (const node of nodes) {
      const value = this.evaluate(node, environment);
      if (!statements.has(node.type)) out += pythonStr(value);
      else if (isString(value)) out += value.value;
      if (out.length > LENGTH_LIMIT) throw new Error(TOO_LONG);
    }
    return stringOf(out);
  }

  override evaluateBinaryExpression(node: Node, environment: Environment): Value {
    const operator = (node.operator as { value: string }).value;
    const left = this.evaluate(node.left as Node, environment);
    if (operator === "and" && !left.__bool__().value) return left;
    if (operator === "or" && left.__bool__().value) return left;
    const right = this.evaluate(node.right as Node, environment);
    switch (operator) {
      case "and":
      case "or":
        return right;
      case "==":
        return boolOf(pythonEquals(left, right));
      case "!=":
        return boolOf(!pythonEquals(left, right));
      case "~":
        return stringOf(pythonStr(left) + pythonStr(right));
      case "in":
      case "not in":
        if (isList(right)) {
          const has = right.value.some((item) => pythonEquals(item, left));
          return boolOf(has === (operator === "in"));
        }
        break;
      case "%": {
        const [a, b] = [left.value, right.value];
        if (left.type === "IntegerValue" && right.type === "IntegerValue" && b !== 0) {
          const [n, m] = [a as number, b as number];
          return intOf(((n % m) + m) % m); // the sign is that of the divisor
        }
        break;
      }
      case "*":
        if (isString(left) && right.type === "IntegerValue") {
          const times = Math.max(0, right.value as number);
          if (left.value.length * times > LENGTH_LIMIT) throw new Error(TOO_LONG);
          return stringOf(left.value.repeat(times));
        }
        break;
      case "<":
      case ">":
      case "<=":
      case ">=":
        if (isString(left) && isString(right)) {
          const order = text.compare(left.value, right.value);
          const isLess = operator[0] === "<" ? order < 0 : order > 0;
          return boolOf(isLess || (operator.length === 2 && order === 0));
        }
        break;
      case "+":
        if (isString(left) !== isString(right)) {
          throw new Error(`cannot add ${typeName(left)} and ${typeName(right)}`);
        }
        break;
    }
    return super.evaluateBinaryExpression(
      { ...node, left: literal(left), right: literal(right) },
      environment,
    );
  }

  override evaluateTestExpression(node: Node, environment: Environment): Value {
    const value = this.evaluate(node.operand as Node, environment);
    const test = (node.test as { value: string }).value;
    if (test === "iterable" || test === "float") {
      const isIterable = isString(value) || isList(value) || isDict(value) || isUndefined(value);
      const holds = test === "float" ? value.type === "FloatValue" : isIterable;
      return boolOf(holds !== (node.negate === true));
    }
    return super.evaluateTestExpression({ ...node, operand: literal(value) }, environment);
  }

  override evaluateMemberExpression(node: Node, environment: Environment): Value {
    const object = this.evaluate(node.object as Node, environment);
    if (isUndefined(object)) throw new Error(`${nameOf(node.object as Node)} is undefined`);
    const property = node.property as Node;
    if (node.computed !== true || property.type === "SliceExpression") {
      return super.evaluateMemberExpression({ ...node, object: literal(object) }, environment);
    }
    const key = this.evaluate(property, environment);
    if (isString(object) && key.type === "IntegerValue") {
      const point = Array.from(object.value).at(key.value as number);
      return point === undefined ? new UndefinedValue(undefined) : stringOf(point);
    }
    const computed = { ...node, object: literal(object), property: literal(key) };
    return super.evaluateMemberExpression(computed, environment);
  }

  override applyFilter(operand: Value, filter: Node, environment: Environment): Value {
    const isCall = filter.type === "CallExpression";
    const name = ((isCall ? filter.callee : filter) as { value: string }).value;
    const [args, keywords] = isCall
      ? this.evaluateArguments(filter.args as Node[], environment)
      : [[], new Map<string, Value>()];
    switch (name) {
      case "tojson":
        return stringOf(pythonJson(operand, jsonOptions(args, keywords)));
      case "string":
        return stringOf(pythonStr(operand));
      case "trim":
        return stringOf(text.strip(pythonStr(operand), stringArgument(args, 0, "chars"), "both"));
      case "length":
      case "count":
        if (isString(operand)) return intOf(Array.from(operand.value).length);
        if (isUndefined(operand)) return intOf(0);
        return super.applyFilter(operand, { type: "Identifier", value: "length" }, environment);
      case "list":
        if (isString(operand)) return listOf(Array.from(operand.value));
        if (isDict(operand)) return listOf([...operand.value.keys()]);
        break;
      case "join":
        if (isList(operand)) {
          const separator = args[0] ?? keywords.get("d");
          const between = separator === undefined ? "" : pythonStr(separator);
          return stringOf(operand.value.map(pythonStr).join(between));
        }
        break;
      case "first":
      case "last":
        if (isList(operand)) {
          return operand.value.at(name === "first" ? 0 : -1) ?? new UndefinedValue(undefined);
        }
        break;
      case "map":
        if (isList(operand) && args[0] !== undefined && isString(args[0])) {
          const inner = { type: "Identifier", value: args[0].value };
          return new ArrayValue(operand.value.map((x) => this.applyFilter(x, inner, environment)));
        }
        break;
      case "select":
      case "reject":
        if (isList(operand)) {
          const test = args[0] === undefined ? undefined : { value: pythonStr(args[0]) };
          const kept = operand.value.filter((x) => {
            const node = { type: "TestExpression", operand: literal(x), test };
            const value = test === undefined ? x : this.evaluateTestExpression(node, environment);
            return value.__bool__().value === (name === "select");
          });
          return new ArrayValue(kept);
        }
        break;
      case "capitalize":
        return stringOf(text.capitalize(pythonStr(operand)));
      case "indent": {
        const width = args[0] ?? keywords.get("width");
        if (typeof width?.value === "number" && width.value > INDENT_LIMIT) {
          throw new Error(`indent: width ${width.value} is above ${INDENT_LIMIT}`);
        }
        break;
      }
    }
    // `selectattr` reads its arguments from the tree, so the tree goes on as it is.
    return super.applyFilter(operand, filter, environment);
  }

  override evaluateFor(node: Node, environment: Environment): Value {
    const source = node.iterable as Node;
    const isSelect = source.type === "SelectExpression";
    const iterable = this.evaluate((isSelect ? source.lhs : source) as Node, environment);
    const items: { value: Value; scope: Environment }[] = [];
    for (const value of itemsOf(iterable)) {
      this.spend(SCOPE_WORK);
      const scope = new Environment(environment);
      bind(scope, node.loopvar as Node, value);
      if (isSelect && !this.evaluate(source.test as Node, scope).__bool__().value) continue;
      items.push({ value, scope });
    }
    let out = "";
    for (let i = 0; i < items.length; i++) {
      // Each round has a scope of its own: what it sets is gone in the next.
      const scope = items[i]!.scope;
      setVariable(scope, "loop", this.loopVariable(items, i));
      try {
        out += this.evaluateBlock(node.body as Node[], scope).value as string;
      } catch (thrown) {
        if (thrown instanceof LoopBreak) break;
        if (!(thrown instanceof LoopContinue)) throw thrown;
      }
    }
    if (items.length === 0) {
      out += this.evaluateBlock(node.defaultBlock as Node[], environment).value as string;
    }
    return stringOf(out);
  }

  private loopVariable(items: readonly { value: Value }[], i: number): Value {
    const n = items.length;
    const item = (k: number): Value => items[k]?.value ?? new UndefinedValue(undefined);
    return new ObjectValue(
      new Map<string, Value>([
        ["index", intOf(i + 1)],
        ["index0", intOf(i)],
        ["revindex", intOf(n - i)],
        ["revindex0", intOf(n - i - 1)],
        ["first", boolOf(i === 0)],
        ["last", boolOf(i === n - 1)],
        ["length", intOf(n)],
        ["previtem", item(i - 1)],
        ["nextitem", item(i + 1)],
        ["cycle", new FunctionValue((args: readonly Value[]) => args[i % args.length]!)],
      ]),
    );
  }
}

/** What an expression is called in a message. */
const nameOf = (node: Node): string =>
  node.type === "Identifier" ? `'${String(node.value)}'` : "a value";

function itemsOf(value: Value): readonly Value[] {
  if (isList(value)) return value.value;
  if (isDict(value)) return [...value.value.keys()].map(stringOf);
  if (isString(value)) return Array.from(value.value, stringOf);
  if (isUndefined(value)) return [];
  throw new Error(`cannot loop over ${typeName(value)}`);
}

function bind(scope: Environment, target: Node, value: Value): void {
  if (target.type === "Identifier") {
    setVariable(scope, target.value as string, value);
    return;
  }
  const names = target.value as Node[];
  const values = itemsOf(value);
  if (names.length !== values.length) {
    throw new Error(`cannot unpack ${values.length} values into ${names.length} variables`);
  }
  names.forEach((each, i) => {
    bind(scope, each, values[i]!);
  });
}

function jsonOptions(args: readonly Value[], keywords: ReadonlyMap<string, Value>): JsonOptions {
  const get = (index: number, key: string): Value | undefined => {
    const value = args[index] ?? keywords.get(key);
    return value === undefined || value.type === "NullValue" ? undefined : value;
  };
  const indent = get(1, "indent");
  if (typeof indent?.value === "number" && indent.value > INDENT_LIMIT) {
    throw new Error(`tojson: indent ${indent.value} is above ${INDENT_LIMIT}`);
  }
  const separators = get(2, "separators");
  return {
    ensureAscii: get(0, "ensure_ascii")?.__bool__().value ?? false,
    indent:
      typeof indent?.value === "number"
        ? " ".repeat(Math.max(0, indent.value))
        : (indent?.value as string | undefined),
    separators:
      separators !== undefined && isList(separators) && separators.value.length === 2
        ? [pythonStr(separators.value[0]!), pythonStr(separators.value[1]!)]
        : undefined,
    sortKeys: get(3, "sort_keys")?.__bool__().value ?? false,
  };
}

/** Parses a template with the whitespace rules of transformers. */
export const parseTemplate = (source: string): unknown =>
  parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
