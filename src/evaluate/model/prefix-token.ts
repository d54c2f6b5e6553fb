/** The token that stands before a text's first one. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { isGguf } from "../../checkpoint/gguf/path.ts";
import { isObject, readJsonObject } from "../../checkpoint/json.ts";
import type { Tokenizer } from "../../media/text/index.ts";

/** `bos_token` of tokenizer_config.json, else the token that ends texts (as lm-evaluation-harness). */
export async function prefixToken(
  dir: string,
  tokenizer: Pick<Tokenizer, "tokenToId" | "eosId">,
): Promise<number | undefined> {
  const file = join(dir, "tokenizer_config.json");
  if (isGguf(dir) || !existsSync(file)) return tokenizer.eosId;
  const { bos_token: bos } = await readJsonObject(file);
  const text = isObject(bos) ? bos.content : bos;
  return (typeof text === "string" ? tokenizer.tokenToId(text) : undefined) ?? tokenizer.eosId;
}
