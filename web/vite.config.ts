import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// While developing, `npx vite` serves the page and hands everything else to a server on port 8080.
const backend = 'http://localhost:8080';

export default defineConfig({
  plugins: [react()],
  worker: { format: 'es' },
  // The same browsers as "browserslist" in package.json, whose APIs a linter checks.
  build: { target: ['chrome119', 'edge119', 'firefox115', 'safari17', 'ios17'], assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { proxy: { '/api': backend, '/ws': { target: backend, ws: true } } },
});
