import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false, include: ['integration/**/*.test.ts', 'e2e/**/*.test.ts'] },
});
