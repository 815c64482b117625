// HTTP and the WebSocket's handshake and frames to the letter, as proxies rely on them, written to a bare socket; and that every byte of them is bounded.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, Client, createRoom, type Joined } from '../fixtures/client';
import { exchange, RawConnection, type RawAnswer } from '../fixtures/raw_http';
import { frame, handshake, RawWebSocket } from '../fixtures/raw_websocket';
import { BINARY, TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let host: string;

beforeAll(async () => {
  server = await TestServer.start('--rooms-per-address', '1', '--public-url', 'https://music.example');
  host = `Host: localhost:${String(server.port)}`;
});
afterAll(() => server.stop());

test.each([
  ['--address', 'localhost', 'no IP address'],
  ['--public-url', 'music.example', 'not the address of a server'],
  ['--trusted-proxies', '10.0.0.0/8,proxy', 'no address and no range'],
])('%s %s is named as wrong at the start', (setting, value, what) => {
  const { status, stderr } = spawnSync(BINARY, ['--database', 'host=/nowhere', '--data-dir', server.dir, setting, value], { encoding: 'utf8', timeout: 10_000 });
  expect(status).toBe(1);
  expect(stderr).toContain(setting);
  expect(stderr).toContain(what);
});

const lines = (...all: string[]): string => [...all, '', ''].join('\r\n');
const ask = (method: string, path: string, ...headers: string[]) => exchange(server.port, lines(`${method} ${path} HTTP/1.1`, ...(headers.some((line) => line.startsWith('Host:')) ? [] : [host]), ...headers));
const post = (path: string, body: string, ...headers: string[]) =>
  exchange(server.port, lines(`POST ${path} HTTP/1.1`, ...(headers.some((line) => line.startsWith('Host:')) ? [] : [host]), `Content-Length: ${String(body.length)}`, ...headers) + body);
const code = (answer: RawAnswer): string => (JSON.parse(answer.body) as { code: string }).code;
const residentMB = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(server.pid)}/status`, 'utf8'))?.[1]) / 1024;

describe('methods', () => {
  test.each(['/healthz', '/readyz', '/metrics', '/', '/api/about', '/nothing'])('HEAD %s answers as GET does, without the body', async (path) => {
    const [got, head] = [await ask('GET', path), await ask('HEAD', path)];
    expect(head.status).toBe(got.status);
    expect(head.headers['content-type']).toBe(got.headers['content-type']);
    if (path !== '/metrics' && path !== '/api/about') expect(head.headers['content-length']).toBe(String(Buffer.byteLength(got.body)));
    expect(head.body).toBe('');
  });

  test('what a path does not take says what it takes', async () => {
    const answer = await ask('DELETE', '/healthz');
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD');
  });
});

test('a limit that is met says when to come again, in a header and a field', async () => {
  const from = 'X-Forwarded-For: 203.0.113.5';
  expect((await post('/api/rooms', '{"name":"Ada"}', from)).status).toBe(201);
  const refused = await post('/api/rooms', '{"name":"Ada"}', from);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((JSON.parse(refused.body) as { retryAfterSeconds: number }).retryAfterSeconds).toBe(Number(refused.headers['retry-after']));
});

test('what the build leaves for itself is not given out', async () => {
  expect((await ask('GET', '/.built')).status).toBe(404);
});

describe('requests to the letter', () => {
  test.each<[string, string[], number]>([
    ['two Host lines', ['GET / HTTP/1.1', 'Host: localhost', 'Host: localhost'], 400],
    ['no Host', ['GET / HTTP/1.1'], 400],
    ['a folded header', ['GET / HTTP/1.1', 'Host: localhost', 'X: a', ' b'], 400],
    ['an unknown transfer coding', ['POST /api/rooms HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: xchunked'], 501],
    ['a coding after chunked', ['POST /api/rooms HTTP/1.1', 'Host: localhost', 'Transfer-Encoding: chunked, identity'], 501],
    ['two lengths', ['POST /api/rooms HTTP/1.1', 'Host: localhost', 'Content-Length: 3', 'Transfer-Encoding: chunked'], 400],
    ['an unknown expectation', ['POST /api/rooms HTTP/1.1', 'Host: localhost', 'Content-Length: 3', 'Expect: more'], 417],
    ['HTTP/2', ['GET / HTTP/2.0', 'Host: localhost'], 505],
  ])('%s is refused and the connection closed: what follows is no request', async (_, head, status) => {
    const connection = new RawConnection(server.port).write(`${lines(...head)}GET /healthz HTTP/1.1\r\n${host}\r\n\r\n`);
    const answer = await connection.answer();
    expect(answer.status).toBe(status);
    expect(answer.headers.connection).toBe('close');
    await until('the server to close', () => connection.ended);
    expect(connection.received.toString()).toBe('');
  });

  test('TLS on this port is told that it is http', async () => {
    const answer = await exchange(server.port, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03');
    expect(answer.status).toBe(400);
  });

  test('a chunked body is taken, and what comes behind it says nothing', async () => {
    const answer = await exchange(
      server.port,
      `${lines('POST /api/rooms HTTP/1.1', host, 'Transfer-Encoding: chunked')}5;a=b\r\n{"nam\r\n9\r\ne":"Ada"}\r\n0\r\nOrigin: https://evil.example\r\nHost: evil.example\r\n\r\n`,
    );
    expect(answer.status).toBe(201);
  });

  test('a whole address in the request line is understood, and its host counts', async () => {
    expect((await exchange(server.port, lines(`GET http://localhost:${String(server.port)}/healthz HTTP/1.1`, 'Host: other.example'))).status).toBe(200);
    expect((await exchange(server.port, lines('GET http://evil.example/ HTTP/1.1', host))).status).toBe(421);
  });

  test('a client that waits for 100 gets it, or why not', async () => {
    const connection = new RawConnection(server.port).write(lines('POST /api/rooms HTTP/1.1', host, 'Content-Length: 14', 'Expect: 100-continue'));
    expect((await connection.answer()).status).toBe(100);
    expect((await connection.write('{"name":"Ada"}').answer()).status).toBe(201);
    connection.write(lines('POST /api/rooms HTTP/1.1', host, 'Content-Length: 99999999', 'Expect: 100-continue'));
    expect((await connection.answer()).status).toBe(413);
    connection.close();
  });
});

