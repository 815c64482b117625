// Accounts: signing in and out, what is kept, and what an attacker gets.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, type Joined } from '../fixtures/client';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

interface Answer { status: number; body: Record<string, unknown>; cookies: string[] }

/** A browser's page: it keeps cookies and tells its origin. */
class Page {
  readonly jar = new Map<string, string>();

  async ask(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(server.base + path, {
      method,
      headers: { Origin: server.base, Cookie: [...this.jar].map(([name, value]) => `${name}=${value}`).join('; '), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const cookies = response.headers.getSetCookie();
    for (const cookie of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value) this.jar.set(name, value);
      else this.jar.delete(name);
    }
    return { status: response.status, body: (await response.json()) as Answer['body'], cookies };
  }
}

async function signedUp(name: string): Promise<Page> {
  const page = new Page();
  expect(await page.ask('POST', '/api/accounts', { name, password: 'correct horse' })).toMatchObject({ status: 201, body: { account: { name } } });
  return page;
}
const program = async (path: string, token: string, method = 'GET', body?: object) => {
  const response = await fetch(server.base + path, { method, headers: { Authorization: `Bearer ${token}` }, ...(body ? { body: JSON.stringify(body) } : {}) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('an account is made, left and entered again; its cookies are for the server only', async () => {
  const page = new Page();
  const made = await page.ask('POST', '/api/accounts', { name: 'Ada L', password: 'correct horse' });
  expect(made.cookies).toHaveLength(3);
  for (const cookie of made.cookies) expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
  expect(made.cookies[1]).toContain('Path=/api/session;');
  expect(JSON.stringify(made.body)).not.toContain('token');
  expect((await page.ask('GET', '/api/session')).body).toMatchObject({ account: { name: 'Ada L' } });
  expect((await page.ask('POST', '/api/accounts', { name: 'ada l', password: 'another one' })).body.code).toBe('name-taken');
  await page.ask('DELETE', '/api/session');
  expect([...page.jar.keys()]).toEqual(['musicspace_device']); // which signs nobody in
  expect((await page.ask('GET', '/api/session')).body.code).toBe('signed-out');
  expect((await page.ask('POST', '/api/session', { name: 'ADA L', password: 'Correct horse' })).body.code).toBe('wrong-sign-in');
  expect((await page.ask('POST', '/api/session', { name: 'ADA L', password: 'correct horse' })).status).toBe(200);
  expect((await page.ask('POST', '/api/session', { name: 'nobody', password: 'correct horse' })).body.code).toBe('wrong-sign-in');
  const https = await page.ask('POST', '/api/session', { name: 'Ada L', password: 'correct horse' }, { Origin: server.base.replace('http:', 'https:'), 'X-Forwarded-Proto': 'https' });
  for (const cookie of https.cookies) expect(cookie).toMatch(/; Secure$/);
});

test.each([
  [{ name: '', password: 'long enough' }, 'bad-name'],
  [{ name: '\u202e', password: 'long enough' }, 'bad-name'],
  [{ name: 'Bea', password: 'short' }, 'bad-password'],
  [{ name: 'Bea', password: 'x'.repeat(129) }, 'bad-password'],
  [{ name: 'Bea' }, 'bad-password'],
])('an account is not made of %j', async (body, code) => {
  expect((await new Page().ask('POST', '/api/accounts', body)).body.code).toBe(code);
});

test('another site’s page can do nothing with the cookies', async () => {
  const page = await signedUp('Csrf');
  for (const headers of [{ Origin: 'https://evil.example' }, { Origin: 'null' }, { Origin: '' }]) {
    for (const [method, path, body] of [
      ['PUT', '/api/me/favourites', { link: 'https://a.example/1' }], ['POST', '/api/session/refresh', undefined], ['DELETE', '/api/sessions', undefined],
      ['POST', '/api/rooms', { name: 'Nobody’s guest' }], ['DELETE', '/api/session', undefined],
    ] as const)
      expect(await page.ask(method, path, body, headers)).toMatchObject({ status: 403, body: { code: 'wrong-origin' } });
  }
  expect((await page.ask('PUT', '/api/me/favourites', { link: 'https://a.example/1' })).status).toBe(200);
});

test('a program signs in for a token; forged ones are worth nothing', async () => {
  await signedUp('Robot');
  const answer = await new Page().ask('POST', '/api/session', { name: 'Robot', password: 'correct horse', bearer: true });
  expect(answer.cookies).toEqual([]);
  const token = String(answer.body.token);
  expect((await program('/api/session', token)).body).toMatchObject({ account: { name: 'Robot' } });
  const [, claims = ''] = token.split('.');
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  const key = createHmac('sha256', readFileSync(join(server.dir, 'token.key'))).update('musicspace tokens').digest();
  const sign = (header: object, body: object, secret: Buffer): string => {
    const text = `${encode(header)}.${encode(body)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const hs256 = { alg: 'HS256', typ: 'JWT' };
  expect((await program('/api/session', sign(hs256, payload, key))).status).toBe(200); // the test signs as the server does
  for (const forged of [
    `${encode({ alg: 'none' })}.${claims}.`, sign(hs256, payload, Buffer.alloc(32)), sign(hs256, { ...payload, exp: 1 }, key), sign(hs256, { ...payload, use: 'refresh' }, key), sign({ alg: 'HS512', typ: 'JWT' }, payload, key), 'x', `${token}x`,
  ])
    expect((await program('/api/session', forged)).status, forged.slice(0, 60)).toBe(401);
  const room = (await new Page().ask('POST', '/api/rooms', { name: 'Guest' })).body as unknown as Joined;
  expect((await program('/api/session', room.token)).status).toBe(401); // a membership is no account
  expect((await program(`/api/rooms/${room.code}/history`, token)).status).toBe(401); // nor an account a membership
});

/** Guesses until the count is full: it empties by itself, by one in six seconds, while passwords are checked. */
async function guessUntilRefused(page: Page, name: string): Promise<void> {
  await until('guesses to be refused', async () => (await page.ask('POST', '/api/session', { name, password: 'guess guess' })).status === 429, 60_000);
}

test('tries are counted for what is looked up, and the owner’s own device has its own', async () => {
  const owner = await signedUp('Guessed');
  const names = ['Guessed', ' guessed', 'GUESSED ', 'guessed\u0000x', 'Guessed\u0000'];
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => new Page().ask('POST', '/api/session', { name: names[i % 5], password: 'guess guess' })));
  // Those with a NUL are nobody's name, or the name without it: they are no way around the count.
  const looked = answers.filter((answer) => answer.body.code !== 'too-many-tries').length;
  expect(looked).toBeLessThanOrEqual(10 + 8);
  expect(answers.filter((answer) => answer.body.code === 'too-many-tries').length).toBeGreaterThanOrEqual(2);
  for (const name of names.slice(0, 3)) {
    await guessUntilRefused(new Page(), 'Guessed');
    expect((await new Page().ask('POST', '/api/session', { name, password: 'correct horse' })).status).toBe(429);
  }
  for (const name of names.slice(3)) expect((await new Page().ask('POST', '/api/session', { name, password: 'correct horse' })).status).not.toBe(200);
  await owner.ask('DELETE', '/api/session');
  expect((await owner.ask('POST', '/api/session', { name: 'Guessed', password: 'correct horse' })).status).toBe(200);
  await guessUntilRefused(owner, 'Guessed');
  expect((await owner.ask('POST', '/api/session', { name: 'Guessed', password: 'correct horse' })).status).toBe(429);
});

test('signing out everywhere and a new password end what others hold', async () => {
  const [here, there] = [await signedUp('Twice'), new Page()];
  await there.ask('POST', '/api/session', { name: 'Twice', password: 'correct horse' });
  expect((await there.ask('POST', '/api/session/refresh')).status).toBe(200);
  expect((await here.ask('DELETE', '/api/sessions')).status).toBe(200);
  expect((await there.ask('POST', '/api/session/refresh')).status).toBe(401);
  await here.ask('POST', '/api/session', { name: 'Twice', password: 'correct horse' });
  expect((await here.ask('PUT', '/api/accounts/password', { password: 'wrong horse', newPassword: 'battery staple' })).body.code).toBe('wrong-sign-in');
  expect((await here.ask('PUT', '/api/accounts/password', { password: 'correct horse', newPassword: 'battery staple' })).status).toBe(200);
  expect((await here.ask('POST', '/api/session/refresh')).status).toBe(200);
  expect((await there.ask('POST', '/api/session', { name: 'Twice', password: 'correct horse' })).status).toBe(403);
});

test('rooms, favourites and what was heard are kept; in a room one is who one was', async () => {
  const page = await signedUp('Keeper');
  const room = (await page.ask('POST', '/api/rooms', { name: 'Kay' })).body as unknown as Joined;
  const client = await Client.join(server.base, room);
  expect(await client.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  expect((await page.ask('GET', '/api/me/rooms')).body).toEqual({ rooms: [{ code: room.code }] });
  expect(((await page.ask('GET', '/api/me/heard')).body.heard as { title: string }[])[0]?.title).toBe('Demo track');
  for (const link of ['https://a.example/1', 'https://a.example/2', 'https://a.example/1']) expect((await page.ask('PUT', '/api/me/favourites', { link, title: 'A song', durationMs: 1000 })).status).toBe(200);
  expect((await page.ask('PUT', '/api/me/favourites', { link: 'file:///etc/passwd' })).body.code).toBe('bad-link');
  expect((await page.ask('DELETE', '/api/me/favourites', { link: 'https://a.example/2' })).status).toBe(200);
  expect((await page.ask('GET', '/api/me/favourites')).body.favourites).toMatchObject([{ link: 'https://a.example/1', title: 'A song', durationMs: 1000 }]);
  const again = (await page.ask('POST', `/api/rooms/${room.code}/members`, { name: 'Kay on the phone' })).body as unknown as Joined;
  expect(again.member.id).toBe(room.member.id);
  const phone = await Client.join(server.base, again);
  expect(await phone.command({ op: 'name', name: 'Still the host' })).toBeNull();
  client.close();
  phone.close();
});

test('who was kicked may come back as somebody new, who was banned may not', async () => {
  const [host, guest] = [await signedUp('Housekeeper'), await signedUp('Guest of it')];
  const room = (await host.ask('POST', '/api/rooms', { name: 'Hal' })).body as unknown as Joined;
  const ruler = await Client.join(server.base, room);
  const come = async () => (await guest.ask('POST', `/api/rooms/${room.code}/members`, { name: 'Gus' })).body as unknown as Joined;
  const first = await come();
  let client = await Client.join(server.base, first);
  expect(await ruler.command({ op: 'role', member: first.member.id, role: 'dj' })).toBeNull();
  expect(await ruler.command({ op: 'kick', member: first.member.id })).toBeNull();
  await until('the kick', () => client.closed?.code === 4403);
  const second = await come();
  expect(second.member.id).not.toBe(first.member.id);
  client = await Client.join(server.base, second);
  expect(await client.command({ op: 'rights', preset: 'vote' })).toMatchObject({ code: 'not-allowed' });
  expect((await come()).member.id).toBe(second.member.id);
  expect(await ruler.command({ op: 'ban', member: second.member.id })).toBeNull();
  await until('the ban', () => client.closed?.code === 4403);
  expect(await come()).toMatchObject({ code: 'banned' });
  expect(await ruler.command({ op: 'unban', member: second.member.id })).toBeNull();
  expect((await come()).member.id).toBe(second.member.id);
  ruler.close();
});

test('a deleted account is gone with all it kept', async () => {
  const page = await signedUp('Leaver');
  await page.ask('PUT', '/api/me/favourites', { link: 'https://a.example/1' });
  expect((await page.ask('DELETE', '/api/accounts', { password: 'wrong horse' })).body.code).toBe('wrong-sign-in');
  expect((await page.ask('DELETE', '/api/accounts', { password: 'correct horse' })).status).toBe(200);
  expect(server.sql("SELECT count(*) FROM accounts WHERE name = 'Leaver'")).toBe('0');
  expect(server.sql("SELECT count(*) FROM favourites LEFT JOIN accounts ON accounts.id = account_id WHERE accounts.id IS NULL")).toBe('0');
  expect((await new Page().ask('POST', '/api/session', { name: 'Leaver', password: 'correct horse' })).status).toBe(403);
  expect(server.log).not.toMatch(/correct horse|battery staple/);
});
