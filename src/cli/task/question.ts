/** `onefold run --image FILE "…"`: a question about a file, a drawing or an animation. */

import { resolveModel } from "../../checkpoint/index.ts";
import type { FileKind } from "../../media/index.ts";
// What every chat loads is light: models, media and engine come where a question needs them.
import { type RoutedQuestion, routeQuestion } from "../../task/ask.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { createPaint } from "../render.ts";
import type { RunFlags } from "../run-options.ts";

const kinds = ["image", "audio", "video"] as const;

/** Flags of `onefold run` that a task understands; the others are for chats. */
const understood = new Set<string>([
  ...kinds,
  ...["out", "explain", "json", "temperature", "topK", "topP", "seed", "maxTokens"],
]);

/**
 * Answers where a file is given, or the prompt asks a task model to draw or animate.
 * @returns whether it did; otherwise the prompt is for a chat
 */
export async function answerQuestion(
  io: Io,
  { model: spec, prompt }: { readonly model: string; readonly prompt: string | undefined },
  flags: RunFlags & { readonly json: boolean },
): Promise<boolean> {
  const files = kinds.filter((kind) => flags[kind] !== undefined);
  if (files.length > 1) {
    throw new UsageError(
      `give one file a question, not ${files.map((kind) => `--${kind}`).join(" and ")}`,
    );
  }
  const [kind] = files;
  const routed = await routedQuestion(prompt, kind, flags);
  if (!routed) {
    refuseTaskFlags(flags);
    return false;
  }
  const { isTaskModel, lackedParts, loadTaskModel } = await import("../../task/index.ts");
  // What only a chat understands makes "draw …" a message to it.
  const strange = chatFlag(flags);
  const found = await resolveModel(spec).catch(() => undefined); // the chat says what is missing
  if (!kind && (strange || !found || !(await isTaskModel(found)))) {
    refuseTaskFlags(flags);
    return false;
  }
  if (kind && strange) throw new UsageError(`--${strange} is for chats, not for --${kind}`);
  using model = await loadTaskModel(spec);
  if (!kind && lackedParts(routed.plan, model.config).length > 0) return false;
  const { plan, record, route, instruction } = routed;
  const { checkOut } = await import("./output.ts");
  checkOut(plan, record, flags.out);
  if (flags.explain) {
    const paint = createPaint(io.stderr, io.env);
    io.stderr.write(`${paint.dim(`${route}: ${instruction}`)}\n`);
  }
  const { temperature, topK, topP, seed, maxTokens: maxLength, out } = flags;
  const { runPlan } = await import("./run-plan.ts");
  await runPlan(io, model, {
    plan,
    record,
    options: { temperature, topK, topP, seed, maxLength },
    out,
    ...(flags.json && { json: { prompt: prompt ?? "", route, instruction } }),
  });
  return true;
}

async function routedQuestion(
  prompt: string | undefined,
  kind: (typeof kinds)[number] | undefined,
  flags: RunFlags,
): Promise<RoutedQuestion | undefined> {
  if (kind === undefined) return prompt === undefined ? undefined : routeQuestion({ text: prompt });
  const file = flags[kind]!; // that is why there is a kind
  const { checkMediaFile } = await import("./media-file.ts");
  await checkMediaFile(`--${kind} ${file}`, file, kind, hint);
  return routeQuestion({ text: prompt, [kind]: file });
}

function hint(found: readonly FileKind[]): string {
  const flag = kinds.find((kind) => found.includes(kind));
  return flag ? `give it as --${flag}` : "no question takes one, `onefold task run` does";
}

/** The first flag that only a chat understands, as it is typed. */
function chatFlag(flags: RunFlags): string | undefined {
  const strange = Object.entries(flags).find(
    ([name, value]) => !understood.has(name) && value !== undefined && value !== false,
  );
  return strange?.[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function refuseTaskFlags({ out, explain }: RunFlags): void {
  const flag = out !== undefined ? "--out" : explain ? "--explain" : undefined;
  if (!flag) return;
  throw new UsageError(
    `${flag} is for questions about a file, "draw …" and "animate …" of a model made for tasks`,
  );
}
