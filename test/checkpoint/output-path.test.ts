import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkOutputFile, checkOutputFolder } from "../../src/checkpoint/output-path.ts";

/** A folder with `model/` (config.json, weights) and what else is asked for. */
function workplace(...files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-output-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["model/config.json", "model/model.safetensors", ...files]) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
  return folder;
}

describe("a folder is replaced only where nothing else is lost", () => {
  test.each(["new", "new/deeper", "old", "web", "empty"])("%s may be written", async (name) => {
    const folder = workplace("old/config.json", "old/README.md", "web/config.json", "web/onnx/x");
    mkdirSync(join(folder, "empty"));
    await checkOutputFolder(join(folder, name), [join(folder, "model")]);
  });

  test.each([
    ["model", /model: is what is read .*; write to another folder$/],
    ["link", /link: is what is read/],
    [".", /: holds what is read/],
    ["home", /home: the folder would be replaced, but it holds "thesis\.pdf", so it is not a/],
    ["project", /it holds "src", so it is not a model's alone; name a new or empty folder$/],
    ["notes", /it holds no config\.json/],
    ["notes/a.txt", /a\.txt: is a file, a folder was expected/],
  ])("%s may not", async (name, message) => {
    const files = ["home/config.json", "home/thesis.pdf", "project/config.json", "project/src/x"];
    const folder = workplace(...files, "notes/a.txt");
    symlinkSync(join(folder, "model"), join(folder, "link"));
    const check = checkOutputFolder(join(folder, name), [join(folder, "model")]);
    await expect(check).rejects.toThrow(message);
  });
});

test("a file needs a folder, and must not be what is read", async () => {
  const folder = workplace("a.gguf");
  const check = (name: string) => checkOutputFile(join(folder, name), [join(folder, "a.gguf")]);
  await check("b.gguf");
  await check("model/model.safetensors");
  await expect(check("a.gguf")).rejects.toThrow(/a\.gguf: is what is read; name another file$/);
  await expect(check("model")).rejects.toThrow(/: is a folder; name the file to write, as in /);
  await expect(check("none/b.gguf")).rejects.toThrow(/: there is no folder .*none; make it first$/);
});
