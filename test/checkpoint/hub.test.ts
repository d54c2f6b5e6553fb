import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { type PullProgress, pull, resolveModel } from "../../src/checkpoint/index.ts";
import { blobName, COMMIT, startHub } from "./hub-server.ts";
import { temporaryFolder } from "./support.ts";

afterEach(() => vi.unstubAllEnvs());

const weights = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 3));
const files = {
  "config.json": Buffer.from('{"model_type":"qwen3"}'),
  "model.safetensors": weights,
  "pytorch_model.bin": Buffer.from("pickle"),
  "sub/empty.txt": Buffer.alloc(0),
};
const lfs = ["model.safetensors"];
const TOKEN = ""; // An empty option: a token of this machine must not be used.

/** Options of every pull here: a cache of its own and no token of this machine. */
function cache(): { cacheDir: string; repository: string } {
  vi.stubEnv("HF_HOME", temporaryFolder());
  vi.stubEnv("HF_TOKEN", TOKEN);
  vi.stubEnv("HF_HUB_OFFLINE", "");
  const cacheDir = temporaryFolder();
  return { cacheDir, repository: join(cacheDir, "models--org--tiny") };
}

it("fills the cache in the layout of Python's tools", async () => {
  const hub = await startHub({ files, lfs });
  const { cacheDir, repository } = cache();
  const seen: PullProgress[] = [];
  const folder = await pull("org/tiny", {
    cacheDir,
    endpoint: `${hub.endpoint}/`,
    onProgress: (progress) => seen.push(progress),
  });
  expect(folder).toBe(join(repository, "snapshots", COMMIT));
  expect(readFileSync(join(repository, "refs", "main"), "utf8")).toBe(COMMIT);
  expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
  expect(readlinkSync(join(folder, "model.safetensors"))).toBe(
    `../../blobs/${blobName(weights, true)}`,
  );
  expect(readlinkSync(join(folder, "sub/empty.txt"))).toBe(
    `../../../blobs/${blobName(Buffer.alloc(0))}`,
  );
  expect(readdirSync(folder).sort()).toEqual(["config.json", "model.safetensors", "sub"]);
  expect(readdirSync(join(repository, "blobs")).length).toBe(3);
  const last = seen.at(-1);
  expect(last).toMatchObject({ bytesDone: 300_022, bytesTotal: 300_022, filesDone: 3 });
  expect(last?.secondsLeft).toBe(0);
  const counts = seen.map(({ bytesDone }) => bytesDone);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(await resolveModel("org/tiny", { cacheDir })).toBe(folder);

  // A second pull lists the repository and downloads nothing.
  const before = hub.requests.length;
  await pull("org/tiny", { cacheDir, endpoint: hub.endpoint });
  expect(hub.requests.slice(before).some(({ url }) => url.includes("/resolve/"))).toBe(false);
});

it("takes only what the patterns name", async () => {
  const hub = await startHub({ files });
  const { cacheDir } = cache();
  const options = { cacheDir, endpoint: hub.endpoint };
  const folder = await pull("org/tiny", { ...options, include: ["*.bin", "sub/*"] });
  expect(readdirSync(folder).sort()).toEqual(["pytorch_model.bin", "sub"]);
  await expect(pull("org/tiny", { ...options, include: ["*.gguf"] })).rejects.toThrow(
    "org/tiny: none of the repository's 4 files matches *.gguf",
  );
});

it.each([false, true])("continues dropped connections (ranges ignored: %s)", async (ignored) => {
  const hub = await startHub({ files, lfs, drops: [100_000, 100_000], ignoreRanges: ignored });
  const { cacheDir } = cache();
  const folder = await pull("org/tiny", { cacheDir, endpoint: hub.endpoint });
  expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
  const starts = hub.requests
    .filter(({ url, range }) => url === "/model.safetensors" && range?.endsWith("-"))
    .map(({ range }) => Number.parseInt(range?.slice("bytes=".length) ?? "", 10));
  // Each attempt asks from where the last one ended; a server without ranges wastes the second.
  expect(starts.length).toBe(2);
  expect(starts[0]).toBeGreaterThan(0);
  if (!ignored) expect(starts[1]).toBeGreaterThan(starts[0]);
});

