import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openCheckpoint, saveSharded } from "../../src/checkpoint/index.ts";
import { toValues, zeros } from "../../src/graph/ndarray.ts";
import { fixtures, temporaryFolder } from "./support.ts";

const python = join(fixtures, "sharded");
const INDEX = "model.safetensors.index.json";

it("reads the shards that Python wrote, in order", async () => {
  using checkpoint = await openCheckpoint(python);
  const names = [0, 1, 2, 3, 4].map((i) => `layers.${i}.weight`);
  expect(checkpoint.names).toEqual(names);
  expect(names.map((name) => toValues(checkpoint.read(name))[15])).toEqual([0, 1, 2, 3, 4]);
  expect(checkpoint.info("layers.4.weight").file).toBe(
    join(python, "model-00003-of-00003.safetensors"),
  );
});

/** The Python folder saved again by us. */
async function copy(): Promise<string> {
  const folder = temporaryFolder();
  using checkpoint = await openCheckpoint(python);
  const tensors = checkpoint.names.map((name) => ({ name, array: checkpoint.read(name) }));
  await saveSharded(folder, tensors, { maxShardBytes: 150 });
  return folder;
}

it("writes the files that Python wrote, byte for byte", async () => {
  const folder = await copy();
  expect(readdirSync(folder).sort()).toEqual(readdirSync(python).sort());
  for (const name of readdirSync(python)) {
    expect(readFileSync(join(folder, name), "utf8")).toBe(readFileSync(join(python, name), "utf8"));
  }
});

it("writes one file when everything fits, from tensors made on demand", async () => {
  const folder = join(temporaryFolder(), "new");
  const load = () => zeros("f32", [2, 2]);
  await saveSharded(folder, [{ name: "w", dtype: "f32", shape: [2, 2], load }]);
  expect(readdirSync(folder)).toEqual(["model.safetensors"]);
  await expect(saveSharded(folder, [])).rejects.toThrow(/already holds model\.safetensors/);
});

it("removes earlier shards when a later one fails", async () => {
  const folder = temporaryFolder();
  const load = () => zeros("f32", [3]);
  const tensors = [
    { name: "a", array: zeros("f32", [2]) },
    { name: "b", dtype: "f32", shape: [2], load } as const,
  ];
  await expect(saveSharded(folder, tensors, { maxShardBytes: 8 })).rejects.toThrow(
    /tensor "b" must be f32 \[2\] of 8 bytes, its data is f32 \[3\] of 12 bytes/,
  );
  expect(readdirSync(folder)).toEqual([]);
});

it("refuses two tensors of one name in different shards", async () => {
  const array = zeros("f32", [2]);
  const twice = [
    { name: "a", array },
    { name: "a", array },
  ];
  await expect(saveSharded(temporaryFolder(), twice, { maxShardBytes: 8 })).rejects.toThrow(
    /two tensors are called "a"/,
  );
});

const editIndex = (folder: string, change: (map: Record<string, unknown>) => void): void => {
  const file = join(folder, INDEX);
  const root: { weight_map: Record<string, unknown> } = JSON.parse(readFileSync(file, "utf8"));
  change(root.weight_map);
  writeFileSync(file, JSON.stringify(root));
};

it.each<unknown>([
  "../model.safetensors",
  "/etc/passwd",
  "sub/model.safetensors",
  "..\\model.safetensors",
  "C:model.safetensors",
  "..",
  "",
  "a\u0000b",
  7,
  null,
])("refuses the shard name %j", async (shard) => {
  const folder = await copy();
  editIndex(folder, (map) => {
    map["layers.2.weight"] = shard;
  });
  await expect(openCheckpoint(folder)).rejects.toThrow(
    /index\.json: weight_map of tensor "layers\.2\.weight" must name a file of the same folder/,
  );
});

it("names a missing shard", async () => {
  const folder = await copy();
  rmSync(join(folder, "model-00002-of-00003.safetensors"));
  await expect(openCheckpoint(folder)).rejects.toThrow(
    /index\.json: shard .*model-00002-of-00003\.safetensors is missing/,
  );
});

it("names a tensor that its shard lacks, and one that the index lacks", async () => {
  const folder = await copy();
  editIndex(folder, (map) => {
    map["layers.9.weight"] = "model-00001-of-00003.safetensors";
  });
  await expect(openCheckpoint(folder)).rejects.toThrow(
    /model-00001-of-00003\.safetensors: tensor "layers\.9\.weight" is missing, which .*index\.json/,
  );
  editIndex(folder, (map) => {
    delete map["layers.9.weight"];
    delete map["layers.1.weight"];
  });
  await expect(openCheckpoint(folder)).rejects.toThrow(
    /model-00001-of-00003\.safetensors: holds tensor "layers\.1\.weight", which .* does not list/,
  );
});

it("refuses an index without a weight_map", async () => {
  const folder = await copy();
  for (const text of ["{}", '{"weight_map":[]}', '{"weight_map":{}}']) {
    writeFileSync(join(folder, INDEX), text);
    await expect(openCheckpoint(folder)).rejects.toThrow(/index\.json: weight_map/);
  }
});

it("opens a lone file of another name, and asks when there are several", async () => {
  const folder = await copy();
  rmSync(join(folder, INDEX));
  await expect(openCheckpoint(folder)).rejects.toThrow(/which weights\?.*model-00001/);
  rmSync(join(folder, "model-00002-of-00003.safetensors"));
  rmSync(join(folder, "model-00003-of-00003.safetensors"));
  renameSync(
    join(folder, "model-00001-of-00003.safetensors"),
    join(folder, "adapter_model.safetensors"),
  );
  using checkpoint = await openCheckpoint(folder);
  expect(checkpoint.names).toEqual(["layers.0.weight", "layers.1.weight"]);
});
