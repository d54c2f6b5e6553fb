#!/usr/bin/env node
// Entry of the `onefold` command. In a checkout it first brings dist/ up to date; a published
// package has no scripts/ folder and goes straight to the built code.
// Help is text that the build wrote, and this file is CommonJS, which starts sooner than a module:
// `--help` takes as long as an empty program.
"use strict";
const { existsSync, readFileSync } = require("node:fs");

const root = `${__dirname}/..`;
const freshness = `${root}/scripts/freshness.cjs`;
const checkout = existsSync(freshness) ? require(freshness) : undefined;

/** The help text, unless this command line asks for something else or the text may be old. */
function builtHelp() {
  const [first, ...rest] = process.argv.slice(2);
  if (rest.length > 0 || ![undefined, "--help", "-h", "help"].includes(first)) return undefined;
  if (checkout && !checkout.isBuilt(checkout.helpSources)) return undefined;
  const file = `${root}/dist/src/cli/help.txt`;
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** The compiler's message where the sources do not compile. */
async function bringUpToDate() {
  if (!checkout || checkout.isBuilt()) return undefined;
  const { ensureBuild } = await import("../scripts/build.mjs");
  return ensureBuild();
}

async function start() {
  const failure = await bringUpToDate();
  if (failure) {
    process.stderr.write(`onefold: the sources do not compile\n${failure}\n`);
    process.exitCode = 1;
    return;
  }
  const { main } = await import("../dist/src/cli/main.js");
  process.exitCode = await main(process.argv.slice(2));
}

const [major, minor] = process.versions.node.split(".").map(Number);
const help = builtHelp();
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `onefold: Node ${process.versions.node} is too old; install 20.19 or newer\n`,
  );
  process.exitCode = 1;
} else if (help !== undefined) {
  process.stdout.on("error", () => {}); // the reader went away: its choice
  process.stdout.write(help);
} else {
  start();
}
