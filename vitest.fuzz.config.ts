import { defineConfig } from "vitest/config";

/** All inputs of every fuzzed reader: `npm run test:fuzz`, for the night. */
export default defineConfig({
  test: {
    include: [
      "test/checkpoint/header-fuzz.test.ts",
      "test/checkpoint/gguf/fuzz.test.ts",
      "test/generate/constrain/hostile.test.ts",
      "test/media/image/fuzz.test.ts",
      "test/media/audio/decode-fuzz.test.ts",
      "test/media/motion/bvh.test.ts",
      "test/media/text/template-fuzz.test.ts",
      "test/media/video/fuzz.test.ts",
      "test/serve/abuse.test.ts",
    ],
    env: { ONEFOLD_FUZZ: "full" },
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 1_800_000,
  },
});
