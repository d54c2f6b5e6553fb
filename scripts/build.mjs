// Builds dist/ with tsc and joins its modules (bundle.mjs), the studio with Vite, and only when the sources changed.
//   node scripts/build.mjs           emit if stale (no type check: `npm run types` is that)
//   node scripts/build.mjs --force   emit anyway
// Install scripts are off, hence bin/onefold.js calls ensureBuild itself.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeSources, isBuilt, sourceFolders, stampFile, walk } from "./freshness.cjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const lockFile = join(dist, ".lock");

/** Takes the build lock, or returns false while a live process holds it. */
function takeLock() {
  mkdirSync(dist, { recursive: true });
  try {
    writeFileSync(lockFile, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    const holder = Number(readFileSync(lockFile, "utf8"));
    // A holder that has written nothing yet is between open and write: give it a second.
    const age = Date.now() - statSync(lockFile).mtimeMs;
    if (holder ? isAlive(holder) : age < 1000) return false;
    rmSync(lockFile, { force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return false; // the next attempt takes it
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Deletes outputs whose source is gone: a removed module must not stay importable. */
function prune() {
  for (const folder of sourceFolders) {
    for (const path of walk(`dist/${folder}`, (name) => /\.(js|d\.ts)$/.test(name))) {
      if (path.startsWith("dist/src/chunks/")) continue; // bundle.mjs looks after them
      const source = path.slice("dist/".length).replace(/(\.d\.ts|\.js)$/, ".ts");
      if (!existsSync(join(root, source))) rmSync(join(root, path));
    }
  }
}

function emit(force) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  if (!existsSync(tsc)) return "TypeScript is not installed: run `npm ci` in the checkout";
  const arguments_ = [tsc, "-p", "tsconfig.build.json", "--noCheck", "--pretty", "false"];
  const { status, stdout, stderr } = spawnSync(process.execPath, arguments_, {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) return `${stdout}${stderr}`.trim() || `tsc ended with status ${status}`;
  prune();
  const failure = bundle(force);
  if (failure) return failure;
  writeHelp();
  return buildStudio();
}

/** Joins the modules; without the bundler dist/ works as it is, only starts more slowly. */
function bundle(force) {
  const script = join(root, "scripts/bundle.mjs");
  if (!existsSync(script) || !existsSync(join(root, "node_modules/rolldown"))) return undefined;
  const { status, stderr } = spawnSync(process.execPath, [script, ...(force ? ["--force"] : [])], {
    cwd: root,
    encoding: "utf8",
  });
  return status === 0 ? undefined : stderr.trim() || "the bundler could not join the modules";
}

/** The page that `onefold serve` shows. */
function buildStudio() {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  if (!existsSync(join(root, "studio")) || !existsSync(vite)) return undefined;
  const arguments_ = [vite, "build", "studio", "--logLevel", "error"];
  const { status, stdout, stderr } = spawnSync(process.execPath, arguments_, {
    cwd: root,
    encoding: "utf8",
  });
  return status === 0
    ? undefined
    : `${stdout}${stderr}`.trim() || "vite could not build the studio";
}

/** Keeps what `onefold --help` prints, for bin/onefold.js; without the text it is composed anew. */
function writeHelp() {
  const program = `await (await import("./dist/src/cli/main.js")).main(["--help"]);`;
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { cwd: root, encoding: "utf8" },
  );
  const file = join(dist, "src/cli/help.txt");
  if (status === 0) writeFileSync(file, stdout);
  else rmSync(file, { force: true });
}

/**
 * Brings dist/ up to date.
 * @returns undefined when it is, or the compiler's message
 */
export function ensureBuild({ force = false } = {}) {
  if (!force && isBuilt()) return undefined;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!takeLock()) Atomics.wait(pause, 0, 0, 50);
  try {
    if (!force && isBuilt()) return undefined; // another process has just built it
    const stamp = describeSources(); // a file that changes meanwhile makes the next one build
    rmSync(stampFile, { force: true });
    const failure = emit(force);
    if (!failure) writeFileSync(stampFile, stamp);
    return failure;
  } finally {
    rmSync(lockFile, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failure = ensureBuild({ force: process.argv.includes("--force") });
  if (failure) {
    process.stderr.write(`build: ${failure}\n`);
    process.exitCode = 1;
  }
}
