/** Whether some text completes a regex: certain but for conjunctions and negations. */

import { ConstraintError } from "./budget.ts";
import type { Regex, RegexStore } from "./regex-node.ts";

/** States looked at to find whether a conjunction can still match. */
const MAX_SEARCH = 30_000;

/** Some text completes the node's language. */
export function isLive(store: RegexStore, node: Regex): boolean {
  if (!node.isUncertain) return node.kind !== "none";
  node.isLive ??= find(store, node);
  return node.isLive;
}

function find(store: RegexStore, node: Regex): boolean {
  switch (node.kind) {
    case "alt":
      return node.parts.some((part) => isLive(store, part));
    case "seq": {
      // A sequence leans to the right: a loop, for long ones.
      let rest = node;
      for (; rest.kind === "seq"; rest = rest.parts[1]!) {
        if (!isLive(store, rest.parts[0]!)) return false;
      }
      return isLive(store, rest);
    }
    case "repeat":
      return node.nullable || isLive(store, node.parts[0]!);
    default:
      return search(store, node);
  }
}

/** Walks the automaton until a state that may end, breadth first. */
function search(store: RegexStore, node: Regex): boolean {
  const cameFrom = new Map<Regex, Regex | undefined>([[node, undefined]]);
  const queue = [node];
  const isEnd = (state: Regex): boolean =>
    state.nullable || state.isLive === true || !state.isUncertain;
  for (let i = 0; i < queue.length; i++) {
    const state = queue[i]!;
    if (isEnd(state)) {
      for (let at: Regex | undefined = state; at; at = cameFrom.get(at)) at.isLive = true;
      return true;
    }
    if (queue.length > MAX_SEARCH) {
      throw new ConstraintError(
        "a pattern with several conditions has too many states to see whether any text meets " +
          "them all; use fewer conditions or smaller counts",
      );
    }
    for (const byte of (state.classes ?? store.classify(state)).examples) {
      const next = store.derivative(state, byte);
      if (next.kind === "none" || next.isLive === false || cameFrom.has(next)) continue;
      cameFrom.set(next, state);
      queue.push(next);
    }
  }
  for (const state of queue) state.isLive = false;
  return false;
}

/** The same language without the alternatives that no text completes. */
export function withoutDead(store: RegexStore, node: Regex): Regex {
  if (!node.isUncertain) return node;
  node.pruned ??= prune(store, node);
  return node.pruned;
}

function prune(store: RegexStore, node: Regex): Regex {
  if (!isLive(store, node)) return store.none;
  switch (node.kind) {
    case "alt":
      return store.alt(node.parts.map((part) => withoutDead(store, part)));
    case "and":
      return store.and(node.parts.map((part) => withoutDead(store, part)));
    case "not":
      return store.not(withoutDead(store, node.parts[0]!));
    case "seq":
      return store.seq(withoutDead(store, node.parts[0]!), node.parts[1]!);
    default:
      return node;
  }
}
