/** POST /v1/embeddings and /v1/rerank. */

import { embeddingTokens, normalise, rerankTokens, yesProbability } from "../generate/embed.ts";
import type { LanguageModel } from "../generate/language-model.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { checked, HttpError } from "./errors.ts";
import { createId } from "./ids.ts";
import { embeddingBody, rerankBody } from "./schemas/tokens.ts";

export async function embeddings(call: Call): Promise<Response> {
  const body = await readBody(call.request, embeddingBody, call.options.bodyLimit);
  const model = await call.acquire(body.model);
  const judge = judgeOf(model);
  const lists = body.input.map((each) =>
    typeof each === "string" ? embeddingTokens(model.tokenizer, each) : each,
  );
  lists.forEach((ids, i) => {
    checkLength(ids.length, judge.contextLimit, `input[${i}]`);
    const bad = ids.find((id) => id >= model.tokenizer.vocabSize);
    if (bad === undefined) return;
    throw new HttpError(400, `input[${i}]: no token has the id ${bad}`, { param: `input[${i}]` });
  });
  const { dimensions } = body;
  if (dimensions !== undefined && dimensions > judge.size) {
    const message = `dimensions is ${dimensions}, but vectors of this model have ${judge.size}`;
    throw new HttpError(400, message, { param: "dimensions" });
  }
  const data = [];
  for (const [index, ids] of lists.entries()) {
    const vector = normalise(await reasoned(call, judge.lastHidden(ids, call.signal)), dimensions);
    const embedding = body.encoding_format === "base64" ? toBase64(vector) : Array.from(vector);
    data.push({ object: "embedding", index, embedding });
  }
  const tokens = countTokens(lists);
  call.notes.promptTokens = tokens;
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return Response.json({ object: "list", data, model: model.name, usage });
}

export async function rerank(call: Call): Promise<Response> {
  const body = await readBody(call.request, rerankBody, call.options.bodyLimit);
  const model = await call.acquire(body.model);
  const judge = judgeOf(model);
  const { query, documents, instruction } = body;
  const lists = documents.map((document, i) => {
    const ids = rerankTokens(model.tokenizer, { query, document, instruction });
    checkLength(ids.length, judge.contextLimit, `documents[${i}]`);
    return ids;
  });
  const results = [];
  for (const [index, ids] of lists.entries()) {
    const logits = await reasoned(call, judge.lastLogits(ids, call.signal));
    const score = checked(() => yesProbability(logits, model.tokenizer), "model");
    const document = body.return_documents ? { document: { text: documents[index]! } } : {};
    results.push({ index, relevance_score: score, ...document });
  }
  results.sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index);
  const tokens = countTokens(lists);
  call.notes.promptTokens = tokens;
  return Response.json({
    id: createId("rerank"),
    model: model.name,
    results: results.slice(0, body.top_n ?? results.length),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

function judgeOf(model: LanguageModel): NonNullable<LanguageModel["judge"]> {
  if (model.judge) return model.judge;
  throw new HttpError(400, `${model.name} gives no hidden states`, { param: "model" });
}

function checkLength(length: number, limit: number, param: string): void {
  if (length <= limit) return;
  const message = `${param}: its ${length} tokens do not fit into the model's context of ${limit}`;
  throw new HttpError(400, message, { code: "context_length_exceeded", param });
}

/** A run that the call's end broke off says why. */
async function reasoned<T>(call: Call, run: Promise<T>): Promise<T> {
  try {
    return await run;
  } catch (error) {
    throw call.signal.aborted ? call.reason : error;
  }
}

const countTokens = (lists: readonly (readonly number[])[]): number =>
  lists.reduce((total, ids) => total + ids.length, 0);

/** Little-endian f32, as OpenAI's clients read it. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 * vector.length);
  vector.forEach((x, i) => {
    bytes.writeFloatLE(x, 4 * i);
  });
  return bytes.toString("base64");
}