describe('every byte is bounded', () => {
  const piece = Buffer.alloc(1 << 20, 'a');
  test.each<[string, string, number]>([
    ['a chunk’s extensions', '1;', 400],
    ['trailers', '0\r\nX: ', 431],
  ])('%s', async (_, begin, status) => {
    const before = residentMB();
    const connection = new RawConnection(server.port).write(lines('POST /api/rooms HTTP/1.1', host, 'Transfer-Encoding: chunked') + begin);
    for (let i = 0; i < 50 && !connection.ended; i += 1) {
      connection.write(piece);
      await new Promise((resolve) => connection.socket.once('drain', resolve).once('close', resolve).once('data', resolve));
      if (connection.received.length > 0) break;
    }
    expect((await connection.answer()).status).toBe(status);
    connection.close();
    expect(residentMB() - before).toBeLessThan(8);
  });

  test.each<[string, string, number]>([
    ['an address without end', `GET /${'a'.repeat(40_000)}`, 431],
    ['a header without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(40_000)}`, 431],
    ['headers without number', `GET / HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(150)}\r\n`, 431],
    ['a body of another size', 'POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n', 413],
  ])('%s', async (_, request, status) => {
    expect((await exchange(server.port, request)).status).toBe(status);
  });

  test('members may send a whole playlist, others not, and nobody more', async () => {
    const joined = await createRoom(server.base);
    const add = (count: number, token?: string) =>
      call(server.base, 'POST', `/api/rooms/${joined.code}/commands`, { op: 'addMany', before: null, items: Array.from({ length: count }, (_, i) => ({ link: `https://media.example/watch?v=${String(i)}`, title: 'A usual title of a track, with a featuring'.padEnd(60, '.'), artist: 'A usual artist', durationMs: 181_000 })) }, token);
    expect((await add(500)).status).toBe(413);
    expect((await add(500, joined.token)).status).toBe(200);
    expect((await add(2000, joined.token)).status).toBe(413);
  });
});

describe('names of this server', () => {
  const asks = async (name: string, path = '/', ...headers: string[]) => (await ask('GET', path, `Host: ${name}`, ...headers)).status;

  test('its addresses, this machine’s names and the public one are served', async () => {
    for (const name of ['127.0.0.1', '192.168.7.7:1', '[::1]:80', 'LocalHost:1', 'a.localhost', hostname(), `${hostname().split('.')[0] ?? ''}.local`, 'music.example', 'Music.Example:443']) expect(await asks(name), name).toBe(200);
  });

  test('any other is refused with the setting that would allow it, as a page or as a problem', async () => {
    const page = await ask('GET', '/r/K7QXM', 'Host: rebound.example:8080', 'Accept: text/html');
    expect([page.status, page.headers['content-type']]).toEqual([421, 'text/html; charset=utf-8']);
    expect(page.body).toContain('--public-url https://rebound.example');
    const problem = await ask('GET', '/api/about', 'Host: rebound.example:8080', 'Accept: text/html');
    expect([problem.status, code(problem)]).toEqual([421, 'unknown-host']);
    expect((await exchange(server.port, handshake(server.port, { without: 'Host', more: ['Host: rebound.example', 'Origin: http://rebound.example'] }))).status).toBe(421);
  });

  test('health and counters are there for monitors under any name', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) expect(await asks('relay-1.internal:8080', path), path).toBe(200);
    expect((await exchange(server.port, 'GET /healthz HTTP/1.0\r\n\r\n')).status).toBe(200);
  });

  test('a proxy on this machine says which name it serves', async () => {
    expect(await asks('relay:8080', '/', 'X-Forwarded-Host: other.example')).toBe(200);
  });
});

