// The description of the REST calls (docs/api/openapi.yaml) against the server: every route is in it, and what is sent and answered is as it says.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TestSite } from '../fixtures/test_site';
import { until } from '../fixtures/until';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
type Content = Record<string, { schema: object }>;
interface Operation { operationId: string; requestBody?: { content: Content }; responses: Record<string, { $ref?: string; content?: Content }> }
interface Api { paths: Record<string, Record<string, Operation>>; components: { responses: Record<string, { content?: Content }> } }

const api = parse(readFileSync(join(ROOT, 'docs/api/openapi.yaml'), 'utf8')) as Api;
const METHODS = ['get', 'post', 'put', 'delete'];
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(api, 'api');

let site: TestSite;
const seen = new Set<string>();

/** The schema at a place of the description: a list of keys. */
const validator = (...keys: string[]) => {
  const pointer = keys.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const validate = ajv.getSchema(`api#/${pointer}`);
  if (!validate) throw new Error(`no schema at ${pointer}`);
  return (value: unknown): string => (validate(value) ? '' : ajv.errorsText(validate.errors));
};

/** Asks, and checks the answer against what is described for it. */
async function ask(method: string, path: string, parameters: Record<string, string> = {}, body?: unknown, token?: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const operation = api.paths[path]?.[method];
  if (!operation) throw new Error(`${method} ${path} is not described`);
  seen.add(`${method} ${path}`);
  const filled = path.replace(/\{(\w+)\}/, (_, part: string) => encodeURIComponent(parameters[part] ?? ''));
  const query = new URLSearchParams(Object.entries(parameters).filter(([key]) => !path.includes(`{${key}}`))).toString();
  const response = await fetch(`${site.server.base}${filled}${query ? `?${query}` : ''}`, {
    method: method.toUpperCase(),
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const key = String(response.status) in operation.responses ? String(response.status) : 'default';
  const described = operation.responses[key];
  if (!described) throw new Error(`${method} ${path} answers ${String(response.status)}, which is not described`);
  const reference = described.$ref?.split('/').slice(1);
  const content = described.content ?? api.components.responses[reference?.[2] ?? '']?.content ?? {};
  const kind = Object.keys(content).find((each) => each === type || (each === 'image/*' && type.startsWith('image/')));
  if (!kind) throw new Error(`${method} ${path} answers ${String(response.status)} as ${type}, which is not described`);
  if (!type.endsWith('json')) {
    await response.arrayBuffer();
    return { status: response.status, body: {} };
  }
  const answer = (await response.json()) as Record<string, unknown>;
  const place = reference ?? ['paths', path, method, 'responses', key];
  expect(validator(...place, 'content', kind, 'schema')(answer), `${method} ${filled}: ${JSON.stringify(answer)}`).toBe('');
  return { status: response.status, body: answer };
}

beforeAll(async () => {
  site = await TestSite.start('--links-per-minute', '0');
});
afterAll(() => site.stop());

// YAML 1.1 takes `off` and `on` for booleans, and most programs that read the description do.
test('the description says the same to programs that read YAML 1.1', () => {
  expect(parse(readFileSync(join(ROOT, 'docs/api/openapi.yaml'), 'utf8'), { version: '1.1' })).toEqual(api);
});

test('every route of the server is described, and nothing else is', () => {
  const source = ['router', 'admin'].map((name) => readFileSync(join(ROOT, `relay/http/${name}.cpp`), 'utf8')).join('');
  const routes = [...source.matchAll(/\{"(GET|POST|PUT|DELETE)", "([^"]+)", &(?:Router|Admin)/g)].map(([, method = '', path = '']) => `${method.toLowerCase()} ${path}`);
  const described = Object.entries(api.paths).flatMap(([path, operations]) => Object.keys(operations).filter((key) => METHODS.includes(key)).map((method) => `${method} ${path}`));
  expect(routes.length).toBeGreaterThan(10);
  expect(described.map((each) => each.replace(/\{\w+\}/, '{}')).sort()).toEqual(routes.sort());
});

test('every call answers as described, good or bad', async () => {
  const { body: joined } = await ask('post', '/api/rooms', {}, { name: 'Ada' });
  const [code, token] = [String(joined.code), String(joined.token)];
  await ask('post', '/api/rooms/{code}/members', { code }, { name: 'Ben' });
  for (const name of ['', 'x'.repeat(41)]) expect((await ask('post', '/api/rooms/{code}/members', { code }, { name })).status).toBe(422);
  expect((await ask('post', '/api/rooms', {}, {})).status).toBe(422);
  expect((await ask('get', '/api/rooms/{code}', { code: 'ZZZZZ' })).status).toBe(404);
  await ask('post', '/api/rooms/{code}/commands', { code }, { op: 'play', link: `${site.media.base}/page/picture.png` }, token);
  await ask('post', '/api/rooms/{code}/commands', { code }, { op: 'add', link: `${site.media.base}/playlist/3-dead1` }, token);
  await until('the queue', async () => ((await ask('get', '/api/rooms/{code}', { code })).body.queue as unknown[]).length === 3, 20_000);
  expect((await ask('post', '/api/rooms/{code}/commands', { code }, { op: 'pause' })).status).toBe(401);
  const cover = await until('the picture', async () => ((await ask('get', '/api/rooms/{code}', { code })).body.track as { artworkUrl: string } | null)?.artworkUrl);
  expect((await ask('get', '/api/rooms/{code}/artwork', { code, key: new URLSearchParams(cover.split('?')[1]).get('key') ?? '' })).status).toBe(200);
  expect((await ask('get', '/api/rooms/{code}/artwork', { code, key: 'another' })).status).toBe(404);
  await until('what was played', async () => ((await ask('get', '/api/rooms/{code}/history', { code }, undefined, token)).body.plays as unknown[]).length === 1);
  expect((await ask('get', '/api/rooms/{code}/history', { code })).status).toBe(401);
  expect((await ask('get', '/api/rooms/{code}/members', { code }, undefined, token)).body.members).toMatchObject([{ name: 'Ada', role: 'host', listening: false }, { name: 'Ben' }]);
  const { found } = (await ask('get', '/api/rooms/{code}/search', { code, q: 'some words' }, undefined, token)).body as { found: { artworkUrl: string }[] };
  const picture = Object.fromEntries(new URLSearchParams(found[0]?.artworkUrl.split('?')[1]));
  expect((await ask('get', '/api/pictures', picture)).status).toBe(200);
  const { body: elsewhere } = await ask('post', '/api/rooms', {}, { name: 'Zed' });
  const forgeries: Record<string, string>[] = [{ url: 'http://127.0.0.1/' }, { key: '0' }, { until: String(Number(picture.until) + 3600) }, { member: '999' }, { room: String(elsewhere.code) }];
  for (const forged of forgeries)
    expect((await ask('get', '/api/pictures', { ...picture, ...forged })).status, JSON.stringify(forged)).toBe(404);
  expect((await ask('get', '/api/rooms/{code}/library', { code, folder: '' }, undefined, token)).status).toBe(422);
  for (const path of ['/api/about', '/healthz', '/readyz', '/metrics']) expect((await ask('get', path)).status).toBe(200);
  expect((await ask('post', '/api/reports', {}, { error: 'TypeError: a test', at: ['a.js:1:2'], browser: 'Firefox 128' })).status).toBe(200);
  expect((await ask('post', '/api/reports', {}, { at: [] })).status).toBe(422);
  const account = { name: 'Api', password: 'correct horse', bearer: true };
  expect((await ask('post', '/api/accounts', {}, account)).status).toBe(201);
  const bearer = String((await ask('post', '/api/session', {}, account)).body.token);
  for (const path of ['/api/session', '/api/me/rooms', '/api/me/heard', '/api/me/favourites']) {
    expect((await ask('get', path, {}, undefined, bearer)).status).toBe(200);
    expect((await ask('get', path)).status).toBe(401);
  }
  expect((await ask('put', '/api/me/favourites', {}, { link: 'https://a.example/1', title: 'x' }, bearer)).status).toBe(200);
  expect((await ask('get', '/api/me/favourites', {}, undefined, bearer)).body.favourites).toHaveLength(1);
  expect((await ask('delete', '/api/me/favourites', {}, { link: 'https://a.example/1' }, bearer)).status).toBe(200);
  const renewed = await ask('put', '/api/accounts/password', {}, { password: 'correct horse', newPassword: 'battery staple' }, bearer);
  expect((await ask('get', '/api/session', {}, undefined, bearer)).body.code).toBe('signed-out');
  expect((await ask('post', '/api/session/refresh')).status).toBe(401);
  expect((await ask('delete', '/api/session')).status).toBe(200);
  expect((await ask('delete', '/api/sessions', {}, undefined, String(renewed.body.token))).status).toBe(200);
  const last = String((await ask('post', '/api/session', {}, { ...account, password: 'battery staple' })).body.token);
  expect((await ask('delete', '/api/accounts', {}, { password: 'battery staple' }, last)).status).toBe(200);
  const key = readFileSync(join(site.server.dir, 'admin.key'), 'utf8').trim();
  expect((await ask('get', '/api/admin/rooms')).status).toBe(401);
  expect((await ask('get', '/api/admin/rooms', {}, undefined, key)).status).toBe(200);
  expect((await ask('put', '/api/admin/bans/{address}', { address: '192.0.2.1' }, undefined, key)).status).toBe(200);
  expect((await ask('get', '/api/admin/bans', {}, undefined, key)).body.bans).toEqual(['192.0.2.1']);
  expect((await ask('delete', '/api/admin/bans/{address}', { address: '192.0.2.1' }, undefined, key)).status).toBe(200);
  expect((await ask('post', '/api/admin/accounts', {}, { name: 'Lost' }, key)).status).toBe(201);
  expect((await ask('post', '/api/admin/accounts/{name}/reset', { name: 'lost' }, undefined, key)).status).toBe(200);
  expect((await ask('delete', '/api/admin/rooms/{code}', { code }, undefined, key)).status).toBe(200);
  const described = Object.entries(api.paths).flatMap(([path, operations]) => Object.keys(operations).filter((key) => METHODS.includes(key)).map((method) => `${method} ${path}`));
  expect([...seen].sort()).toEqual(described.sort());
});

const link = 'musicspace:demo';
const all = { control: 'dj', add: 'listener', reorder: 'dj', skip: 'host' };
const GOOD = [
  { op: 'pause' }, { op: 'resume', epoch: 3 }, { op: 'stop', epoch: null }, { op: 'skip' }, { op: 'skip', item: '3' }, { op: 'clear' }, { op: 'shuffle' }, { op: 'previous' }, { op: 'previous', track: true }, { op: 'play', link: ' https://a.example/b ' },
  { op: 'add', link }, { op: 'add', link, next: true }, { op: 'addMany', items: [{ link, title: 'x', artist: 'y', durationMs: 3 }] }, { op: 'addMany', items: [{ link }], before: null }, { op: 'addMany', items: [{ link, durationMs: null }], before: '7' },
  { op: 'seek', positionMs: 0.5 }, { op: 'speed', speed: 1.33 }, { op: 'volume', volume: 0 }, { op: 'remove', item: '1' }, { op: 'playItem', item: '1' }, { op: 'move', item: '1' }, { op: 'move', item: '1', before: '2' }, { op: 'repeat', mode: 'one' },
  { op: 'vote', item: '1', on: true }, { op: 'voteSkip', on: false }, { op: 'lock', on: false }, { op: 'normalize', on: true }, { op: 'metronome', on: false }, { op: 'role', member: '99', role: 'dj' }, { op: 'rights', preset: 'vote' },
  { op: 'rights', preset: 'everyone' }, { op: 'rights', ...all, byVotes: true, skipShare: 30 }, { op: 'kick', member: '9' }, { op: 'ban', member: '9' }, { op: 'unban', member: '9' }, { op: 'password', password: '' }, { op: 'name', name: 'Kitchen' },
  { op: 'name', name: '' }, { op: 'sleep', minutes: 0 }, { op: 'chat', text: 'Hello' }, { op: 'react', reaction: '🔥' }, { op: 'keep', on: false }, { op: 'close' },
];
const BAD = [
  {}, { op: 'dance' }, { op: 'play' }, { op: 'play', link: 'file:///etc/passwd' }, { op: 'add', link: 7 }, { op: 'addMany', items: [] }, { op: 'addMany', items: [{}] }, { op: 'addMany', items: [{ link }], before: 7 }, { op: 'seek' }, { op: 'seek', positionMs: -1 },
  { op: 'seek', positionMs: '1' }, { op: 'speed', speed: 3 }, { op: 'volume', volume: 1.01 }, { op: 'remove', item: 1 }, { op: 'move' }, { op: 'repeat', mode: 'never' }, { op: 'vote', item: '1' }, { op: 'lock', on: 1 }, { op: 'keep' }, { op: 'role', member: '9', role: 'king' },
  { op: 'rights' }, { op: 'rights', preset: 'chaos' }, { op: 'rights', control: 'dj' }, { op: 'rights', ...all, skipShare: 0 }, { op: 'kick' }, { op: 'password' }, { op: 'password', password: 'x'.repeat(129) }, { op: 'name', name: 'x'.repeat(61) },
  { op: 'sleep', minutes: -1 }, { op: 'chat', text: '' }, { op: 'chat', text: 'x'.repeat(501) }, { op: 'react', reaction: 'x' }, { op: 'pause', epoch: -1 }, { op: 'pause', epoch: 'x' },
];

test('what the description takes for a command, the server takes, and nothing else', async () => {
  const isCommand = validator('components', 'schemas', 'Command');
  const wrong: string[] = [];
  for (const [commands, expected] of [[GOOD, true], [BAD, false]] as const) {
    const { body: joined } = await ask('post', '/api/rooms', {}, { name: 'Ada' });
    for (const command of commands) {
      const answer = await ask('post', '/api/rooms/{code}/commands', { code: String(joined.code) }, command, String(joined.token));
      const { code } = answer.body;
      const understood = typeof code !== 'string' || !['bad-message', 'bad-link', 'bad-text', 'bad-name', 'bad-password'].includes(code);
      const described = isCommand(command) === '';
      if (understood !== expected || described !== expected) wrong.push(`${JSON.stringify(command).slice(0, 90)}: server ${String(understood)} (${JSON.stringify(answer.body.detail ?? '')}), description ${isCommand(command) || 'good'}`);
    }
  }
  expect(wrong).toEqual([]);
});
