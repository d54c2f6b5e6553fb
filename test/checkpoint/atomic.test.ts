import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { writeFileAtomically } from "../../src/checkpoint/atomic.ts";
import {
  openCheckpoint,
  recoverDirectory,
  saveDirectoryAtomically,
  saveSafetensors,
} from "../../src/checkpoint/index.ts";
import { loadLibC } from "../../src/checkpoint/libc.ts";
import { toValues, zeros } from "../../src/graph/ndarray.ts";
import { temporaryFolder } from "./support.ts";

it("leaves the target and nothing else when the disk is full", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "model.safetensors");
  writeFileSync(file, "old");
  const fullDisk = async (path: string) => {
    const handle = await open(path, "wx");
    const write = handle.write.bind(handle);
    vi.spyOn(handle, "write").mockImplementation((async (bytes: Uint8Array) => {
      if (bytes.byteLength > 4) {
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), {
          code: "ENOSPC",
        });
      }
      return write(bytes);
    }) as typeof handle.write);
    return handle;
  };
  const save = writeFileAtomically(
    file,
    async (sink) => {
      await sink.write(new Uint8Array(4));
      await sink.write(new Uint8Array(5));
    },
    fullDisk,
  );
  await expect(save).rejects.toThrow(`${file}: no space left on the device`);
  expect(readdirSync(folder)).toEqual(["model.safetensors"]);
  expect(readFileSync(file, "utf8")).toBe("old");
});

it("keeps the target when the system refuses to write", () => {
  // A limit on file size makes the kernel fail a write half-way, as a full disk would.
  const folder = temporaryFolder();
  const file = join(folder, "out.safetensors");
  writeFileSync(file, "old");
  const script = join(folder, "save.mjs");
  const source = new URL("../../src/", import.meta.url).href;
  writeFileSync(
    script,
    `import { saveSafetensors } from "${source}checkpoint/index.ts";
     import { zeros } from "${source}graph/ndarray.ts";
     const tensors = [{ name: "x", array: zeros("f32", [1_000_000]) }];
     await saveSafetensors(process.argv[2], tensors).catch((e) => console.log(e.message));`,
  );
  const command = `ulimit -f 1000; exec "$0" --import tsx "$1" "$2"`;
  const result = spawnSync("sh", ["-c", command, process.execPath, script, file], {
    encoding: "utf8",
  });
  expect(result.stdout).toMatch(/out\.safetensors: .* file this large \(EFBIG\)/);
  expect(readdirSync(folder).sort()).toEqual(["out.safetensors", "save.mjs"]);
  expect(readFileSync(file, "utf8")).toBe("old");
});

it("names the file when a folder is missing", async () => {
  const file = join(temporaryFolder(), "none", "x.safetensors");
  await expect(saveSafetensors(file, [{ name: "x", array: zeros("f32", [1]) }])).rejects.toThrow(
    `${file}: no such file or folder`,
  );
});

/** Both ways of replacing a folder: the swap in one step, and two renames. */
const ways = ["swap", "renames"] as const;

async function useWay(way: (typeof ways)[number]): Promise<void> {
  const libc = await loadLibC();
  if (way === "renames" && libc) vi.spyOn(libc, "exchange").mockReturnValue(false);
}

it.each(ways)("replaces a folder by %s and leaves nothing else", async (way) => {
  await useWay(way);
  const root = temporaryFolder();
  const target = join(root, "run");
  for (const text of ["one", "two"]) {
    await saveDirectoryAtomically(target, async (tmp) => {
      mkdirSync(join(tmp, "sub"));
      await writeFile(join(tmp, "sub", text), text);
    });
    expect(readdirSync(join(target, "sub"))).toEqual([text]);
    expect(readdirSync(root)).toEqual(["run"]);
  }
  const failing = saveDirectoryAtomically(target, async (tmp) => {
    await writeFile(join(tmp, "half"), "");
    throw new Error("interrupted");
  });
  await expect(failing).rejects.toThrow("interrupted");
  expect(readdirSync(root)).toEqual(["run"]);
  expect(readdirSync(join(target, "sub"))).toEqual(["two"]);
  vi.restoreAllMocks();
});

it.each([
  // What a kill can leave, and the folder that recovery must choose.
  [["run", ".run.tmp-0123456789ab"], "run"],
  [["run", ".run.new-0123456789ab"], "run"],
  [[".run.old-0123456789ab", ".run.new-ba9876543210"], ".run.new-ba9876543210"],
  [[".run.old-0123456789ab", ".run.tmp-ba9876543210"], ".run.old-0123456789ab"],
  [["run", ".run.old-0123456789ab"], "run"],
  [[".run.tmp-0123456789ab"], undefined],
])("recovers from %j", async (left, chosen) => {
  const root = temporaryFolder();
  for (const name of [...left, ".run.tmp-mine", "running"]) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, "from"), name);
  }
  expect(await recoverDirectory(join(root, "run"))).toBe(chosen !== undefined);
  // Names that are not ours stay.
  const kept = [".run.tmp-mine", ...(chosen ? ["run"] : []), "running"];
  expect(readdirSync(root).sort()).toEqual(kept);
  if (chosen) expect(readFileSync(join(root, "run", "from"), "utf8")).toBe(chosen);
});

async function savedValue(path: string): Promise<number> {
  using checkpoint = await openCheckpoint(path);
  const values = checkpoint.names.flatMap((name) => toValues(checkpoint.read(name)));
  expect(values.length).toBe(240_000);
  expect(new Set(values).size).toBe(1);
  return values[0];
}

it("keeps whole checkpoints through kill -9 at random moments", async () => {
  const root = temporaryFolder();
  const script = new URL("./saver-process.ts", import.meta.url).pathname;
  for (let run = 0; run < 5; run++) {
    const child = spawn(process.execPath, ["--import", "tsx", script, root], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = new Promise((resolve) => child.once("exit", resolve));
    // At least one whole save, then any moment of the next ones.
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
    child.kill("SIGKILL");
    await exited;
    expect(await recoverDirectory(join(root, "folder"))).toBe(true);
    expect(await savedValue(join(root, "folder"))).toBeGreaterThan(0);
    expect(await savedValue(join(root, "file.safetensors"))).toBeGreaterThan(0);
    const left = readdirSync(root).filter((name) => name.startsWith(".folder."));
    expect(left).toEqual([]);
  }
});
