#!/usr/bin/env node
// Entry of the `onefold` command. In a checkout it first brings dist/ up to date; a published
// package has no scripts/ folder and goes straight to the built code.
import { existsSync } from "node:fs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `onefold: Node ${process.versions.node} is too old; install 20.19 or newer\n`,
  );
  process.exit(1);
}

const builder = new URL("../scripts/build.mjs", import.meta.url);
if (existsSync(builder)) {
  const { ensureBuild } = await import(builder.href);
  const failure = ensureBuild();
  if (failure) {
    process.stderr.write(`onefold: the sources do not compile\n${failure}\n`);
    process.exit(1);
  }
}

const { main } = await import("../dist/src/cli/main.js");
process.exitCode = await main(process.argv.slice(2));
