/** What a model remembers of its training, and when whoever serves it is warned. */

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadLanguageModel } from "../../src/generate/language-model.ts";
import { createChatTemplate, loadChatTemplate } from "../../src/media/text/index.ts";
import { companionFiles } from "../../src/models/companion-files.ts";
import { templateMismatch, trainingFile } from "../../src/models/training-file.ts";
import { createTinyChat } from "../generate/tiny-chat.ts";

function write(content: object): string {
  const folder = mkdtempSync(join(tmpdir(), "onefold-training-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "training.json"), JSON.stringify(content));
  return folder;
}

it("holds a hash of each template, and compares with those in use", async () => {
  const [a, b] = [await createChatTemplate("a"), await createChatTemplate("b")];
  const file = trainingFile(a, { method: "sft" });
  const sha = createHash("sha256").update("a").digest("hex");
  expect(file).toEqual({ chat_template_sha256: { default: sha }, method: "sft" });
  const folder = write(file);
  expect(await templateMismatch(folder, a)).toBeUndefined();
  expect(await templateMismatch(folder, b)).toMatch(
    /training\.json: the model was trained with another chat template \(default differs\)/,
  );
  expect(await templateMismatch(folder, undefined)).toContain("another chat template");
  expect(await templateMismatch(write(trainingFile(undefined)), a)).toBeUndefined();
  expect(await templateMismatch(join(folder, "none"), a)).toBeUndefined();
});

it("a model whose template was changed after its training warns when it is loaded", async () => {
  using tiny = await createTinyChat();
  const trained = trainingFile(await loadChatTemplate(tiny.folder));
  writeFileSync(join(tiny.folder, "training.json"), JSON.stringify(trained));
  expect(Object.keys(await companionFiles(tiny.folder))).toContain("training.json");
  const warnings: string[] = [];
  const onWarning = (text: string) => warnings.push(text);
  const load = async (template?: string) => {
    using model = await loadLanguageModel(tiny.folder, {
      onWarning,
      template,
      headless: true,
    } as never);
    return model.name;
  };
  await load();
  expect(warnings).toEqual([]);
  await load("{{ messages[0].content }}");
  expect(warnings).toHaveLength(1);
});
