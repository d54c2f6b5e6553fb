// Whether dist/ is what the sources say. It runs before every command: CommonJS, and no module
// but node:fs, so that it costs little more than asking for the files' sizes and times.
// The stamp is a line for every source file, so a checkout of an older commit is noticed too.
"use strict";
const { existsSync, readdirSync, readFileSync, statSync } = require("node:fs");

const root = `${__dirname}/../`;
const stampFile = `${root}dist/.stamp`;
const sourceFolders = ["src", "recipes", "bench"];
const studioFolder = "studio";
const configs = ["tsconfig.json", "tsconfig.build.json", "package-lock.json", "package.json"];

/** What the text of `onefold --help` is made from. */
const helpSources = ["src/cli/command.ts", "src/cli/program.ts", "package-lock.json"];

/** Files below `folder` whose name passes `test`, as paths relative to the repository. */
function walk(folder, test, found = []) {
  if (!existsSync(root + folder)) return found;
  for (const entry of readdirSync(root + folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) walk(path, test, found);
    else if (test(entry.name)) found.push(path);
  }
  return found;
}

const isSource = (name) => name.endsWith(".ts");
const isStudioSource = (name) => /\.(tsx?|css|html)$/.test(name);

function describeFile(path) {
  const stats = statSync(root + path, { throwIfNoEntry: false });
  return stats ? `${path} ${stats.size} ${stats.mtimeMs}\n` : `${path} is missing\n`;
}

/** The stamp that a build of the sources as they are now would leave. */
function describeSources() {
  const paths = sourceFolders.flatMap((folder) => walk(folder, isSource)).sort();
  paths.push(...walk(studioFolder, isStudioSource).sort());
  return [...configs, ...paths].map(describeFile).join("");
}

const readStamp = () => (existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "");

/** Whether dist/ was built from the sources as they are, or from these files of them. */
function isBuilt(paths) {
  const stamp = readStamp();
  if (!paths) return stamp === describeSources();
  return paths.every((path) => `\n${stamp}`.includes(`\n${describeFile(path)}`));
}

module.exports = { describeSources, helpSources, isBuilt, sourceFolders, stampFile, walk };
