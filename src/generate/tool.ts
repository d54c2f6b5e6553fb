/** Functions that a model may call, with arguments checked and typed by a zod schema. */

import type { ZodType, z } from "zod";

export interface Tool<S extends ZodType = ZodType> {
  readonly description?: string;
  readonly parameters: S;
  /** Left out: the call is the answer, and whoever asked answers it. */
  run?(input: z.output<S>): unknown;
}

/** By name. */
export type ToolSet = Readonly<Record<string, Tool>>;

/**
 * Types a tool: `run` gets what `parameters` describe.
 *
 * @example
 * const parameters = z.object({ a: z.number(), b: z.number() });
 * const add = tool({ description: "adds", parameters, run: ({ a, b }) => a + b });
 */
export const tool = <S extends ZodType>(definition: Tool<S>): Tool<S> => definition;

/** Tools in OpenAI's form, as templates take them. */
export async function describeTools(tools: ToolSet) {
  const { toJSONSchema } = await import("zod");
  return Object.entries(tools).map(([name, { description = "", parameters }]) => ({
    type: "function" as const,
    function: { name, description, parameters: toJSONSchema(parameters, { io: "input" }) },
  }));
}

/**
 * Runs a call. What goes wrong is a result too: the model reads it and may try again.
 *
 * @returns undefined where the tool has nothing to run
 */
export async function runTool(
  tools: ToolSet,
  { name, arguments: text }: { readonly name: string; readonly arguments: string },
): Promise<{ readonly output: unknown } | undefined> {
  const called = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!called) return { output: { error: `there is no tool ${name}` } };
  if (!called.run) return undefined;
  try {
    const input = called.parameters.safeParse(JSON.parse(text));
    if (!input.success) return { output: { error: input.error.issues[0]?.message } };
    return { output: await called.run(input.data) };
  } catch (error) {
    return { output: { error: error instanceof Error ? error.message : String(error) } };
  }
}
