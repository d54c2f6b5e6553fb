// Builds dist/ with tsc, and only when the sources changed.
//   node scripts/build.mjs           emit if stale (no type check: `npm run types` is that)
//   node scripts/build.mjs --force   emit anyway
// The stamp lists every source file with its size and mtime, so a checkout of an older commit
// rebuilds too. Install scripts are off, hence bin/onefold.js calls ensureBuild itself: it runs
// before every command, and so loads no module that Node has not loaded by then.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url)); // ends with a slash
const dist = `${root}dist`;
const stampFile = `${dist}/.stamp`;
const lockFile = `${dist}/.lock`;
const sourceFolders = ["src", "recipes", "bench"];
const configs = ["tsconfig.json", "tsconfig.build.json", "package-lock.json", "package.json"];

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

/** The sources as they are now: a line for each file that has a say in what dist/ holds. */
function describeSources() {
  const paths = sourceFolders.flatMap((folder) => walk(folder, isSource)).sort();
  return [...paths, ...configs].map(describeFile).join("\n");
}

function describeFile(path) {
  const stats = statSync(root + path, { throwIfNoEntry: false });
  return stats ? `${path} ${stats.size} ${stats.mtimeMs}` : `${path} is missing`;
}

const readStamp = () => (existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "");

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
      const source = path.slice("dist/".length).replace(/(\.d\.ts|\.js)$/, ".ts");
      if (!existsSync(root + source)) rmSync(root + path);
    }
  }
}

function emit() {
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  if (!existsSync(tsc)) return "TypeScript is not installed: run `npm ci` in the checkout";
  const arguments_ = [tsc, "-p", "tsconfig.build.json", "--noCheck", "--pretty", "false"];
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { status, stdout, stderr } = spawnSync(process.execPath, arguments_, {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) return `${stdout}${stderr}`.trim() || `tsc ended with status ${status}`;
  prune();
  return undefined;
}

/**
 * Brings dist/ up to date.
 * @returns undefined when it is, or the compiler's message
 */
export function ensureBuild({ force = false } = {}) {
  if (!force && readStamp() === describeSources()) return undefined;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (!takeLock()) Atomics.wait(pause, 0, 0, 50);
  try {
    const stamp = describeSources();
    if (!force && readStamp() === stamp) return undefined; // another process has just built it
    rmSync(stampFile, { force: true });
    const failure = emit();
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
