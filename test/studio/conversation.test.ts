import { expect, it } from "vitest";
import { attachedKind } from "../../studio/src/attachment.ts";
import {
  addTurn,
  changeTurn,
  choose,
  emptyConversation,
  fromQuestion,
  fromText,
  messagesOf,
  pathTo,
  saveText,
  shownTurns,
  siblingsOf,
} from "../../studio/src/conversation.ts";

const texts = (turns: readonly { content: string }[]): string[] => turns.map((t) => t.content);

it("branches where a message is edited or regenerated, and goes back", () => {
  const [a, question] = addTurn(emptyConversation, 0, "user", "q1");
  const [b, first] = addTurn(a, question, "assistant", "a1");
  const [c, more] = addTurn(b, first, "user", "q2");
  const [d] = addTurn(c, more, "assistant", "a2");
  expect(texts(shownTurns(d))).toEqual(["q1", "a1", "q2", "a2"]);

  const [e, second] = addTurn(d, question, "assistant", "a1 again");
  expect(texts(shownTurns(e))).toEqual(["q1", "a1 again"]);
  const shown = shownTurns(e)[1]!;
  expect(siblingsOf(e, shown).map((t) => t.id)).toEqual([first, second]);
  expect(texts(shownTurns(choose(e, siblingsOf(e, shown)[0]!)))).toEqual(["q1", "a1", "q2", "a2"]);

  const [f] = addTurn(e, 0, "user", "other question");
  expect(texts(shownTurns(f))).toEqual(["other question"]);
  expect(texts(pathTo(f, second))).toEqual(["q1", "a1 again"]);
});

it("changes the turn that is streamed, also when another branch is shown", () => {
  const [a, question] = addTurn(emptyConversation, 0, "user", "q");
  const [b, answer] = addTurn(a, question, "assistant");
  const [c] = addTurn(b, 0, "user", "elsewhere");
  const d = changeTurn(c, answer, (t) => ({ content: `${t.content}x` }));
  expect(texts(pathTo(d, answer))).toEqual(["q", "x"]);
  expect(changeTurn(emptyConversation, answer, () => ({ content: "y" }))).toBe(emptyConversation);
});

it("sends the system message first, and only where there is one", () => {
  const [a, question] = addTurn(emptyConversation, 0, "user", "q");
  const user = { role: "user", content: "q" };
  expect(messagesOf(pathTo(a, question), " ")).toEqual([user]);
  expect(messagesOf(pathTo(a, question), "be kind")).toEqual([
    { role: "system", content: "be kind" },
    user,
  ]);
});

it("sends calls and their results back as the API wants them", () => {
  const [a, question] = addTurn(emptyConversation, 0, "user", "1 + 2?");
  const toolCalls = [{ id: "c1", name: "add", arguments: '{"a":1}' }];
  const [b, call] = addTurn(a, question, "assistant", "", { toolCalls });
  const [c, result] = addTurn(b, call, "tool", "3", { callId: "c1" });
  const [answered, answer] = addTurn(c, result, "assistant", "It is 3.");
  const [d, again] = addTurn(answered, answer, "user", "more?");
  expect(texts(fromQuestion(pathTo(c, result)))).toEqual(["1 + 2?", "", "3"]);
  expect(texts(fromQuestion(pathTo(d, again)))).toEqual(["more?"]);
  expect(messagesOf(pathTo(c, result), "").slice(1)).toEqual([
    {
      role: "assistant",
      content: "",
      tool_calls: [{ id: "c1", type: "function", function: { name: "add", arguments: '{"a":1}' } }],
    },
    { role: "tool", content: "3", tool_call_id: "c1" },
  ]);
});

it("survives a reload, and a store that holds nonsense", () => {
  const [a, question] = addTurn(emptyConversation, 0, "user", "q");
  const [b] = addTurn(a, question, "assistant", "a", { stats: "1 token" });
  expect(fromText(saveText(b))).toEqual(b);
  const lost = '{"turns":[],"chosen":[[0,5]]}';
  const circle = '{"turns":[{"id":1,"parent":1}],"chosen":[[0,1],[1,1]]}';
  for (const text of [null, "", "{}", "[1]", '{"turns":3}', lost, circle]) {
    expect(fromText(text)).toEqual(emptyConversation);
  }
});

it("sends a file as the part of its kind, before the words beside it", () => {
  const url = "data:image/png;base64,AA==";
  const file = { kind: "image", name: "a.png", url } as const;
  const [a, question] = addTurn(emptyConversation, 0, "user", "what is it?", { file });
  const [b] = addTurn(a, question, "user", "", {
    file: { kind: "audio", name: "b.flac", url: "data:audio/flac;base64,BB==" },
  });
  expect(messagesOf(shownTurns(b), "")).toEqual([
    {
      role: "user",
      content: [
        { type: "image_url", image_url: { url } },
        { type: "text", text: "what is it?" },
      ],
    },
    {
      role: "user",
      content: [{ type: "input_audio", input_audio: { data: "BB==", format: "flac" } }],
    },
  ]);
  expect(shownTurns(fromText(saveText(b)))[0]?.file).toEqual(file);
});

it("takes a GIF for what moves, and refuses what is no picture, recording or video", () => {
  expect(attachedKind({ type: "image/gif", name: "a.gif" })).toBe("video");
  expect(attachedKind({ type: "image/webp", name: "a.webp" })).toBe("image");
  expect(attachedKind({ type: "", name: "a.flac" })).toBe("audio");
  expect(attachedKind({ type: "text/plain", name: "a.txt" })).toBeUndefined();
});
