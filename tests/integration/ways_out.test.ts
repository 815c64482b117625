// What yt-dlp may reach, and what it is told: every scheme goes through the guard or nowhere, and no secret of the server's reaches it.

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { connect, createServer as createListener, type AddressInfo, type Server as Listener } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { call, Client, createRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { SANITIZED } from '../fixtures/sanitized';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

const portOf = (server: Server | Listener): number => (server.address() as AddressInfo).port;
const listening = async (server: Server | Listener): Promise<void> => new Promise((done) => server.listen(0, '127.0.0.1', done));

const environment = { ...process.env };
const scratch = mkdtempSync(join(tmpdir(), 'musicspace-ways-out-'));
let media: MediaServer;
let ftpConnections = 0;
/** Speaks as an FTP server would, so that a client goes on to ask it for the file. */
const ftp = createListener((socket) => {
  ftpConnections += 1;
  socket.on('error', () => undefined);
  socket.write('220 ready\r\n');
});
const pages = createServer((asked, response) => {
  const target = `ftp://127.0.0.1:${String(portOf(ftp))}/inside.mp3`;
  const html = (body: string): void => void response.setHeader('Content-Type', 'text/html').end(`<html><head><title>A page</title></head><body>${body}</body></html>`);
  if (asked.url === '/redirect') response.writeHead(302, { Location: target }).end();
  else if (asked.url === '/redirect.mp3') response.writeHead(302, { Location: target }).end();
  else if (asked.url === '/video') html(`<video src="${target}"></video>`);
  else if (asked.url === '/refresh') response.setHeader('Content-Type', 'text/html').end(`<html><head><meta http-equiv="refresh" content="0; url=${target}"></head></html>`);
  else if (asked.url === '/embed') html(`<iframe src="${target}"></iframe><meta property="og:video" content="${target}">`);
  else response.writeHead(404).end();
});
const proxied: string[] = [];
/** A proxy of the host's own: what it serves is its own affair. */
const proxy = createServer((asked, response) => {
  proxied.push(asked.url ?? '');
  if (!asked.url?.startsWith('http:')) return void response.writeHead(501).end();
  const onward = request(asked.url ?? '', { method: asked.method, headers: asked.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  asked.pipe(onward);
});

beforeAll(async () => {
  media = await MediaServer.start();
  await Promise.all([listening(ftp), listening(pages), listening(proxy)]);
});
afterAll(() => {
  process.env = environment;
  for (const server of [ftp, pages, proxy]) server.close();
  media.stop();
  rmSync(scratch, { recursive: true });
});
beforeEach(() => {
  ftpConnections = 0;
  proxied.length = 0;
});

async function faults(server: TestServer): Promise<string[]> {
  const ada = await Client.join(server.base, await createRoom(server.base));
  const codes: string[] = [];
  for (const page of ['redirect', 'redirect.mp3', 'video', 'refresh', 'embed']) {
    const problem = await ada.command({ op: 'play', link: `http://127.0.0.1:${String(portOf(pages))}/${page}` });
    codes.push(problem?.code ?? 'plays');
  }
  ada.close();
  return codes;
}

test('the listener that is asked for counts whoever connects', async () => {
  const socket = connect(portOf(ftp), '127.0.0.1');
  await until('a connection', () => ftpConnections === 1);
  socket.destroy();
});

test('no page leads yt-dlp to an ftp server, however it names it', async () => {
  const server = await TestServer.start();
  expect(await faults(server)).not.toContain('plays');
  expect(ftpConnections).toBe(0);
  await server.stop();
});

test('nor does one that is opened through a proxy of the host’s own, which gets every scheme', async () => {
  const server = await TestServer.start('--yt-dlp-proxy', `http://127.0.0.1:${String(portOf(proxy))}`);
  expect(await faults(server)).not.toContain('plays');
  expect(ftpConnections).toBe(0);
  expect(proxied).toContain(`http://127.0.0.1:${String(portOf(pages))}/redirect`);
  const ada = await Client.join(server.base, await createRoom(server.base));
  expect(await ada.command({ op: 'play', link: `${media.base}/ranges/noise.mp3` })).toBeNull();
  expect(proxied).toContain(`${media.base}/ranges/noise.mp3`);
  ada.close();
  await server.stop();
});

/** A program that stands for yt-dlp; what it writes to $XDG_CACHE_HOME stays. */
function program(name: string, script: string): string {
  const path = join(scratch, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
const kept = (server: TestServer, name: string): string => readFileSync(join(server.dir, 'yt-dlp/cache', name), 'utf8');
const playIn = async (server: TestServer): Promise<string> => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  const problem = await ada.command({ op: 'play', link: `${media.base}/ranges/noise.mp3` });
  ada.close();
  return problem?.code ?? 'plays';
};

test('yt-dlp gets what it needs of the server’s environment, and what the host names', async () => {
  Object.assign(process.env, { MUSICSPACE_DATABASE: 'postgresql://ada:secret@nowhere/', PASSWORD_OF_ELSE: 'secret', NAMED_BY_HOST: 'yes', ALL_PROXY: 'http://nowhere.invalid', no_proxy: '*' });
  const server = await TestServer.start('--yt-dlp', program('prints-environment', 'env > "$XDG_CACHE_HOME/environment"\nexec yt-dlp "$@"'), '--yt-dlp-environment', 'NAMED_BY_HOST');
  expect(await playIn(server)).toBe('plays');
  const seen = kept(server, 'environment');
  await server.stop();
  const names = seen.split('\n').map((line) => line.split('=')[0]);
  expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME', 'NAMED_BY_HOST', 'http_proxy', 'ftp_proxy', 'all_proxy', 'FTP_PROXY']));
  expect(names).not.toContain('no_proxy');
  expect(seen).not.toMatch(/secret|DATABASE|nowhere\.invalid/);
});

test('what takes yt-dlp over reads none of the server’s secrets and leaves nothing behind', async () => {
  const tries = ['cat "$DATA/token.key"', 'cat /proc/$PPID/environ', 'cat /proc/$PPID/cmdline', 'ls "$DATA"', 'echo x > "$DATA/left"', 'echo x > /tmp/left-by-yt-dlp', 'kill -0 $PPID', 'setsid true', 'unshare -U true'];
  const script = tries.map((attempt) => `(${attempt}) > /dev/null 2>&1 && echo '${attempt}' >> "$XDG_CACHE_HOME/succeeded"`).join('\n');
  const server = await TestServer.start('--yt-dlp', program('tries', `DATA="$XDG_CACHE_HOME/../.."\ntrue > "$XDG_CACHE_HOME/succeeded"\n${script}\nexec yt-dlp "$@"`));
  const { fence, mediaFence } = (await call(server.base, 'GET', '/api/about')).body as unknown as { fence: string[]; mediaFence: string[] };
  expect(fence).toEqual(expect.arrayContaining(['no_new_privs', 'limits']));
  expect(Array.isArray(mediaFence)).toBe(true);
  await server.logs(`yt-dlp is fenced by ${fence.join(', ')}`);
  expect(await playIn(server)).toBe('plays');
  const whole = ['landlock', 'seccomp'].every((part) => fence.includes(part));
  if (whole) expect(kept(server, 'succeeded')).toBe('');
  await server.stop();
});

test('a host can do without the fence', async () => {
  const server = await TestServer.start('--no-fence', '--yt-dlp', program('reads', 'cat "$XDG_CACHE_HOME/../../token.key" > "$XDG_CACHE_HOME/read"\nexec yt-dlp "$@"'));
  expect((await call(server.base, 'GET', '/api/about')).body).toMatchObject({ fence: [], mediaFence: [] });
  expect(await playIn(server)).toBe('plays');
  expect(kept(server, 'read')).not.toBe('');
  await server.stop();
});

test('a grandchild that holds yt-dlp’s output open does not hold up its answer', async () => {
  const server = await TestServer.start('--yt-dlp', program('leaves-a-grandchild', 'tail -f /dev/null &\nexec yt-dlp "$@"'));
  const begun = performance.now();
  expect(await playIn(server)).toBe('plays');
  expect(performance.now() - begun).toBeLessThan(20_000);
  await server.stop();
});

test('an answer of 30 MB of brackets takes little memory', async () => {
  const server = await TestServer.start('--yt-dlp', program('brackets', 'head -c 30000000 /dev/zero | tr "\\0" "["'));
  const peak = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(server.pid)}/status`, 'utf8'))?.[1]);
  const before = peak();
  expect(await playIn(server)).toBe('unsupported');
  if (!SANITIZED) expect(peak() - before).toBeLessThan(50_000);
  await server.stop();
});
