/** Text alone: plain sentences, sentiment, and short articles with their summaries. */

import type { Random } from "../../nn/random.ts";
import { chance, drawInSplit, fill, pick, pickSome, type Split } from "./world.ts";

const WHO =
  "the teacher|the old man|a young woman|my brother|the baker|our neighbour|the child|a doctor".split(
    "|",
  );
const DOES =
  "reads a book|buys fresh bread|paints the door|feeds the cat|writes a letter|plays the piano|cleans the window|waters the flowers".split(
    "|",
  );
const WHERE =
  "in the garden|at the market|near the river|in the kitchen|at school|by the sea".split("|");
const WHEN = "every morning|on sunday|in the evening|after work|before dinner|at noon".split("|");

/** A plain sentence, for infilling. Sentences are held out by their hash. */
export function writeSentences(random: Random, split: Split): { readonly text: string } {
  const draw = () => {
    const [who, does, where, when] = [WHO, DOES, WHERE, WHEN].map((parts) => pick(random, parts));
    return chance(random, 0.3)
      ? `${when} ${who} ${does} ${where} .`
      : `${who} ${does} ${where} ${when} .`;
  };
  return { text: drawInSplit("sentences of a life", split, draw, String) };
}

export const SENTIMENT_LABELS = ["positive", "negative"] as const;
export type Sentiment = (typeof SENTIMENT_LABELS)[number];

const THINGS = "film|book|song|meal|hotel|game|show|story|concert|trip".split("|");
const OPINIONS = {
  positive: "wonderful|great|funny|charming|superb|lovely|delightful|brilliant|moving|clever".split(
    "|",
  ),
  negative: "terrible|boring|bad|weak|dull|stupid|horrible|poor|tedious|silly".split("|"),
} as const;
const VERDICTS = [
  "the {thing} was {good}",
  "a {good} and {also} {thing}",
  "i found this {thing} {good}",
  "what a {good} {thing}",
  "the {thing} is never {bad} and always {good}",
  "this {thing} is not {bad} , it is {good}",
  "people called it {bad} , but the {thing} is {good}",
];

export interface SentimentSample {
  readonly sentence: string;
  readonly label: Sentiment;
}

/** A verdict on a thing; one in three names the opposite opinion, too. Held out by hash. */
export function judgeSentences(random: Random, split: Split): SentimentSample {
  return drawInSplit(
    "sentiment",
    split,
    () => {
      const label = pick(random, SENTIMENT_LABELS);
      const other = label === "positive" ? "negative" : "positive";
      const [good, also] = pickSome(random, OPINIONS[label], 2);
      const slots = { thing: pick(random, THINGS), good, also, bad: pick(random, OPINIONS[other]) };
      return { label, sentence: fill(pick(random, VERDICTS), slots) };
    },
    ({ sentence }) => sentence,
  );
}

const PLACES = "london|paris|the city|the village|the harbour|the old town".split("|");
const DAYS = "monday|tuesday|wednesday|thursday|friday".split("|");
const COUNTS = "two|three|five|ten|twenty|fifty".split("|");
const SOURCES = "the police|the mayor|a spokesman|local radio".split("|");

/** The news, as an article tells it and as a headline does. */
const NEWS = [
  ["a fire broke out in {place} on {day}", "fire breaks out in {place}"],
  [
    "heavy snow closed {count} schools in {place} on {day}",
    "snow closes {count} schools in {place}",
  ],
  ["a new bridge was opened in {place} on {day}", "new bridge opens in {place}"],
  [
    "{count} people were hurt when a bus hit a tree in {place} on {day}",
    "{count} hurt in bus crash in {place}",
  ],
  [
    "a museum in {place} lost {count} paintings to thieves on {day}",
    "thieves steal {count} paintings in {place}",
  ],
  [
    "{count} new parks will be built in {place} , it was decided on {day}",
    "{place} to build {count} new parks",
  ],
] as const;
const DETAILS = [
  "{source} said so in the evening .",
  "nobody knows more yet , {source} said .",
  "many people came to see it .",
  "the weather was mild for the season .",
  "{source} will speak again next week .",
];

/** A short article and its headline, as in Gigaword. Held out by hash of the headline's news. */
export function summariseNews(
  random: Random,
  split: Split,
): { readonly article: string; readonly summary: string } {
  const draw = () => {
    const [lead, headline] = pick(random, NEWS);
    const slots = {
      place: pick(random, PLACES),
      day: pick(random, DAYS),
      count: pick(random, COUNTS),
      source: pick(random, SOURCES),
    };
    const details = pickSome(random, DETAILS, 2).map((detail) => fill(detail, slots));
    return {
      article: [`${fill(lead, slots)} .`, ...details].join(" "),
      summary: fill(headline, slots),
    };
  };
  return drawInSplit("news", split, draw, ({ summary }) => summary);
}