it("continues in a later run what an interrupted one left", async () => {
  const dropping = await startHub({ files, lfs, drops: [120_000] });
  const { cacheDir, repository } = cache();
  const options = { cacheDir, retries: 0 };
  await expect(pull("org/tiny", { ...options, endpoint: dropping.endpoint })).rejects.toThrow(
    /org\/tiny: cannot reach http:\/\/127\.0\.0\.1:\d+ \(/,
  );
  const partial = join(repository, "blobs", `${blobName(weights, true)}.incomplete`);
  const kept = readFileSync(partial).length;
  expect(kept).toBeGreaterThan(0);
  // The branch does not name a snapshot that is not whole.
  await expect(resolveModel("org/tiny", { cacheDir })).rejects.toThrow(/onefold pull org\/tiny/);

  const hub = await startHub({ files, lfs });
  const progress: PullProgress[] = [];
  const folder = await pull("org/tiny", {
    ...options,
    endpoint: hub.endpoint,
    onProgress: (p) => progress.push(p),
  });
  expect(readFileSync(join(folder, "model.safetensors")).equals(weights)).toBe(true);
  expect(hub.requests.map(({ range }) => range)).toContain(`bytes=${kept}-`);
  expect(progress.at(-1)?.bytesDone).toBe(300_022);
  expect(existsSync(partial)).toBe(false);
});

it("starts over when the part on disk is not of this file", async () => {
  const hub = await startHub({ files, lfs });
  const { cacheDir, repository } = cache();
  mkdirSync(join(repository, "blobs"), { recursive: true });
  const blob = join(repository, "blobs", blobName(weights, true));
  writeFileSync(`${blob}.incomplete`, Buffer.alloc(1000, 7));
  await pull("org/tiny", { cacheDir, endpoint: hub.endpoint });
  expect(readFileSync(blob).equals(weights)).toBe(true);
});

it.each([
  ["model.safetensors", Buffer.from(weights).fill(0, 5, 9)],
  ["config.json", Buffer.from('{"model_type":"qwen2"}')],
  ["config.json", Buffer.from('{"model_type":"qwen3","more":1}')],
])("refuses a %s with other bytes than promised", async (path, lie) => {
  const hub = await startHub({ files, lfs, lies: { [path]: lie } });
  const { cacheDir, repository } = cache();
  await expect(pull("org/tiny", { cacheDir, endpoint: hub.endpoint })).rejects.toThrow(
    new RegExp(`${path}: the (downloaded bytes do not have the hash|hub sent more than)`),
  );
  const blob = join(
    repository,
    "blobs",
    blobName(files[path as "config.json"], lfs.includes(path)),
  );
  expect(existsSync(blob)).toBe(false);
  expect(existsSync(`${blob}.incomplete`)).toBe(false);
  expect(existsSync(join(repository, "refs"))).toBe(false);
});

it.each(["../../evil", "a/../../b", "/etc/passwd", "a\\..\\b", "C:x", "a//b", "./a"])(
  "refuses a repository with the file name %s",
  async (path) => {
    const hub = await startHub({ files: { [path]: Buffer.from("x") } });
    const { cacheDir } = cache();
    await expect(pull("org/tiny", { cacheDir, endpoint: hub.endpoint })).rejects.toThrow(
      /org\/tiny: the repository has a file named .* refused as unsafe/,
    );
    expect(readdirSync(cacheDir)).toEqual([]);
  },
);

it("sends the token to the hub and to nobody else", async () => {
  const hub = await startHub({ files, lfs, token: "secret" });
  const { cacheDir } = cache();
  const options = { cacheDir, endpoint: hub.endpoint };
  await expect(pull("org/tiny", options)).rejects.toThrow(/asks for a token \(401\).*set HF_TOKEN/);
  await expect(pull("org/tiny", { ...options, token: "wrong" })).rejects.toThrow(
    /refused the token \(401\)/,
  );
  vi.stubEnv("HF_TOKEN", "secret");
  await pull("org/tiny", options);
  const storage = hub.requests.filter(({ url }) => url === "/model.safetensors");
  expect(storage.length).toBeGreaterThan(0);
  expect(storage.every(({ authorization }) => authorization === undefined)).toBe(true);
});

it("reads the token from the file that logging in leaves", async () => {
  const hub = await startHub({ files, token: "from-file" });
  const { cacheDir } = cache();
  const home = temporaryFolder();
  vi.stubEnv("HF_HOME", home);
  writeFileSync(join(home, "token"), "from-file\n");
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  expect(await pull("org/tiny", { cacheDir })).toContain(COMMIT);
});

it.each([
  [403, /access is not granted \(403\); accept the model's conditions at .*\/org\/tiny/],
  [404, /has no such model, revision or file \(404\)/],
  [429, /limits the rate \(429\)/],
  [500, /answered with status 500/],
])("explains status %i", async (status, message) => {
  const hub = await startHub({ files, status });
  const { cacheDir } = cache();
  await expect(pull("org/tiny", { cacheDir, endpoint: hub.endpoint })).rejects.toThrow(message);
});

it("explains a hub that cannot be reached", async () => {
  const { cacheDir } = cache();
  const options = { cacheDir, endpoint: "http://127.0.0.1:1" };
  await expect(pull("org/tiny", options)).rejects.toThrow(
    /cannot reach http:\/\/127\.0\.0\.1:1 .*HF_HUB_OFFLINE=1/,
  );
});

it("uses the cache alone when offline", async () => {
  const hub = await startHub({ files });
  const { cacheDir } = cache();
  const folder = await pull("org/tiny", { cacheDir, endpoint: hub.endpoint });
  const before = hub.requests.length;
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  expect(await pull("org/tiny", { cacheDir })).toBe(folder);
  await expect(pull("org/other", { cacheDir })).rejects.toThrow(/unset HF_HUB_OFFLINE/);
  expect(hub.requests.length).toBe(before);
});

it("stops at once when aborted and keeps what it has", async () => {
  const hub = await startHub({ files, lfs, drops: [50_000] });
  const { cacheDir } = cache();
  const controller = new AbortController();
  const running = pull("org/tiny", {
    cacheDir,
    endpoint: hub.endpoint,
    signal: controller.signal,
    onProgress: ({ bytesDone }) => bytesDone > 1000 && controller.abort(),
  });
  await expect(running).rejects.toMatchObject({ name: "AbortError" });
});

it.each(["", "../x", "a/b/c", "a/..", "a b/c", "https://huggingface.co/a/b", "-a/b", "a--b/c"])(
  "refuses the id %j",
  async (id) => {
    await expect(pull(id)).rejects.toThrow(/is not a model id; expected ORG\/NAME/);
  },
);

it.each(["../main", "/main", "a/../b", "", "a\0"])("refuses the revision %j", async (revision) => {
  await expect(pull("org/tiny", { revision })).rejects.toThrow(/is not a revision/);
});
