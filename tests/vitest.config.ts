import { defineConfig } from 'vitest/config';
import { SANITIZED } from './fixtures/sanitized';

const PATIENCE_MS = SANITIZED ? 240_000 : 60_000;

export default defineConfig({
  test: { testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS, fileParallelism: false, include: ['integration/**/*.test.ts', 'e2e/**/*.test.ts'] },
});
