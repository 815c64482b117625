// ./run as a person starts it: to the ready line, again after a kill, and away without a trace.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
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
  rmSync(cluster(), { recursive: true, force: true });
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

interface Process {
  pid: number;
  parent: number;
  line: string;
}

/** Where Postgres keeps its data: outside of the data folder where user postgres cannot enter that. */
const cluster = (): string => (existsSync(join(dir, 'postgres')) ? realpathSync(join(dir, 'postgres')) : dir);

/** Processes that have to do with this test's data folder. */
const leftovers = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        return { pid: Number(pid), parent: Number(parent), line: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
      } catch {
        return { pid: 0, parent: 0, line: '' };
      }
    })
    .filter(({ line }) => line.includes(dir) || line.includes(`${cluster()}/`));

/** A file system of a test's own, where the system lets one be mounted. */
const mayMount = spawnSync('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

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

/** The process whose parent is ./run itself, and which has this word among its arguments. */
const childOf = (run: Run, word: string): number =>
  leftovers().find(({ parent, line }) => parent === run.child.pid && line.includes(word))?.pid ?? 0;

test('brings its Postgres back when that is killed, without restarting the server', async () => {
  const run = start('--port', '0');
  const base = await ready(run);
  const room = await createRoom(base);
  const server = childOf(run, 'relay/musicspace');
  for (let round = 1; round <= 2; round++) {
    const postmaster = childOf(run, 'bin/postgres');
    expect(postmaster).toBeGreaterThan(0);
    process.kill(postmaster, 'SIGKILL');
    await until('another Postgres', () => run.output.split('Postgres is back').length === round + 1, 30_000);
    expect(childOf(run, 'bin/postgres')).not.toBe(postmaster);
    await until('rooms can be made again', async () => (await call(base, 'POST', '/api/rooms', { name: 'Ada' })).status === 201, 30_000);
  }
  expect(childOf(run, 'relay/musicspace')).toBe(server);
  expect((await call(base, 'GET', `/api/rooms/${room.code}`)).status).toBe(200);
  run.child.kill('SIGTERM');
  await ended(run);
  expect(run.child.exitCode).toBe(0);
  await until('nothing is left', () => leftovers().length === 0);
});

test('ends while its Postgres is frozen, and leaves nothing behind', async () => {
  const run = start('--port', '0');
  await ready(run);
  process.kill(childOf(run, 'bin/postgres'), 'SIGSTOP');
  run.child.kill('SIGTERM');
  await until('its end', () => run.child.exitCode !== null, 40_000);
  await until('nothing is left', () => leftovers().length === 0);
});

test('first starts on a full disk, and one that was cut off, leave nothing half made: the next one works', { skip: !mayMount }, () => {
  const disk = `${dir}-disk`; // where user postgres can enter it
  const inside = `
    set -u
    exec 2>&1
    mkdir -p "$1" && mount -t tmpfs -o mode=755,size=12m tmpfs "$1" || exit 99
    ./run --data-dir "$1" --address 127.0.0.1 --port 0 </dev/null && exit 98
    mount -o remount,size=1g "$1" || exit 97
    # Everything here is killed while the database is being made, as by a loss of power.
    ./run --data-dir "$1" --address 127.0.0.1 --port 0 </dev/null &
    until [ -n "$(find "$1/postgres" -name PG_VERSION -print -quit)" ]; do sleep 0.01; done
    kill -KILL -1
    wait
    coproc ./run --data-dir "$1" --address 127.0.0.1 --port 0
    run=$COPROC_PID
    while read -r line <&"\${COPROC[0]}"; do
      echo "$line"
      case $line in *"is ready"*) break ;; esac
    done
    kill -TERM "$run"
    wait "$run"`;
  const outcome = spawnSync('unshare', ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', inside, 'bash', disk], { cwd: ROOT, encoding: 'utf8', timeout: 55_000, killSignal: 'SIGKILL' });
  expect(outcome.stdout).toMatch(/Is there room on the disk\?[^]*Music Space is ready/);
  expect(outcome.status).toBe(0);
  rmSync(disk, { recursive: true });
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
