/** The Porter stemmer with NLTK's extensions, which ROUGE's `use_stemmer` means. */

/** Words that the rules would spoil. */
const IRREGULAR: Readonly<Record<string, string>> = {
  skies: "sky",
  sky: "sky",
  dying: "die",
  lying: "lie",
  tying: "tie",
  news: "news",
  innings: "inning",
  inning: "inning",
  outings: "outing",
  outing: "outing",
  cannings: "canning",
  canning: "canning",
  howe: "howe",
  proceed: "proceed",
  exceed: "exceed",
  succeed: "succeed",
};

function isConsonant(word: string, i: number): boolean {
  const char = word[i]!;
  if ("aeiou".includes(char)) return false;
  return char !== "y" || i === 0 || !isConsonant(word, i - 1);
}

/** m in [C](VC)^m[V]. */
function measure(stem: string): number {
  let m = 0;
  for (let i = 1; i < stem.length; i++) {
    if (isConsonant(stem, i) && !isConsonant(stem, i - 1)) m++;
  }
  return m;
}

const hasVowel = (stem: string): boolean => [...stem].some((_, i) => !isConsonant(stem, i));

const endsDouble = (word: string): boolean =>
  word.length > 1 && word.at(-1) === word.at(-2) && isConsonant(word, word.length - 1);

/** Consonant, vowel, consonant other than w, x, y; or just vowel, consonant. */
function endsShort(word: string): boolean {
  const n = word.length;
  if (n === 2) return !isConsonant(word, 0) && isConsonant(word, 1);
  return (
    n > 2 &&
    isConsonant(word, n - 3) &&
    !isConsonant(word, n - 2) &&
    isConsonant(word, n - 1) &&
    !"wxy".includes(word[n - 1]!)
  );
}

type Rule = readonly [suffix: string, replacement: string, allows?: (stem: string) => boolean];

/** The first rule whose suffix ends the word decides, even by leaving it alone. */
function applyFirst(word: string, rules: readonly Rule[], allows: (stem: string) => boolean) {
  for (const [suffix, replacement, own = allows] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return own(stem) ? stem + replacement : word;
  }
  return word;
}

const rulesOf = (text: string): Rule[] =>
  text.split(" ").map((rule) => {
    const [suffix, replacement] = rule.split(":");
    return [suffix!, replacement ?? ""];
  });

const STEP_2: readonly Rule[] = [
  ...rulesOf(
    "ational:ate tional:tion enci:ence anci:ance izer:ize bli:ble alli:al entli:ent eli:e ousli:ous " +
      "ization:ize ation:ate ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al " +
      "iviti:ive biliti:ble fulli:ful",
  ),
  ["logi", "log", (stem) => measure(`${stem}l`) > 0],
];
const STEP_3 = rulesOf("icate:ic ative: alize:al iciti:ic ical:ic ful: ness:");
const endsInST = (stem: string) => measure(stem) > 1 && /[st]$/.test(stem);
const STEP_4: readonly Rule[] = [
  ...rulesOf("al ance ence er ic able ible ant ement ment ent"),
  ["ion", "", endsInST],
  ...rulesOf("ou ism ate iti ous ive ize"),
];

/** Plurals, -ed and -ing, and final y. */
function step1(word: string): string {
  const isFour = word.length === 4;
  let stem = applyFirst(
    word,
    [
      ["sses", "ss"],
      ["ies", isFour ? "ie" : "i"],
      ["ss", "ss"],
      ["s", ""],
    ],
    () => true,
  );
  stem = cutPast(stem);
  return applyFirst(
    stem,
    [["y", "i"]],
    (rest) => rest.length > 1 && isConsonant(rest, rest.length - 1),
  );
}

function cutPast(word: string): string {
  if (word.endsWith("ied")) return word.slice(0, -3) + (word.length === 4 ? "ie" : "i");
  if (word.endsWith("eed")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const suffix = ["ed", "ing"].find(
    (each) => word.endsWith(each) && hasVowel(word.slice(0, -each.length)),
  );
  if (!suffix) return word;
  const stem = word.slice(0, -suffix.length);
  if (/(at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsDouble(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function step2(word: string): string {
  if (word.endsWith("alli") && measure(word.slice(0, -4)) > 0) return step2(word.slice(0, -2));
  return applyFirst(word, STEP_2, (stem) => measure(stem) > 0);
}

function step5(word: string): string {
  let stem = applyFirst(
    word,
    [["e", ""]],
    (rest) => measure(rest) > 1 || (measure(rest) === 1 && !endsShort(rest)),
  );
  if (stem.endsWith("ll") && measure(stem.slice(0, -1)) > 1) stem = stem.slice(0, -1);
  return stem;
}

/**
 * Stem of a lower-case English word.
 * @see Porter, "An algorithm for suffix stripping", 1980; nltk.stem.porter (its default mode)
 * @example porterStem("relational") // "relat"
 */
export function porterStem(word: string): string {
  const irregular = Object.hasOwn(IRREGULAR, word) ? IRREGULAR[word] : undefined;
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  const third = applyFirst(step2(step1(word)), STEP_3, (stem) => measure(stem) > 0);
  return step5(applyFirst(third, STEP_4, (stem) => measure(stem) > 1));
}
