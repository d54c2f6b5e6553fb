// Packs onefold, installs the tarball's content into a copy of examples/consumer, type-checks it
// with skipLibCheck off and runs it. No network: dependencies are links to those of the checkout.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuild } from "./build.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed\n${stdout}${stderr}`);
  return stdout;
}

/** Every name in node_modules (scoped ones too) except onefold, as a link. */
function linkDependencies(target) {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  // What a user's install would bring, and @types/node, which every Node project has.
  const wanted = [...Object.keys(dependencies), "@types/node"];
  if (!devDependencies["@types/node"]) throw new Error("package.json: @types/node is missing");
  for (const name of wanted) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(target, name));
  }
}

/** The README's TypeScript examples as files, so that they cannot rot. */
function writeReadmeExamples(target) {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  if (blocks.length === 0) throw new Error("README.md has no ```ts example");
  for (const [index, code] of blocks.entries()) {
    writeFileSync(join(target, `readme-${index + 1}.ts`), code);
  }
}

const work = mkdtempSync(join(tmpdir(), "onefold-consumer-"));
try {
  const failure = ensureBuild();
  if (failure) throw new Error(failure);
  const [{ filename }] = JSON.parse(
    run("npm", ["pack", "--json", "--silent", "--pack-destination", work], root),
  );
  for (const name of readdirSync(join(root, "examples/consumer"))) {
    if (name === "node_modules") continue;
    cpSync(join(root, "examples/consumer", name), join(work, name), { recursive: true });
  }
  const modules = join(work, "node_modules");
  mkdirSync(join(modules, "onefold"), { recursive: true });
  run("tar", ["-xzf", join(work, filename), "-C", join(modules, "onefold"), "--strip", "1"], work);
  if (existsSync(join(modules, "onefold/scripts"))) throw new Error("scripts/ must not be packed");
  linkDependencies(modules);
  writeReadmeExamples(work);

  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], work);
  process.stdout.write("types: ok\n");
  const outputs = ["--noEmit", "false", "--outDir", "out"];
  run(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", ".", ...outputs],
    work,
  );
  process.stdout.write(run(process.execPath, ["out/main.js"], work));
  process.stdout.write(run(join(modules, "onefold/bin/onefold.js"), ["--version"], work));
} catch (error) {
  process.stderr.write(`consumer: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
