/** Models as folders of safetensors, also out of a GGUF file. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { NDArray } from "../../src/graph/ndarray.ts";
import { loadChatTemplate, loadTokenizer } from "../../src/media/text/index.ts";
import { exportGguf, exportSafetensors, loadModel } from "../../src/models/index.ts";

const mini = new URL("../../models/onefold-mini", import.meta.url).pathname;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-folder-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Whether two arrays agree bit for bit (a matcher that compares element by element is slow). */
const same = (a: NDArray, b: NDArray): boolean =>
  `${a.dtype} ${a.shape}` === `${b.dtype} ${b.shape}` && bytesOf(a).equals(bytesOf(b));

const bytesOf = ({ data }: NDArray): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

const readJson = (...path: string[]): Record<string, unknown> =>
  JSON.parse(readFileSync(join(...path), "utf8")) as Record<string, unknown>;

it("converts to the dtype asked for, and takes the companions along", async () => {
  const out = join(temporaryFolder(), "model");
  await exportSafetensors(mini, out, { dtype: "f32" });
  expect(readJson(out, "config.json").torch_dtype).toBe("float32");
  for (const name of ["tokenizer.json", "tokenizer_config.json", "generation_config.json"]) {
    expect(readFileSync(join(out, name))).toEqual(readFileSync(join(mini, name)));
  }
  using there = await loadModel(mini);
  using back = await loadModel(out);
  expect(back.config).toEqual(there.config);
  for (const name of there.checkpoint.names) {
    expect(back.checkpoint.info(name).dtype).toBe("f32");
    expect(same(back.checkpoint.read(name), there.checkpoint.readAs(name, "f32")), name).toBe(true);
  }
});

it("keeps each tensor's own dtype where none is asked for", async () => {
  const out = join(temporaryFolder(), "model");
  await exportSafetensors(mini, out);
  const [made, given] = [out, mini].map((dir) => readFileSync(join(dir, "model.safetensors")));
  expect(made!.equals(given!)).toBe(true);
});

it("makes a folder of a GGUF file", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "mini.gguf");
  const out = join(folder, "model");
  await exportGguf(mini, file, { type: "q8_0" });
  await exportSafetensors(file, out);
  using gguf = await loadModel(file);
  using back = await loadModel(out);
  expect(back.config).toEqual(gguf.config);
  const name = "model.layers.0.mlp.up_proj.weight";
  expect(back.checkpoint.info(name).dtype).toBe("f16"); // blocks have no dtype of their own
  expect(same(back.checkpoint.read(name), gguf.checkpoint.readAs(name, "f16"))).toBe(true);
  const [there, here] = [await loadTokenizer(mini), await loadTokenizer(out)];
  expect(here.encode("<|im_start|>1 + 2")).toEqual(there.encode("<|im_start|>1 + 2"));
  expect(here.eosId).toBe(there.eosId);
  const messages = [{ role: "user", content: "hi" }];
  const [a, b] = [await loadChatTemplate(mini), await loadChatTemplate(out)];
  expect(b.render({ messages })).toBe(a.render({ messages }));
});
