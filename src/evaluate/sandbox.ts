/**
 * Runs programs that a model wrote: JavaScript in QuickJS, compiled to WebAssembly. Such a program
 * has the language and nothing else: no files, network, clock of the host, modules or timers, and
 * memory of its own. Every run starts from nothing.
 */

import type { QuickJSWASMModule, Scope } from "quickjs-emscripten-core";

export interface SandboxLimits {
  /**
   * Steps of work before a program counts as endless (default 1,000), each some ten thousand
   * instructions. Unlike time, they give the same outcome on a busy machine.
   */
  readonly steps?: number;
  /** Bytes of memory (default 16 MiB). */
  readonly memory?: number;
  /** Bytes of the call stack (default 256 KiB). */
  readonly stack?: number;
}

export type SandboxOutcome =
  /** The value of the last expression, as JSON has it; undefined where it has none. */
  | { readonly kind: "value"; readonly value: unknown }
  /** It threw, or is no program: name and message of what was thrown. */
  | { readonly kind: "error"; readonly message: string }
  /** A limit ended it. */
  | { readonly kind: "limit"; readonly limit: "steps" | "memory" | "stack" };

/** Letters of an error that are kept. */
const MAX_MESSAGE = 500;

export class Sandbox {
  private readonly engine: QuickJSWASMModule;
  private readonly withScope: typeof Scope.withScope;

  private constructor(engine: QuickJSWASMModule, withScope: typeof Scope.withScope) {
    this.engine = engine;
    this.withScope = withScope;
  }

  /** Loads the interpreter (once per process is enough): 0.5 MB of WebAssembly. */
  static async load(): Promise<Sandbox> {
    const { newQuickJSWASMModuleFromVariant, Scope } = await import("quickjs-emscripten-core");
    const variant = import("@jitl/quickjs-wasmfile-release-sync");
    return new Sandbox(await newQuickJSWASMModuleFromVariant(variant), (block) =>
      Scope.withScope(block),
    );
  }

  /**
   * Runs a script to its end, which blocks the thread for as long as the limits allow.
   *
   * @example
   * const sandbox = await Sandbox.load();
   * sandbox.run("const f = (x) => x * 2; f(21)"); // { kind: "value", value: 42 }
   */
  run(code: string, limits: SandboxLimits = {}): SandboxOutcome {
    const { steps = 1000, memory = 16 << 20, stack = 256 << 10 } = limits;
    return this.withScope((scope) => {
      const runtime = scope.manage(this.engine.newRuntime());
      let left = steps;
      runtime.setInterruptHandler(() => left-- <= 0);
      runtime.setMemoryLimit(memory);
      runtime.setMaxStackSize(stack);
      const context = scope.manage(runtime.newContext());
      // Taken before the program can replace it.
      const write = scope.manage(context.unwrapResult(context.evalCode("JSON.stringify")));
      const result = scope.manage(context.evalCode(code, "program.js"));
      if (result.error) return outcomeOf(context.dump(result.error), left);
      // What a program hands back may be endless to write down: that counts too.
      const text = scope.manage(context.callFunction(write, context.undefined, result.value));
      if (text.error) return outcomeOf(context.dump(text.error), left);
      const isWritten = context.typeof(text.value) === "string";
      const value: unknown = isWritten ? JSON.parse(context.getString(text.value)) : undefined;
      return { kind: "value", value };
    });
  }
}

/** What a thrown value says. */
function outcomeOf(thrown: unknown, stepsLeft: number): SandboxOutcome {
  const { name = "", message = "" } =
    typeof thrown === "object" && thrown !== null
      ? (thrown as { name?: unknown; message?: unknown }) // any value: made text below
      : { message: thrown };
  const text = [name, message].map(String).filter(Boolean).join(": ").slice(0, MAX_MESSAGE);
  if (stepsLeft < 0) return { kind: "limit", limit: "steps" };
  if (text === "InternalError: out of memory") return { kind: "limit", limit: "memory" };
  if (text === "InternalError: stack overflow") return { kind: "limit", limit: "stack" };
  return { kind: "error", message: text };
}
