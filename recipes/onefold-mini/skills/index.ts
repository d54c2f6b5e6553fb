import type { Skill } from "../types.ts";
import { arithmetic } from "./arithmetic.ts";
import { comparison } from "./comparison.ts";
import { dates } from "./dates.ts";
import { format } from "./format.ts";
import { json } from "./json.ts";
import { memory } from "./memory.ts";
import { numberWords } from "./number-words.ts";
import { refusal } from "./refusal.ts";
import { smallTalk } from "./small-talk.ts";
import { sorting } from "./sorting.ts";
import { strings } from "./strings.ts";
import { tables } from "./tables.ts";
import { units } from "./units.ts";

/** Every skill, in the order of the card's table. */
export const SKILLS: Skill[] = [
  arithmetic,
  comparison,
  sorting,
  dates,
  units,
  numberWords,
  tables,
  json,
  strings,
  format,
  memory,
  refusal,
  smallTalk,
];
