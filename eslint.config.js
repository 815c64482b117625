import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['build/', 'var/', 'web/dist/', '**/node_modules/', 'eslint.config.js', 'web/vite.config.ts', 'tests/vitest.config.ts', 'tests/bench/peers/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ['web/tsconfig.json', 'web/src/player/worklet/tsconfig.json', 'tests/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
  },
  { files: ['web/src/**/*.tsx'], ...reactHooks.configs['recommended-latest'] },
);
