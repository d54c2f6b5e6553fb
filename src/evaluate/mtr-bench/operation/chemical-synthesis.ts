/** ChemicalSynthesis: build a string by four operations of unknown numbers that may be unstable. */

import type { Random } from "../../../nn/random.ts";
import { byLevel, pick, range, sample, shuffled } from "../draw.ts";
import { defineTask, live, refuse, won } from "../task.ts";

interface View {
  readonly compounds: readonly string[];
  readonly target: string;
}

type Operation = "split" | "merge" | "swap" | "extract";

interface State {
  readonly available: readonly string[];
  /** What operations 1 to 4 are. */
  readonly order: readonly Operation[];
}

const published: readonly Operation[] = ["split", "merge", "swap", "extract"];

function swapAt(text: string, i: number, j: number): string {
  const letters = [...text];
  [letters[i], letters[j]] = [letters[j], letters[i]];
  return letters.join("");
}

/** What an operation adds; each is unstable in 4 of 10 cases. */
function operate(operation: Operation, [x, y]: readonly string[], random: Random): string[] {
  const isStable = random.uniform() >= 0.4;
  if (operation === "merge") {
    const merged = x + y;
    if (isStable || merged.length <= 2) return [merged];
    const i = random.below(merged.length - 1);
    return [swapAt(merged, i, i + 1)];
  }
  if (x.length === 1) return [x];
  if (operation === "split") {
    const cut = isStable ? 1 : 1 + random.below(x.length - 1);
    return [x.slice(0, cut), x.slice(cut)];
  }
  if (operation === "extract") return [isStable ? x[x.length - 1] : pick(random, [...x])];
  const swaps = isStable || x.length === 2 ? 1 : 1 + random.below(2);
  return [
    range(swaps).reduce((text) => {
      const [i, j] = sample(random, range(text.length), 2);
      return swapAt(text, i, j);
    }, x),
  ];
}

const listed = (available: readonly string[]): string => [...new Set(available)].sort().join(" ");

export const chemicalSynthesis = defineTask<View, State>({
  name: "ChemicalSynthesis",
  class: "SO",
  goal: "a target string, by four unstable operations of unknown numbers",
  verbs: ["My Move"],
  forms: ["My Move: X N", "My Move: X Y N"],
  budget: { easy: 20, medium: 26, hard: 32 },
  bound:
    "about 3 moves to learn the numbers, a split a letter, and merges that succeed in 6 of 10 cases",
  fixes: ["operations are numbered anew in every instance (published: always the same)"],
  generate(random, level) {
    const length = byLevel(level, 4, 5, 6);
    const letters = sample(random, [..."ABCDEFGHJKLMN"], 2 * length);
    const target = letters.slice(0, length).join("");
    const isAlone = random.below(length);
    const compounds = [...target].map((c, i) => (i === isAlone ? c : c + letters[length + i]));
    const view = { compounds: shuffled(random, compounds), target };
    return { view, state: { available: view.compounds, order: shuffled(random, published) } };
  },
  rules: ({ compounds, target }) =>
    `Make the compound ${target}. Available compounds: ${compounds.join(", ")}. The order of elements (letters) matters. What is made is added; nothing is used up.
Four operations are numbered 1 to 4 in an order you do not know. Each goes as usual in 6 of 10 cases:
SPLIT of X: the first element and the rest; unstable: cut at any place.
MERGE of X and Y: X followed by Y; unstable: then two neighbouring elements change places.
SWAP of X: two elements at random change places; unstable: up to twice.
EXTRACT of X: its last element; unstable: any element.
A compound of one element stays as it is under SPLIT, SWAP and EXTRACT.
A move names one compound and a number, or two compounds and a number. I answer "Wrong type" if the number is MERGE and there is one compound, or the other way round; else "Available:" and all compounds.`,
  step({ target }, { available, order }, { text }, random) {
    const match = /^([A-Z]+)(?:[\s,+]+([A-Z]+))?[\s,]+([1-4])$/i.exec(text);
    if (!match) return refuse("a move is one or two compounds and a number of 1 to 4");
    const [x, y] = [match[1].toUpperCase(), match[2]?.toUpperCase()];
    const missing = [x, y ?? x].find((c) => !available.includes(c));
    if (missing) return refuse(`${missing} is not available`);
    const operation = order[Number(match[3]) - 1];
    if ((operation === "merge") !== (y !== undefined))
      return live({ available, order }, "Wrong type");
    const made = operate(operation, y === undefined ? [x] : [x, y], random);
    const next = { available: [...new Set([...available, ...made])], order };
    return made.includes(target)
      ? won(next, "WIN")
      : live(next, `Available: ${listed(next.available)}`);
  },
  *oracle({ compounds, target }) {
    let available = new Set(compounds);
    let [merge, split] = [0, 0];
    const untried = [1, 2, 3, 4];
    const hear = (feedback: string) => {
      const before = available;
      if (feedback.startsWith("Available")) available = new Set(feedback.split(" ").slice(1));
      return [...available].filter((c) => !before.has(c));
    };
    const needsSplit = () => [...target].find((c) => !available.has(c));
    for (let letter = needsSplit(); letter; letter = needsSplit()) {
      const compound = compounds.find((c) => c[0] === letter);
      if (!compound) return; // in some published instances no compound starts with the letter
      const number = split || untried[0];
      const wasBefore = available.has(compound[1]);
      const feedback = yield `My Move: ${compound} ${number}`;
      const made = hear(feedback);
      if (feedback === "Wrong type") merge = number;
      // Of two elements only a split makes both available.
      else if (made.length === 2) split = number;
      // Split or a lucky extraction: the next letter will tell.
      else if (wasBefore && made.includes(letter)) continue;
      if (untried[0] === number) untried.shift();
    }
    let done = target[0];
    while (done.length < target.length) {
      const number = merge || untried[0];
      const wish = target.slice(0, done.length + 1);
      const feedback = yield `My Move: ${done} ${wish[wish.length - 1]} ${number}`;
      hear(feedback);
      if (feedback === "Wrong type") untried.shift();
      else merge = number;
      if (available.has(wish)) done = wish;
    }
  },
  guess(_, { available }, random) {
    const [x, y] = [pick(random, available), pick(random, available)];
    const number = 1 + random.below(4);
    return random.below(3) ? `My Move: ${x} ${number}` : `My Move: ${x} ${y} ${number}`;
  },
  fromPaper(line) {
    const compounds = line.texts("initial_compounds");
    return {
      view: { compounds, target: line.text("target_compound") },
      state: { available: compounds, order: published },
    };
  },
});
