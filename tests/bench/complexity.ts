// What each complexity of the Opus encoder costs and gives: the evidence for kComplexity.

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
execFileSync(`${ROOT}/build/release/tests/complexity_probe`, [`${ROOT}/transcoder/demo/demo.opus`], { stdio: ['ignore', 'inherit', 'inherit'] });