describe('other sites’ pages', () => {
  const form = '{"name":"Mallory","password":"correct horse","x":"="}';
  test.each<[string, string[], number]>([
    ['another site’s', ['Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'], 403],
    ['nowhere’s', ['Origin: null'], 403],
    ['another port’s', ['Origin: http://localhost:1'], 403],
    ['one that the browser calls foreign', ['Sec-Fetch-Site: cross-site'], 403],
    ['one of the same site', ['Sec-Fetch-Site: same-site'], 403],
    ['no page: a program', [], 201],
    ['the public page', ['Origin: https://music.example', 'Sec-Fetch-Site: same-origin'], 201],
  ])('%s', async (_, headers, status) => {
    expect((await post('/api/rooms', '{"name":"Ada"}', ...headers)).status).toBe(status);
  });

  test('cannot sign anybody in', async () => {
    expect((await post('/api/accounts', form)).status).toBe(201);
    const answer = await post('/api/session', form, 'Content-Type: text/plain', 'Origin: https://evil.example');
    expect(answer.status).toBe(403);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('are told apart from own pages in any case and with default ports', async () => {
    for (const origin of ['HTTPS://Music.Example', 'https://music.example:443', `http://LOCALHOST:${String(server.port)}`]) expect((await post('/api/rooms', '{"name":"Ada"}', `Origin: ${origin}`)).status, origin).toBe(201);
    expect((await post('/api/rooms', '{"name":"Ada"}', 'Origin: http://music.example')).status).toBe(403);
  });

  test('cookies are Secure where the operator or a trusted proxy says https', async () => {
    const signIn = async (...headers: string[]): Promise<string> => (await post('/api/session', form, ...headers)).headers['set-cookie'] ?? '';
    expect(await signIn()).not.toContain('Secure');
    expect(await signIn('X-Forwarded-Proto: wss, http')).toContain('Secure');
    expect(await signIn('Host: music.example')).toContain('Secure');
  });
});

describe('whom a request comes from', () => {
  // One room an hour for each address.
  const again = async (...headers: string[]): Promise<number> => (await post('/api/rooms', '{"name":"Ada"}', ...headers)).status;

  test('the right-most address over all lines, with or without a port', async () => {
    expect(await again('X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 198.51.100.1')).toBe(201);
    expect(await again('X-Forwarded-For: 1.1.1.2', 'X-Forwarded-For: 198.51.100.1')).toBe(429);
    expect(await again('X-Forwarded-For: 1.1.1.3, 198.51.100.1:4711')).toBe(429);
    expect(await again('X-Forwarded-For: 198.51.100.1, 127.0.0.1')).toBe(429);
    expect(await again('X-Forwarded-For: [2001:db8::1]:443')).toBe(201);
    expect(await again('X-Forwarded-For: 2001:db8::2')).toBe(429);
  });

  test('a proxy that does not say leaves all its clients one share, and none is this machine', async () => {
    expect(await again('X-Forwarded-For: 127.0.0.1')).toBe(201);
    for (const header of ['X-Forwarded-For: ::1', 'X-Forwarded-For: garbage', 'X-Forwarded-For:', 'X-Real-IP: 9.9.9.9', 'Via: 1.1 x', 'Forwarded: for=9.9.9.9']) expect(await again(header), header).toBe(429);
    expect(await again()).toBe(201);
    expect(await again()).toBe(201);
  });
});

test('every answer keeps browsers from misusing it', async () => {
  const joined = await createRoom(server.base);
  const answers: [string, RawAnswer][] = [];
  const script = /src="(\/assets\/[^"]+\.js)"/.exec((await ask('GET', '/')).body)?.[1] ?? '';
  const policies: Record<string, string> = { '/': "default-src 'self'", [script]: "base-uri 'none'" };
  for (const path of ['/', script, '/icon.svg', '/api/about', `/api/rooms/${joined.code}`, `/api/rooms/${joined.code}/history`, '/nothing', '/metrics', '/ws']) answers.push([path, await ask('GET', path)]);
  answers.push(['a malformed one', await exchange(server.port, 'nonsense\r\n\r\n')], ['an upgrade', await exchange(server.port, handshake(server.port, { without: 'Sec-WebSocket-Key' }))], ['a foreign page', await post('/api/rooms', '{}', 'Origin: null')], ['a name', await ask('GET', '/', 'Host: x.example')]);
  for (const [what, { headers }] of answers) {
    expect(headers['x-content-type-options'], what).toBe('nosniff');
    expect(headers['referrer-policy'], what).toBe('no-referrer');
    expect(headers['cross-origin-resource-policy'], what).toBe('same-origin');
    expect(headers['content-security-policy'], what).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy'], what).toContain(policies[what] ?? "default-src 'none'");
    expect(headers['x-frame-options'], what).toBe('DENY');
    expect(headers['cache-control'], what).toBeTruthy();
  }
});

