// Joins the modules of dist/ into few files: Node.js takes about a millisecond a module to find,
// read and link them, and a model's first token needs more than a hundred. Entries (what
// package.json exports, the command line's files, recipes, benches) keep their paths and are
// overwritten; what they share goes to dist/src/chunks. Types stay as they are.
//   node scripts/bundle.mjs [--force]    --force also removes the chunks of earlier builds
// Chunks of the last hour stay otherwise: a process that is still running may ask for them.
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { walk } from "./freshness.cjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const chunks = join(root, "dist/src/chunks");

/** The bundler that Vite brings along. */
async function loadBundler() {
  const { resolve } = createRequire(import.meta.url);
  const file = createRequire(resolve("vite/package.json")).resolve("rolldown");
  return import(pathToFileURL(file).href);
}

/** Paths below dist/ without extension. */
function listEntries() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const exported = Object.values(manifest.exports).flatMap((entry) => entry.default ?? []);
  const isModule = (name) => name.endsWith(".js");
  const folders = ["dist/src/cli/commands", "dist/recipes", "dist/bench"];
  const files = [...exported.map((path) => path.replace(/^\.\//, "")), "dist/src/cli/main.js"];
  for (const folder of folders) files.push(...walk(folder, isModule));
  return files.map((path) => path.slice("dist/".length, -".js".length));
}

/** What every model needs, a file each: otherwise whatever two entries share would be one. */
const groups = [
  { name: "arrays", test: /dist\/src\/graph\/(dtype|ndarray)\.js/, priority: 1 }, // "onefold"
  { name: "graph", test: /dist\/src\/graph\// },
  { name: "checkpoint", test: /dist\/src\/checkpoint\/(?!gguf|hub|save|atomic|companions)/ },
  { name: "models", test: /dist\/src\/(nn|models)\/(?!export|index)/ },
];

const { rolldown } = await loadBundler();
const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(listEntries().map((name) => [name, join(root, "dist", `${name}.js`)])),
  platform: "node",
  external: (id) => !id.startsWith(".") && !isAbsolute(id),
  preserveEntrySignatures: "strict",
  logLevel: "silent", // errors are thrown
});
const { output } = await bundle.write({
  dir: join(root, "dist"),
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "src/chunks/[name]-[hash].js",
  codeSplitting: { groups },
});
await bundle.close();

const written = new Set(output.map(({ fileName }) => join(root, "dist", fileName)));
const oldest = process.argv.includes("--force") ? Infinity : Date.now() - 3_600_000;
for (const name of readdirSync(chunks)) {
  const file = join(chunks, name);
  if (!written.has(file) && statSync(file).mtimeMs < oldest) rmSync(file);
}
