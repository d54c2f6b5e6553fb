import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hubCacheDir, hubEndpoint, isOffline } from "../../src/checkpoint/hub-cache.ts";
import { resolveModel } from "../../src/checkpoint/index.ts";
import { temporaryFolder } from "./support.ts";

const COMMIT = "89abcdef0123456789abcdef0123456789abcdef";

function cacheWith(id: string): { cacheDir: string; snapshot: string } {
  const cacheDir = temporaryFolder();
  const repository = join(cacheDir, `models--${id.replace("/", "--")}`);
  const snapshot = join(repository, "snapshots", COMMIT);
  mkdirSync(snapshot, { recursive: true });
  mkdirSync(join(repository, "refs", "pr"), { recursive: true });
  writeFileSync(join(repository, "refs", "main"), `${COMMIT}\n`);
  writeFileSync(join(repository, "refs", "pr", "1"), COMMIT);
  writeFileSync(join(repository, "refs", "evil"), "../../../etc");
  return { cacheDir, snapshot };
}

it("takes an existing folder as it is", async () => {
  const folder = temporaryFolder();
  expect(await resolveModel(folder)).toBe(folder);
  expect(await resolveModel("./src")).toBe("./src");
  expect(await resolveModel("src/graph")).toBe("src/graph"); // also the form of an id
});

it("finds a cached model by branch, tag and commit", async () => {
  const { cacheDir, snapshot } = cacheWith("org/name");
  expect(await resolveModel("org/name", { cacheDir })).toBe(snapshot);
  expect(await resolveModel("org/name", { cacheDir, revision: COMMIT })).toBe(snapshot);
  expect(await resolveModel("org/name", { cacheDir, revision: "pr/1" })).toBe(snapshot);
  const evil = resolveModel("org/name", { cacheDir, revision: "evil" });
  await expect(evil).rejects.toThrow("run `onefold pull org/name --revision evil`");
  const outside = resolveModel("org/name", { cacheDir, revision: "../refs/main" });
  await expect(outside).rejects.toThrow(/is not a revision/);
});

it("finds the oldest models, whose ids have no organisation", async () => {
  const { cacheDir, snapshot } = cacheWith("gpt2");
  expect(await resolveModel("gpt2", { cacheDir })).toBe(snapshot);
});

it("says how to get a model that is not there", async () => {
  const { cacheDir } = cacheWith("Qwen/Qwen3-0.6B");
  await expect(resolveModel("Qwen/Qwen3-0.8B", { cacheDir, offline: false })).rejects.toThrow(
    `Qwen/Qwen3-0.8B is neither a folder here nor in the cache ${cacheDir} (the cache has ` +
      "Qwen/Qwen3-0.6B); run `onefold pull Qwen/Qwen3-0.8B`",
  );
  await expect(resolveModel("a/b", { cacheDir, offline: true })).rejects.toThrow(
    /unset it and run `onefold pull a\/b`/,
  );
});

it.each(["./none", "../none", "/none/at/all", "a/b/c", "../../no/such/place", "a/..b"])(
  "refuses %s",
  async (spec) => {
    await expect(resolveModel(spec, { cacheDir: temporaryFolder() })).rejects.toThrow(
      `${spec}: no such folder`,
    );
  },
);

it("honours the hub's environment variables", () => {
  expect(hubCacheDir({ HF_HUB_CACHE: "/c", HF_HOME: "/h" })).toBe("/c");
  expect(hubCacheDir({ HF_HOME: "/h" })).toBe(join("/h", "hub"));
  expect(hubCacheDir({ HF_HOME: "~/h" })).toBe(join(homedir(), "h", "hub"));
  expect(hubCacheDir({ XDG_CACHE_HOME: "/x" })).toBe(join("/x", "huggingface", "hub"));
  expect(hubCacheDir({})).toBe(join(homedir(), ".cache", "huggingface", "hub"));
  expect(hubEndpoint({ HF_ENDPOINT: "https://mirror.example/" })).toBe("https://mirror.example");
  expect(["1", "TRUE", "on"].map((value) => isOffline({ HF_HUB_OFFLINE: value }))).toEqual([
    true,
    true,
    true,
  ]);
  expect(isOffline({ HF_HUB_OFFLINE: "0" })).toBe(false);
});
