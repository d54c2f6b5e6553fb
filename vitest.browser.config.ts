import { defineConfig } from "vitest/config";

/** Tests in a real browser: `npm run test:browser`, with Chromium at /usr/bin/chromium or CHROMIUM. */
export default defineConfig({
  test: {
    include: ["test/browser/**/*.browser.ts"],
    pool: "forks",
    maxWorkers: 1,
    expect: { poll: { timeout: 10_000 } }, // pages ask the server every second
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
