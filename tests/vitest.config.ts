import { defineConfig } from 'vitest/config';

const PATIENCE_MS = process.env.MUSICSPACE_SANITIZED ? 240_000 : 60_000;

export default defineConfig({
  test: { testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS, fileParallelism: false, include: ['integration/**/*.test.ts', 'e2e/**/*.test.ts'] },
});
