/** The text model's tokenizer with tokens for boxes and image codes behind its own. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../../src/cli/package-root.ts";
import { specialToken, type TokenizerJson } from "../../../src/media/index.ts";
import { VOCABULARY } from "../config.ts";

/** @param counts how many `<bin_i>` and `<code_i>` follow */
export async function extendedTokenizer(counts: {
  readonly bin: number;
  readonly code: number;
}): Promise<TokenizerJson> {
  const file = join(packageRoot(), "models/onefold-mini/tokenizer.json");
  const json = JSON.parse(await readFile(file, "utf8")) as TokenizerJson; // ours
  const own = json.added_tokens.filter(({ id }) => id < VOCABULARY);
  const names = Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, i) => `<${name}_${i}>`),
  );
  const added = names.map((content, i) => specialToken(VOCABULARY + i, content));
  return { ...json, added_tokens: [...own, ...added] };
}
