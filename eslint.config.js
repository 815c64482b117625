import js from '@eslint/js';
import compat from 'eslint-plugin-compat';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

// APIs that the page looks for before it uses them, and manages without (tests/e2e/features.test.ts).
const MANAGES_WITHOUT = ['AudioDecoder', 'EncodedAudioChunk', 'Intl.Segmenter'];

export default tseslint.config(
  { ignores: ['build/', 'var/', 'web/dist/', '**/node_modules/', 'eslint.config.js', 'web/vite.config.ts', 'tests/vitest.config.ts', 'tests/bench/peers/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['web/tsconfig.json', 'web/src/player/worklet/tsconfig.json', 'tests/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
  },
  // The browsers that the page is for: "browserslist" in web/package.json.
  { files: ['web/src/**/*.{ts,tsx}'], ...compat.configs['flat/recommended'], settings: { polyfills: MANAGES_WITHOUT } },
  { files: ['web/src/**/*.tsx'], ...reactHooks.configs['recommended-latest'] },
);
