// The load generator as a child process: many listeners, steered and counted.

import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BINARY = fileURLToPath(new URL('../../../build/release/tests/load_generator', import.meta.url));

export interface CrowdReport {
  listening: number;
  seconds: number;
  bytes: number;
  messages: number;
  frames: number;
  texts: number;
  timeAnswers: number;
  late: number;
  holesMs: number;
  /** Frames of 24, 48, 96, 160 kbit/s. */
  tiers: [number, number, number, number];
  gaps: number;
  closed: number;
  aheadLeastMs?: number;
  aheadP001Ms?: number;
  aheadP01Ms?: number;
  aheadMedianMs?: number;
  joinMedianMs?: number;
  joinP99Ms?: number;
  joinMostMs?: number;
  firstFrameMedianMs?: number;
  firstFrameP99Ms?: number;
}

export interface CrowdOptions {
  /** Music Space where it is not told. */
  peer?: 'websocket' | 'http';
  path?: string;
  host?: string;
  askSeconds?: number;
  /** What starts it, such as `ip netns exec NAME`. */
  within?: string[];
}

export class Crowd {
  readonly #child: ChildProcess;
  readonly #answers: ((line: string) => void)[] = [];

  constructor(port: number, codes: readonly string[], options: CrowdOptions = {}) {
    const args = [String(port)];
    if (options.peer) args.push('--peer', options.peer);
    if (options.path) args.push('--path', options.path);
    if (options.askSeconds) args.push('--ask', String(options.askSeconds));
    if (options.host) args.push('--host', options.host);
    const [program = BINARY, ...words] = [...(options.within ?? []), BINARY];
    this.#child = spawn(program, [...words, ...args, ...codes], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (!this.#child.stdout) throw new Error('no output');
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answers.shift()?.(line));
  }

  /** `perSecond`: how many begin to join. Resolves when all hear something. */
  join(count: number, perSecond: number): Promise<CrowdReport> {
    return this.#ask(`join ${String(count)} ${String(perSecond)}`);
  }

  /** The first `count` read nothing from now on. */
  stick(count: number): Promise<unknown> {
    return this.#ask(`stuck ${String(count)}`);
  }

  watch(seconds: number): Promise<CrowdReport> {
    return this.#ask(`watch ${String(seconds)}`);
  }

  async end(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.stdin?.end();
    await ended;
  }

  #ask(line: string): Promise<CrowdReport> {
    const answer = new Promise<string>((done) => this.#answers.push(done));
    this.#child.stdin?.write(`${line}\n`);
    return answer.then((text) => JSON.parse(text) as CrowdReport);
  }
}
