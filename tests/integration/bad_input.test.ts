// Whatever is sent: a clear error to the sender only, and the room plays on.

import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom, type Joined } from '../fixtures/client';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let ada: Client;
let joined: Joined;

beforeAll(async () => {
  server = await TestServer.start();
  joined = await createRoom(server.base);
  ada = await Client.join(server.base, joined);
  await ada.command({ op: 'play', link: 'musicspace:demo' });
});
afterAll(async () => {
  const room = await call(server.base, 'GET', `/api/rooms/${joined.code}`);
  expect(room.status).toBe(200);
  expect(ada.closed).toBeNull();
  expect(ada.errors).toEqual([]);
  ada.close();
  await server.stop();
});

describe('codes', () => {
  test.each(['ZZZZZ', 'abc', 'ABC0O', '%00', '..', 'A'.repeat(5000)])('%s is no room', async (code) => {
    for (const answer of [
      await call(server.base, 'GET', `/api/rooms/${code}`),
      await call(server.base, 'POST', `/api/rooms/${code}/members`, { name: 'Ben' }),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.type).toBe('application/problem+json');
      expect(answer.body.detail).toMatch(/\.$/);
    }
  });
});

describe('names', () => {
  test.each([[''], ['   '], ['x'.repeat(200)], ['a\u0000b'], ['\u202e\u200b'], ['x'.repeat(41)], [42], [null], [['a']]])('%j is refused', async (name) => {
    const answer = await call(server.base, 'POST', '/api/rooms', { name });
    expect(answer).toMatchObject({ status: 422, type: 'application/problem+json', body: { code: 'bad-name' } });
  });
  test.each(['👩‍🚀', '<img src=x onerror=alert(1)>', "'; DROP TABLE rooms; --", 'x'.repeat(40)])('%s is a name', async (name) => {
    const guest = await joinRoom(server.base, joined.code, name);
    expect(guest.member.name).toBe(name);
  });
});

describe('links', () => {
  test.each(['', 'never gonna give you up', 'ftp://example.org/a.mp3', 'file:///etc/passwd', '--exec=touch /tmp/pwned', `https://example.org/${'a'.repeat(10_240)}`])(
    '%.40s is refused kindly',
    async (link) => {
      const ben = await Client.join(server.base, await joinRoom(server.base, joined.code, 'Ben'));
      expect(await ben.command({ op: 'play', link })).toMatchObject({ code: 'bad-link' });
      ben.close();
    },
  );
});

describe('messages', () => {
  test.each(['{', '[]', '"x"', '{"type":"dance"}', '{"type":"command","op":"pause"}', '\u0000'])('%s gets an error and the connection stays', async (text) => {
    const ben = await Client.join(server.base, await joinRoom(server.base, joined.code, 'Ben'));
    ben.send(text);
    expect((await until('an error', () => ben.errors[0])).problem.code).toBe('bad-message');
    ben.socket.send(Buffer.from([9, 9, 9]));
    await until('another error', () => ben.errors[1]);
    ben.askTime();
    await until('it still answers', () => ben.times.length > 0);
    ben.close();
  });

  test('one of 10 MB ends its connection with 1009', async () => {
    const ben = await Client.join(server.base, await joinRoom(server.base, joined.code, 'Ben'));
    ben.send('x'.repeat(10 << 20));
    expect((await until('the close', () => ben.closed)).code).toBe(1009);
  });

  test('one before hello ends the connection', async () => {
    const ben = new Client(server.base);
    await ben.opened();
    ben.send({ type: 'command', id: 1, op: 'pause' });
    expect((await until('the close', () => ben.closed)).code).toBe(4400);
  });

  test('no hello at all ends the connection after ten seconds', async () => {
    const ben = new Client(server.base);
    await ben.opened();
    expect((await until('the close', () => ben.closed, 15_000)).code).toBe(4408);
  });

  test('a body of 1 MB, or none, is refused', async () => {
    expect((await call(server.base, 'POST', '/api/rooms', 'x'.repeat(1 << 20)).catch(() => ({ status: 413 }))).status).toBe(413);
    expect((await call(server.base, 'POST', '/api/rooms', '')).status).toBe(400);
    expect((await call(server.base, 'DELETE', '/api/rooms')).status).toBe(405);
  });
});

describe('tokens', () => {
  const hello = async (token: string): Promise<number> => {
    const ben = new Client(server.base);
    await ben.opened();
    ben.send({ type: 'hello', code: joined.code, token });
    return (await until('the close', () => ben.closed)).code;
  };

  test('of another room, forged or missing do not open the room', async () => {
    const other = await createRoom(server.base, 'Mallory');
    const [head, body, signature] = joined.token.split('.') as [string, string, string];
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const token of [other.token, '', 'x', `${head}.${body}.${signature.slice(0, -2)}`, `${none}.${body}.`]) {
      expect(await hello(token), token).toBe(4401);
      const answer = await call(server.base, 'POST', `/api/rooms/${joined.code}/commands`, { op: 'pause' }, token || undefined);
      expect(answer).toMatchObject({ status: 401, type: 'application/problem+json' });
    }
  });
});

describe('paths', () => {
  const get = (path: string): Promise<number> =>
    new Promise((done, fail) => {
      // fetch() would tidy the path up before sending it.
      const { hostname, port } = new URL(server.base);
      request({ hostname, port, path }, (response) => {
        response.resume();
        done(response.statusCode ?? 0);
      })
        .on('error', fail)
        .end();
    });

  test.each(['/../../etc/passwd', '/..%2f..%2fetc/passwd', '/assets/../../package.json', '//etc/passwd', '/%2e%2e/package.json', '/r/', '/r/a/b', '/check/', '/check/a', '/.env'])(
    '%s leads nowhere',
    async (path) => {
      expect(await get(path)).toBe(404);
    },
  );

  test.each(['/', '/r/K7QXM', '/check'])('%s leads to the page', async (path) => {
    expect(await get(path)).toBe(200);
  });
});