describe('the WebSocket’s handshake', () => {
  const protocol = (...offered: string[]) => handshake(server.port, { more: offered.map((each) => `Sec-WebSocket-Protocol: ${each}`) });
  test.each<[string, () => string, number, string?]>([
    ['offering nothing', () => handshake(server.port), 101, undefined],
    ['offering what is spoken here', () => protocol('musicspace.v1'), 101, 'musicspace.v1'],
    ['offering it among others', () => protocol('musicspace.v2, musicspace.v1'), 101, 'musicspace.v1'],
    ['offering only another', () => protocol('musicspace.v2'), 400],
    ['by the room’s address', () => handshake(server.port, { path: '/ws/K7QXM' }), 101],
    ['by an address that is no room’s', () => handshake(server.port, { path: '/ws/K7QX0' }), 404],
    ['without a key', () => handshake(server.port, { without: 'Sec-WebSocket-Key' }), 400],
    ['with a bad key', () => handshake(server.port, { without: 'Sec-WebSocket-Key', more: ['Sec-WebSocket-Key: x'] }), 400],
    ['with another version', () => handshake(server.port, { without: 'Sec-WebSocket-Version', more: ['Sec-WebSocket-Version: 8'] }), 426],
    ['without an upgrade', () => handshake(server.port, { without: 'Upgrade' }), 426],
    ['with a body', () => `${handshake(server.port, { more: ['Content-Length: 5'] })}hello`, 400],
    ['from another site’s page', () => handshake(server.port, { more: ['Origin: http://evil.example'] }), 403],
  ])('%s', async (_, request, status, subprotocol) => {
    const connection = new RawConnection(server.port).write(request());
    const answer = await connection.answer();
    expect(answer.status).toBe(status);
    expect(answer.headers['sec-websocket-protocol']).toBe(subprotocol);
    if (status === 426) expect(answer.headers['sec-websocket-version']).toBe('13');
    connection.close();
  });

  test('a hello in one piece with it is heard', async () => {
    const joined = await createRoom(server.base);
    const socket = await RawWebSocket.open(server.port, frame(1, JSON.stringify({ type: 'hello', code: joined.code, token: joined.token })));
    expect(await socket.message('welcome')).toContain(joined.member.id);
    socket.connection.close();
  });
});

