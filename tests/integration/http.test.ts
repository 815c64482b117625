// HTTP to the letter, as proxies rely on it, written to a bare socket.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange } from '../fixtures/raw_http';
import { TestServer } from '../fixtures/server';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start('--rooms-per-address', '1');
});
afterAll(() => server.stop());

const ask = (method: string, path: string, ...headers: string[]) =>
  exchange(server.port, [`${method} ${path} HTTP/1.1`, `Host: localhost:${String(server.port)}`, ...headers, '', ''].join('\r\n'));
const post = (path: string, body: string, ...headers: string[]) =>
  exchange(server.port, [`POST ${path} HTTP/1.1`, `Host: localhost:${String(server.port)}`, `Content-Length: ${String(body.length)}`, ...headers, '', body].join('\r\n'));

describe('methods', () => {
  test.each(['/healthz', '/readyz', '/metrics', '/', '/api/about', '/nothing'])('HEAD %s answers as GET does, without the body', async (path) => {
    const [got, head] = [await ask('GET', path), await ask('HEAD', path)];
    expect(head.status).toBe(got.status);
    expect(head.headers['content-type']).toBe(got.headers['content-type']);
    if (path !== '/metrics') expect(head.headers['content-length']).toBe(String(Buffer.byteLength(got.body)));
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
