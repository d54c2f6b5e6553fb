/** The watcher, asked every second while the page is looked at. */

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { readJson } from "../server.ts";
import { RunWatcher } from "./watcher.ts";

const PAUSE = 1000;

export function useRuns(wanted: readonly string[]): RunWatcher {
  const [, show] = useReducer((count: number) => count + 1, 0);
  const [watcher] = useState(() => new RunWatcher(readJson, () => show(undefined)));
  const latest = useRef(wanted);
  const key = wanted.join("\n");
  useEffect(() => {
    latest.current = wanted;
    void watcher.update(wanted);
  }, [key]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isGone = false;
    const ask = async (): Promise<void> => {
      if (!document.hidden) await watcher.update(latest.current);
      if (!isGone) timer = setTimeout(ask, PAUSE);
    };
    timer = setTimeout(ask, PAUSE);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, []);
  return watcher;
}