describe('the WebSocket’s frames', () => {
  let joined: Joined;
  beforeAll(async () => {
    joined = await createRoom(server.base);
  });
  const entered = async (): Promise<RawWebSocket> => {
    const socket = await RawWebSocket.open(server.port, frame(1, JSON.stringify({ type: 'hello', code: joined.code, token: joined.token })));
    await socket.message('welcome');
    return socket;
  };

  test.each([1n << 62n, (1n << 63n) - 1n, (1n << 64n) - 1n, 1n << 25n])('one that claims %d bytes is not waited for', async (claims) => {
    expect(await (await entered()).send(frame(1, 'x', { claims })).close(5_000)).toBeOneOf([1009, 1002]);
  });

  test('a message has 256 KB at most, in one piece or in many; a hello 16 KB', async () => {
    expect(await (await entered()).send(frame(1, Buffer.alloc(300_000, ' '))).close()).toBe(1009);
    const many = Array.from({ length: 300 }, (_, i) => frame(i ? 0 : 1, Buffer.alloc(1000, ' '), { fin: false }));
    expect(await (await entered()).send(...many).close()).toBe(1009);
    expect(await (await RawWebSocket.open(server.port)).send(frame(1, Buffer.alloc(20_000, ' '))).close()).toBe(1009);
  });

  test('a playlist of 500 goes in one message', async () => {
    const ada = await Client.join(server.base, joined);
    const items = Array.from({ length: 500 }, (_, i) => ({ link: `https://media.example/watch?v=${String(i)}`, title: 'A usual title of a track'.padEnd(80, '.'), artist: 'A usual artist', durationMs: 181_000 }));
    expect(await ada.command({ op: 'addMany', before: null, items })).toBeNull();
    ada.close();
  });

  test.each<[string, () => Buffer]>([
    ['pings', () => frame(9)],
    ['pongs', () => frame(10, 'x')],
    ['empty pieces of one message', () => frame(0, '', { fin: false })],
    ['pieces of one byte', () => frame(0, ' ', { fin: false })],
  ])('a flood of %s ends its connection', async (what, make) => {
    const socket = await entered();
    if (what.includes('piece')) socket.send(frame(1, '', { fin: false }));
    const flood = Buffer.concat(Array.from({ length: 2000 }, make));
    for (let i = 0; i < 400 && !socket.over(); i += 1) {
      socket.send(flood);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await socket.close()).toBe(4429);
    socket.connection.close();
  });

  test('an id that no number of the protocol is, is refused and not answered as another', async () => {
    const socket = await entered();
    socket.send(frame(1, '{"type":"command","id":18446744073709551615,"op":"pause"}'));
    expect(await socket.message('error')).toContain('"id":null');
    socket.connection.close();
  });
});
