import { defineConfig } from "vite";

/** The studio: one page, no request to anywhere but the server that shows it. */
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { outDir: "../dist/studio", emptyOutDir: true, target: "es2022" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // `npx onefold serve MODEL`, then `npx vite studio`: the page reloads as it is edited.
  server: { proxy: Object.fromEntries(["/v1", "/status", "/runs", "/tasks", "/play", "/reports", "/labels"].map((path) => [path, "http://127.0.0.1:8080"])) },
});
