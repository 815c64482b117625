// The servers that are compared with, as child processes on ports of their own.

import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../fixtures/free_port';
import { until } from '../../fixtures/until';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface PeerServer {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

const stopped = (child: ChildProcess): Promise<unknown> => {
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  return ended;
};

async function printsPort(command: string, args: string[]): Promise<PeerServer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], cwd: at('../peers') });
  const lines = createInterface({ input: child.stdout });
  const port = await new Promise<number>((done) => lines.once('line', (line) => { done(Number(line)); }));
  return { pid: child.pid ?? 0, port, stop: async () => void (await stopped(child)) };
}

export const floor = (bytes: number, periodMs: number, calls: 'send' | 'io_uring'): Promise<PeerServer> =>
  printsPort(at('../../../build/release/tests/fanout_floor'), [String(bytes), String(periodMs), calls]);
export const bun = (bytes: number, perSecond: number): Promise<PeerServer> =>
  printsPort(at('../peers/node_modules/@oven/bun-linux-x64/bin/bun'), ['bun_publish.mjs', String(bytes), String(perSecond)]);
export const ws = (bytes: number, perSecond: number): Promise<PeerServer> =>
  printsPort(process.execPath, ['ws_send.mjs', String(bytes), String(perSecond)]);

/** A mount /live that gets `bytesPerSecond`. */
export async function icecast(bytesPerSecond: number, mostClients: number): Promise<PeerServer> {
  const dir = mkdtempSync(join(tmpdir(), 'musicspace-icecast-'));
  chmodSync(dir, 0o777);
  const port = await freePort();
  const config = join(dir, 'icecast.xml');
  writeFileSync(
    config,
    `<icecast><limits><clients>${String(mostClients)}</clients><sources>2</sources><queue-size>2097152</queue-size><burst-on-connect>1</burst-on-connect>
<burst-size>65535</burst-size></limits><authentication><source-password>load</source-password><admin-password>load</admin-password></authentication>
<hostname>localhost</hostname><listen-socket><port>${String(port)}</port><bind-address>127.0.0.1</bind-address></listen-socket>
<paths><basedir>/usr/share/icecast2</basedir><logdir>${dir}</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>
<logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>1</loglevel></logging>
<security><chroot>0</chroot><changeowner><user>icecast2</user><group>icecast</group></changeowner></security></icecast>`,
  );
  const child = spawn('icecast2', ['-c', config], { stdio: 'ignore' });
  const source = await until(
    'Icecast to take a source',
    () =>
      new Promise<Socket | undefined>((done) => {
        const socket = connect(port, '127.0.0.1', () => { done(socket); });
        socket.on('error', () => { done(undefined); });
      }),
  );
  source.write(`SOURCE /live HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:load').toString('base64')}\r\nContent-Type: audio/mpeg\r\n\r\n`);
  const tenth = Buffer.alloc(Math.round(bytesPerSecond / 10), 0x55);
  const timer = setInterval(() => source.write(tenth), 100);
  await until('Icecast to have a stream', async () => (await fetch(`http://127.0.0.1:${String(port)}/status-json.xsl`).then((answer) => answer.text(), () => '')).includes('/live'));
  return {
    pid: child.pid ?? 0,
    port,
    stop: async () => {
      clearInterval(timer);
      source.destroy();
      await stopped(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
