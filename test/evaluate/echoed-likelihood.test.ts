import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createEndpointModel, type LogLikelihoodRequest } from "../../src/evaluate/index.ts";

/** Letters and blanks as tokens, "ab" one token; each is likelier the later it stands. */
function echo(prompt: string) {
  const tokens = [...(prompt.match(/ab|./gsu) ?? []), "!"]; // "!" is what the model adds
  let place = 0;
  const text_offset = tokens.map((token) => {
    place += [...token].length;
    return place - [...token].length;
  });
  const token_logprobs = tokens.map((_, i) => (i === 0 ? null : -1 / i));
  const best = (i: number) => (tokens[i] === "z" ? { a: 0 } : { [tokens[i]!]: -1 / i });
  const top_logprobs = tokens.map((_, i) => (i === 0 ? null : best(i)));
  return { tokens, text_offset, token_logprobs, top_logprobs };
}

async function serve(answer: (body: { prompt: string }) => { status?: number; body: unknown }) {
  let calls = 0;
  const server = createServer(async (request, response) => {
    calls++;
    let text = "";
    for await (const piece of request) text += String(piece);
    const body = JSON.parse(text) as { prompt: string };
    expect(body).toMatchObject({ echo: true, logprobs: 1, max_tokens: 1, temperature: 0 });
    const { status = 200, body: told } = answer(body);
    response.writeHead(status).end(JSON.stringify(told));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const model = createEndpointModel({ url, model: "m", retries: 0 });
  const score = async (context: string, continuation: string) => {
    const request: LogLikelihoodRequest = { context, continuation };
    return (await model.logLikelihoods!([request]))[0]!;
  };
  return { score, calls: () => calls, [Symbol.dispose]: () => void server.close() };
}

test("a continuation's tokens are those behind the context, in characters", async () => {
  using server = await serve(({ prompt }) => ({
    body: { choices: [{ text: `${prompt}!`, logprobs: echo(prompt) }] },
  }));
  // 🙂 c | blank d: tokens 2 and 3.
  const plain = await server.score("🙂c", " d");
  expect(plain).toEqual({ logLikelihood: -1 / 2 - 1 / 3, isGreedy: true, tokens: 2 });
  // The blank at the context's end is the continuation's; z is never the likeliest.
  const blank = await server.score("🙂c ", "z");
  expect(blank).toEqual({ logLikelihood: -1 / 2 - 1 / 3, isGreedy: false, tokens: 2 });
  // "ab" reaches across the border.
  const joined = await server.score("ca", "bd");
  expect(joined).toEqual({ logLikelihood: -1 - 1 / 2, isGreedy: true, tokens: 2, isJoined: true });
  await expect(server.score("", "cd")).rejects.toThrow("the context is empty");
  await expect(server.score("c", "")).rejects.toThrow('the continuation "" has no tokens');
});

test("a server without echoed likelihoods is named, and asked once", async () => {
  using refusing = await serve(() => ({ status: 400, body: { error: "echo is not supported" } }));
  await expect(refusing.score("a", " b")).rejects.toThrow("m answered 400: ");
  await expect(refusing.score("a", " c")).rejects.toThrow("echo is not supported");
  expect(refusing.calls()).toBe(1);
  using deaf = await serve(() => ({ body: { choices: [{ text: "b", logprobs: null }] } }));
  await expect(deaf.score("a", " b")).rejects.toThrow("m returns no log-probabilities of a prompt");
  await expect(deaf.score("a", " c")).rejects.toThrow("use a local model");
  expect(deaf.calls()).toBe(1);
});
