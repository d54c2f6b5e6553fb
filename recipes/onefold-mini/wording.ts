// A question's wordings as a small grammar: "[What is|Compute] {a} [+|plus] {b}[?|]".
// [x|y] chooses, brackets nest, {name} is filled with a value. Values are put in after the
// choice, so a value may itself hold brackets or braces (JSON, Markdown).
import type { Random } from "./random.ts";

type Node = { text: string } | { slot: string } | { choices: Node[][] };

const cache = new Map<string, Node[]>();

function parse(pattern: string): Node[] {
  const known = cache.get(pattern);
  if (known) return known;
  let at = 0;
  const sequence = (closers: string): Node[] => {
    const nodes: Node[] = [];
    let text = "";
    const flush = () => {
      if (text) nodes.push({ text });
      text = "";
    };
    while (at < pattern.length && !closers.includes(pattern[at]!)) {
      const c = pattern[at]!;
      if (c === "[") {
        flush();
        const choices: Node[][] = [];
        do {
          at++;
          choices.push(sequence("|]"));
        } while (pattern[at] === "|");
        if (pattern[at] !== "]") throw new Error(`wording "${pattern}": expected a closing ]`);
        at++;
        nodes.push({ choices });
      } else if (c === "{") {
        flush();
        const end = pattern.indexOf("}", at);
        if (end < 0) throw new Error(`wording "${pattern}": expected a closing }`);
        nodes.push({ slot: pattern.slice(at + 1, end) });
        at = end + 1;
      } else {
        text += c;
        at++;
      }
    }
    flush();
    return nodes;
  };
  const nodes = sequence("]");
  if (at < pattern.length) throw new Error(`wording "${pattern}": unexpected ] at ${at}`);
  cache.set(pattern, nodes);
  return nodes;
}

/**
 * Writes one random surface form of a pattern.
 * @throws if the pattern names a slot that has no value
 * @example
 * expand(createRandom(1), "Add {a} [and|to] {b}.", { a: "2", b: "3" }); // "Add 2 and 3."
 */
export function expand(random: Random, pattern: string, slots: Record<string, string>): string {
  const write = (nodes: Node[]): string =>
    nodes
      .map((node) => {
        if ("text" in node) return node.text;
        if ("choices" in node) return write(random.pick(node.choices));
        const value = slots[node.slot];
        if (value === undefined)
          throw new Error(`wording "${pattern}": no value for {${node.slot}}`);
        return value;
      })
      .join("");
  return write(parse(pattern));
}

/** The number of surface forms of a pattern, slots left open. */
export function countForms(pattern: string): number {
  const count = (nodes: Node[]): number =>
    nodes.reduce(
      (product, node) =>
        "choices" in node ? product * node.choices.reduce((s, c) => s + count(c), 0) : product,
      1,
    );
  return count(parse(pattern));
}

/** Every surface form of a pattern, with slots written as {name}. */
export function listForms(pattern: string): string[] {
  const list = (nodes: Node[]): string[] =>
    nodes.reduce<string[]>(
      (heads, node) => {
        const tails =
          "text" in node
            ? [node.text]
            : "slot" in node
              ? [`{${node.slot}}`]
              : node.choices.flatMap(list);
        return heads.flatMap((head) => tails.map((tail) => head + tail));
      },
      [""],
    );
  return list(parse(pattern));
}
