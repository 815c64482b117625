// ./run as a person starts it: to the ready line, again after a kill, and away without a trace.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { call, createRoom } from '../fixtures/client';
import { until } from '../fixtures/until';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'musicspace-run-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

interface Run {
  child: ChildProcess;
  output: string;
}

function start(...flags: string[]): Run {
  const child = spawn(join(ROOT, 'run'), ['--data-dir', dir, '--address', '127.0.0.1', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, output: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (run.output += data.toString()));
  return run;
}

const ready = (run: Run): Promise<string> =>
  until('the ready line', () => /Music Space is ready: (http:\/\/localhost:\d+)/.exec(run.output)?.[1], 60_000).catch((error: unknown) => {
    throw new Error(run.output, { cause: error });
  });

/** Processes that have to do with this test's data folder. */
const leftovers = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(dir));

const ended = (run: Run): Promise<unknown> => until('its end', () => run.child.exitCode !== null || run.child.signalCode !== null);

test('reaches the ready line, and SIGTERM and Ctrl-C leave nothing running', async () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const run = start('--port', '0');
    await createRoom(await ready(run));
    run.child.kill(signal);
    await ended(run);
    expect(run.child.exitCode).toBe(0);
    await until('nothing is left', () => leftovers().length === 0);
  }
});

test('starts again after a kill -9, with the rooms it had', async () => {
  const killed = start('--port', '0');
  const { code } = await createRoom(await ready(killed));
  killed.child.kill('SIGKILL');
  const again = start('--port', '0');
  expect((await call(await ready(again), 'GET', `/api/rooms/${code}`)).status).toBe(200);
  again.child.kill('SIGTERM');
  await ended(again);
  await until('nothing is left', () => leftovers().length === 0);
});

test('a taken port and a wrong flag are told in a sentence, and nothing stays behind', async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const { port } = other.address() as AddressInfo;
  const taken = start('--port', String(port));
  await ended(taken);
  expect(taken.output).toContain(`Port ${String(port)} is taken by another program.`);
  expect(taken.child.exitCode).not.toBe(0);
  other.close();
  const wrong = start('--prot', '1');
  await ended(wrong);
  expect(wrong.output).toContain('--prot');
  expect(wrong.child.exitCode).not.toBe(0);
  await until('nothing is left', () => leftovers().length === 0);
  expect(existsSync(join(dir, 'run.log'))).toBe(true);
});
