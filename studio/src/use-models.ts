/** The models that the server has, and the one that is talked to. */

import { useState } from "preact/hooks";
import { readStatus, rememberKey } from "./server.ts";
import type { ModelStatus } from "./status.ts";
import { ServerError } from "./stream.ts";

export function useModels() {
  const [all, setAll] = useState<readonly ModelStatus[]>([]);
  const [id, choose] = useState("");
  const [problem, setProblem] = useState<string>();
  const [needsKey, setNeedsKey] = useState(false);
  const connect = async (): Promise<void> => {
    try {
      const { models } = await readStatus();
      setAll(models);
      setProblem(undefined);
      setNeedsKey(false);
    } catch (error) {
      const isLocked = error instanceof ServerError && error.status === 401;
      setNeedsKey(isLocked);
      setProblem(isLocked && !needsKey ? undefined : (error as Error).message);
    }
  };
  return {
    all,
    chosen: all.find((model) => model.id === id) ?? all[0],
    problem,
    needsKey,
    choose,
    connect,
    unlock(key: string) {
      rememberKey(key);
      void connect();
    },
  };
}
