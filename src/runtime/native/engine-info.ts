/** Which engine is in use, for `onefold doctor`. */

import type { EngineInfo } from "../types.ts";
import { defaultThreads, loadEnv } from "./env.ts";
import { check } from "./error.ts";
import { pointerArray } from "./names.ts";

export async function engineInfo(): Promise<EngineInfo> {
  const { api } = await loadEnv();
  const out = pointerArray(1);
  const count = new Int32Array(new ArrayBuffer(128));
  check(api, api.GetAvailableProviders(out, count), "listing execution providers");
  try {
    const providers = Array.from({ length: count[0] }, (_, i) =>
      api.stringAt(api.pointerAt(out[0], i)),
    );
    const { library, version } = api;
    return { library, version, providers, threads: defaultThreads() };
  } finally {
    check(api, api.ReleaseAvailableProviders(out[0], count[0]), "listing execution providers");
  }
}
