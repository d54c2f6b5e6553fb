/** The other side of child.ts. */

import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, EngineSpec, Memory, OpenOptions, Request } from "./types.ts";

export class PeerProcess implements Disposable {
  readonly spec: EngineSpec;
  readonly #child: ChildProcess;

  private constructor(spec: EngineSpec) {
    this.spec = spec;
    const file = fileURLToPath(new URL("../../dist/bench/peers/child.js", import.meta.url));
    // What libraries print goes to standard error: standard output is the result.
    this.#child = fork(file, { execArgv: [], stdio: ["ignore", 2, 2, "ipc"] });
  }

  static async open(spec: EngineSpec, options: OpenOptions): Promise<PeerProcess> {
    const peer = new PeerProcess(spec);
    try {
      await peer.#ask({ kind: "open", spec, options });
      return peer;
    } catch (error) {
      peer[Symbol.dispose]();
      throw error;
    }
  }

  /** Milliseconds of a prompt of that length. */
  async prompt(length: number): Promise<number> {
    return (await this.#times({ kind: "prompt", length }))[0]!;
  }

  /** Makes the sequence that long. */
  async fill(length: number): Promise<void> {
    await this.#times({ kind: "fill", length });
  }

  /** Milliseconds of each of the next steps. */
  steps(count: number): Promise<readonly number[]> {
    return this.#times({ kind: "steps", count });
  }

  async memory(): Promise<Memory> {
    const answer = await this.#ask({ kind: "memory" });
    if (!("memory" in answer)) throw new Error(`${this.spec.name}: no answer about memory`);
    return answer.memory;
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }

  async #times(request: Request): Promise<readonly number[]> {
    const answer = await this.#ask(request);
    if (!("ms" in answer)) throw new Error(`${this.spec.name}: no times for ${request.kind}`);
    return answer.ms;
  }

  #ask(request: Request): Promise<Answer> {
    const { name } = this.spec;
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null, signal: string | null): void =>
        reject(new Error(`${name}: its process ended with ${signal ?? code}`));
      this.#child.once("exit", onExit);
      this.#child.once("message", (answer: Answer) => {
        this.#child.off("exit", onExit);
        if ("error" in answer) reject(new Error(`${name}: ${answer.error}`));
        else resolve(answer);
      });
      this.#child.send(request);
    });
  }
}
