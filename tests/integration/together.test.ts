// What makes a room more than a player: the queue, votes, roles, talk, and how they hold up against who does not mean well.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom, type Joined } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;
const environment = { ...process.env };

beforeAll(async () => {
  media = await MediaServer.start();
  process.env.PYTHONPATH = join(fileURLToPath(new URL('..', import.meta.url)), 'fixtures/plugins');
  process.env.MUSICSPACE_TEST_MEDIA = media.base;
  server = await TestServer.start('--search', 'testsearch', '--links-per-minute', '0');
});
afterAll(async () => {
  process.env = environment;
  await server.stop();
  media.stop();
});

const noise = (number: number): { link: string; title: string; durationMs: number } => ({ link: `${media.base}/ranges/noise.mp3?n=${String(number)}`, title: `Song ${String(number)}`, durationMs: 20_000 });
const titles = (client: Client): string[] => (client.state?.queue ?? []).map((item) => item.title);
const idOf = (client: Client, title: string): string => client.state?.queue.find((item) => item.title === title)?.id ?? 'none';

interface Party {
  room: Joined;
  host: Client;
  dj: Client;
  guest: Client;
  djId: string;
  guestId: string;
  leave: () => void;
}

async function party(): Promise<Party> {
  const room = await createRoom(server.base, 'Hana');
  const [second, third] = [await joinRoom(server.base, room.code, 'Dora'), await joinRoom(server.base, room.code, 'Gus')];
  const host = await Client.join(server.base, room);
  const [dj, guest] = [await Client.join(server.base, second), await Client.join(server.base, third)];
  expect(await host.command({ op: 'role', member: second.member.id, role: 'dj' })).toBeNull();
  return { room, host, dj, guest, djId: second.member.id, guestId: third.member.id, leave: () => { for (const each of [host, dj, guest]) each.close(); } };
}

async function playing(client: Client, songs: number): Promise<void> {
  expect(await client.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  if (songs > 0) expect(await client.command({ op: 'addMany', items: Array.from({ length: songs }, (_, number) => noise(number)) })).toBeNull();
  await until('the queue', () => client.state?.queue.length === songs);
}

test('the queue: next, moved, shuffled, cleared, put back', async () => {
  const { host, leave } = await party();
  await playing(host, 4);
  expect(await host.command({ op: 'add', link: noise(9).link, next: true })).toBeNull();
  await until('what it is called', () => host.state?.queue[0]?.title === 'noise' && !host.state.queue[0].listing);
  expect(await host.command({ op: 'move', item: idOf(host, 'Song 3'), before: idOf(host, 'Song 0') })).toBeNull();
  await until('the move', () => titles(host).join() === 'noise,Song 3,Song 0,Song 1,Song 2');
  expect(await host.command({ op: 'move', item: idOf(host, 'noise'), before: null })).toBeNull();
  await until('the end', () => titles(host).join() === 'Song 3,Song 0,Song 1,Song 2,noise');
  const before = host.state?.queue[1];
  expect(await host.command({ op: 'remove', item: idOf(host, 'Song 3') })).toBeNull();
  expect(await host.command({ op: 'move', item: '99999', before: null })).toMatchObject({ code: 'not-queued' });
  expect(await host.command({ op: 'addMany', items: [noise(3)], before: before?.id })).toBeNull();
  await until('it is back', () => titles(host).join() === 'Song 3,Song 0,Song 1,Song 2,noise');
  expect(await host.command({ op: 'addMany', items: [noise(5)], before: '99999' })).toMatchObject({ code: 'not-queued' });
  expect(await host.command({ op: 'shuffle' })).toBeNull();
  expect([...titles(host)].sort()).toEqual(['Song 0', 'Song 1', 'Song 2', 'Song 3', 'noise']);
  expect(await host.command({ op: 'playItem', item: idOf(host, 'Song 2') })).toBeNull();
  await until('it plays', () => host.state?.track?.link === noise(2).link);
  expect(await host.command({ op: 'previous' })).toBeNull();
  await until('what was before', () => host.state?.track?.link === 'musicspace:demo' && host.state.queue[0]?.link === noise(2).link);
  expect(await host.command({ op: 'clear' })).toBeNull();
  await until('nothing', () => host.state?.queue.length === 0);
  leave();
});

test('of two who skip at once one skips; two who move at once leave one order', async () => {
  const { host, dj, leave } = await party();
  await playing(host, 4);
  await until('both see it', () => dj.state?.queue.length === 4 && dj.state.track);
  const item = host.state?.track?.item;
  const both = await Promise.all([host.command({ op: 'skip', item }), dj.command({ op: 'skip', item })]);
  expect(both.map((problem) => problem?.code ?? 'done').sort()).toEqual(['done', 'stale-epoch']);
  await until('the first', () => host.state?.track?.link === noise(0).link);
  const [first, last] = [idOf(host, 'Song 1'), idOf(host, 'Song 3')];
  expect(await Promise.all([host.command({ op: 'move', item: first, before: null }), dj.command({ op: 'move', item: last, before: first })])).toEqual([null, null]);
  await until('one order', () => titles(host).join() === titles(dj).join() && titles(host).length === 3 && titles(host)[0] === 'Song 2');
  const [kept, gone] = await Promise.all([host.command({ op: 'remove', item: first }), dj.command({ op: 'move', item: last, before: first })]);
  expect([kept?.code ?? 'done', gone?.code ?? 'done'].filter((code) => !['done', 'not-queued'].includes(code))).toEqual([]);
  leave();
});

test('repeat: one track again and again, or all of them', async () => {
  const { host, leave } = await party();
  expect(await host.command({ op: 'play', link: noise(1).link })).toBeNull();
  await host.status('playing');
  expect(await host.command({ op: 'repeat', mode: 'one' })).toBeNull();
  expect(await host.command({ op: 'seek', positionMs: 17_500 })).toBeNull();
  const { epoch } = await until('the seam', () => host.state?.upcoming && host.state);
  await until('the same track again', () => (host.state?.epoch ?? 0) > epoch && host.state?.track?.link === noise(1).link && host.state.status === 'playing', 15_000);
  expect(await host.command({ op: 'repeat', mode: 'all' })).toBeNull();
  expect(await host.command({ op: 'addMany', items: [noise(2)] })).toBeNull();
  expect(await host.command({ op: 'skip' })).toBeNull();
  await until('the other', () => host.state?.track?.link === noise(2).link);
  await until('the first is queued again', () => host.state?.queue[0]?.link === noise(1).link);
  expect(await host.command({ op: 'repeat', mode: 'twice' })).toMatchObject({ code: 'bad-message' });
  leave();
});

test('a playlist becomes its tracks, up to the limit; what does not play is marked and passed over', async () => {
  const { host, leave } = await party();
  await playing(host, 0);
  expect(await host.command({ op: 'add', link: `${media.base}/playlist/5-dead1` })).toBeNull();
  await until('it is being looked at', () => host.states.some((state) => state.queue[0]?.listing === true));
  await until('its tracks', () => titles(host).join() === 'Song 0,Song 1,Song 2,Song 3,Song 4', 20_000);
  expect(host.state?.queue[3]).toMatchObject({ artist: 'The Testers', durationMs: 23_000, requestedBy: 'Hana', listing: false });
  expect(await host.command({ op: 'remove', item: idOf(host, 'Song 0') })).toBeNull();
  expect(await host.command({ op: 'skip' })).toBeNull();
  await until('the one behind', () => host.state?.track?.link === noise(2).link, 20_000);
  expect(host.state?.queue[0]).toMatchObject({ title: 'Song 1' });
  expect(host.state?.queue[0]?.unplayable).toMatch(/\.$/);
  expect(await host.command({ op: 'add', link: `${media.base}/playlist/5000` })).toBeNull();
  await until('as many as fit', () => host.state?.queue.length === 500, 30_000);
  await until('what did not', () => /did not fit/.test(host.state?.notice ?? ''));
  expect(await host.command({ op: 'add', link: noise(1).link })).toMatchObject({ code: 'queue-full' });
  leave();
});

test('a playlist that is played: its first track at once, the others behind it', async () => {
  const { host, leave } = await party();
  expect(await host.command({ op: 'play', link: `${media.base}/playlist/3` })).toBeNull();
  await host.status('playing');
  await until('the others', () => titles(host).join() === 'Song 1,Song 2', 20_000);
  leave();
});

test('a dead first track does not keep a playlist from playing in a silent room', async () => {
  const { host, leave } = await party();
  expect(await host.command({ op: 'add', link: `${media.base}/playlist/3-dead0` })).toBeNull();
  await until('the second plays', () => host.state?.track?.link === noise(1).link, 30_000);
  leave();
});

test('votes decide what is next; half of those present skip', async () => {
  const { host, dj, guest, leave } = await party();
  await playing(host, 3);
  const song = (number: number): string => idOf(host, `Song ${String(number)}`);
  expect(await guest.command({ op: 'vote', item: song(2), on: true })).toMatchObject({ code: 'not-applicable' });
  expect(await host.command({ op: 'rights', preset: 'vote' })).toBeNull();
  for (const [client, number] of [[guest, 2], [dj, 2], [host, 1]] as const) expect(await client.command({ op: 'vote', item: song(number), on: true })).toBeNull();
  expect(await guest.command({ op: 'vote', item: song(2), on: true })).toBeNull(); // once is once
  await until('the tally', () => host.state?.queue.map((item) => item.votes).join() === '0,1,2');
  expect(await guest.command({ op: 'move', item: song(0), before: null })).toMatchObject({ code: 'not-allowed' });
  expect(await guest.command({ op: 'skip' })).toMatchObject({ code: 'not-allowed' });
  expect(await guest.command({ op: 'voteSkip', on: true })).toBeNull();
  await until('one of two', () => host.state?.skipVotes.voters.length === 1 && host.state.skipVotes.needed === 2);
  expect(await guest.command({ op: 'voteSkip', on: false })).toBeNull();
  expect(await guest.command({ op: 'voteSkip', on: true })).toBeNull();
  expect(await dj.command({ op: 'voteSkip', on: true })).toBeNull();
  await until('the winner', () => host.state?.track?.link === noise(2).link, 15_000);
  expect(host.state?.skipVotes.voters).toEqual([]);
  // Two are left, and one of them has voted: that is half.
  expect(await guest.command({ op: 'voteSkip', on: true })).toBeNull();
  dj.close();
  await until('the next winner', () => host.state?.track?.link === noise(1).link, 15_000);
  leave();
});

const CONTROL = [{ op: 'pause' }, { op: 'resume' }, { op: 'seek', positionMs: 1 }, { op: 'speed', speed: 1 }, { op: 'volume', volume: 1 }, { op: 'normalize', on: true }, { op: 'metronome', on: false }, { op: 'sleep', minutes: 0 }, { op: 'playItem', item: 'ITEM' }, { op: 'stop' }, { op: 'play', link: 'musicspace:demo' }];
const ADD = [{ op: 'add', link: 'musicspace:demo' }, { op: 'addMany', items: [{ link: 'musicspace:demo' }] }];
const REORDER = [{ op: 'move', item: 'ITEM', before: null }, { op: 'shuffle' }, { op: 'repeat', mode: 'off' }, { op: 'remove', item: 'ITEM' }, { op: 'clear' }];
const SKIP = [{ op: 'skip' }, { op: 'previous' }];
const ANYBODY = [{ op: 'voteSkip', on: false }, { op: 'chat', text: 'Hello' }, { op: 'react', reaction: '🔥' }];
const HOST = [{ op: 'name', name: 'x' }, { op: 'lock', on: false }, { op: 'password', password: '' }, { op: 'role', member: 'MEMBER', role: 'listener' }, { op: 'rights', preset: 'PRESET' }, { op: 'kick', member: '1' }, { op: 'ban', member: '1' }, { op: 'unban', member: '1' }];
const PRESETS: Record<string, Record<'control' | 'add' | 'reorder' | 'skip', number>> = {
  everyone: { control: 0, add: 0, reorder: 0, skip: 0 },
  djs: { control: 1, add: 1, reorder: 1, skip: 1 },
  host: { control: 2, add: 2, reorder: 2, skip: 2 },
  vote: { control: 1, add: 0, reorder: 1, skip: 1 },
};

test.each(Object.keys(PRESETS))('each command by each role, with the preset "%s"', async (preset) => {
  const { room, host, dj, guest, leave } = await party();
  const rights = PRESETS[preset] ?? PRESETS.everyone;
  const absent = (await joinRoom(server.base, room.code, 'Abby')).member.id;
  expect(await host.command({ op: 'rights', preset })).toBeNull();
  const rows: [object[], number][] = [[CONTROL, rights?.control ?? 0], [ADD, rights?.add ?? 0], [REORDER, rights?.reorder ?? 0], [SKIP, rights?.skip ?? 0], [ANYBODY, 0], [HOST, 2]];
  const holes: string[] = [];
  for (const [role, client] of [guest, dj, host].entries()) {
    for (const [commands, least] of rows) {
      for (const command of commands) {
        if (!host.state?.queue.length || !host.state.track) {
          await call(server.base, 'POST', `/api/rooms/${room.code}/commands`, { op: 'play', link: 'musicspace:demo' }, room.token);
          await call(server.base, 'POST', `/api/rooms/${room.code}/commands`, { op: 'addMany', items: [noise(1), noise(2)] }, room.token);
          await until('something to act on', () => host.state?.queue.length && host.state.track);
        }
        const item = host.state?.queue[0]?.id;
        const filled = JSON.parse(JSON.stringify(command).replace('ITEM', item ?? '').replace('MEMBER', absent).replace('PRESET', preset)) as object;
        const problem = await client.command(filled);
        if ((problem?.code === 'not-allowed') !== role < least) holes.push(`${JSON.stringify(command)} by ${['a listener', 'a DJ', 'the host'][role] ?? ''}: ${problem?.code ?? 'done'}`);
      }
    }
  }
  expect(holes).toEqual([]);
  leave();
}, 120_000);

test('who added a track may take it out again, though others may not', async () => {
  const { host, guest, leave } = await party();
  await playing(host, 1);
  expect(await host.command({ op: 'rights', preset: 'vote' })).toBeNull();
  expect(await guest.command({ op: 'addMany', items: [noise(7)] })).toBeNull();
  await until('both', () => guest.state?.queue.length === 2);
  expect(await guest.command({ op: 'remove', item: idOf(guest, 'Song 0') })).toMatchObject({ code: 'not-allowed' });
  expect(await guest.command({ op: 'remove', item: idOf(guest, 'Song 7') })).toBeNull();
  leave();
});

test('kicked and banned: out at once, and the token is worth nothing', async () => {
  const { room, host, dj, guest, djId, guestId, leave } = await party();
  const guestToken = (await joinRoom(server.base, room.code, 'Zoe')).token;
  expect(await host.command({ op: 'kick', member: room.member.id })).toMatchObject({ code: 'not-applicable', detail: 'You cannot remove yourself. Leave the room instead.' });
  expect(await host.command({ op: 'kick', member: '999999' })).toMatchObject({ code: 'not-here' });
  expect(await guest.command({ op: 'kick', member: room.member.id })).toMatchObject({ code: 'not-allowed' });
  expect(await host.command({ op: 'kick', member: djId })).toBeNull();
  await until('the kick', () => dj.closed?.code === 4403);
  expect(await host.command({ op: 'ban', member: guestId })).toBeNull();
  await until('the ban', () => guest.closed?.code === 4403);
  await until('who is banned', () => host.state?.banned[0]?.name === 'Gus');
  expect((await call(server.base, 'POST', `/api/rooms/${room.code}/commands`, { op: 'pause' }, guestToken)).body.code).toBe('nothing-playing');
  expect(await host.command({ op: 'unban', member: guestId })).toBeNull();
  expect(await host.command({ op: 'unban', member: guestId })).toMatchObject({ code: 'not-here' });
  leave();
});

test('a password and a lock keep people out, and say so', async () => {
  const { room, host, leave } = await party();
  const enter = (password?: string) => call(server.base, 'POST', `/api/rooms/${room.code}/members`, { name: 'Pia', ...(password === undefined ? {} : { password }) });
  expect(await host.command({ op: 'password', password: 'sesame' })).toBeNull();
  await until('it is told', () => host.state?.hasPassword);
  expect(await enter()).toMatchObject({ status: 403, body: { code: 'password-needed' } });
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}`)).status).toBe(401);
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}`, undefined, room.token)).body.listenerCount).toBe(3);
  expect(await enter('Sesame')).toMatchObject({ status: 403, body: { code: 'wrong-password' } });
  expect(await enter('s'.repeat(60_000))).toMatchObject({ status: 403, body: { code: 'wrong-password' } });
  expect((await enter('sesame')).status).toBe(201);
  for (let tries = 0; tries < 8; tries += 1) await enter('guess');
  expect(await enter('sesame')).toMatchObject({ status: 429, body: { code: 'too-many-tries' } });
  expect(await host.command({ op: 'password', password: 'x'.repeat(129) })).toMatchObject({ code: 'bad-password' });
  expect(await host.command({ op: 'password', password: '' })).toBeNull();
  expect(await host.command({ op: 'lock', on: true })).toBeNull();
  expect(await enter()).toMatchObject({ status: 403, body: { code: 'room-locked' } });
  expect(server.sql('SELECT string_agg(arguments::text, \'\') FROM room_events')).not.toContain('sesame');
  expect(server.log).not.toContain('sesame');
  leave();
});

test('the host hands over; a host who leaves is still the host on coming back', async () => {
  const { room, host, dj, djId, leave } = await party();
  expect(await host.command({ op: 'role', member: room.member.id, role: 'listener' })).toMatchObject({ code: 'not-applicable' });
  expect(await host.command({ op: 'role', member: djId, role: 'host' })).toBeNull();
  await until('the new host', () => dj.state?.listeners.find((each) => each.id === djId)?.role === 'host');
  expect(await host.command({ op: 'lock', on: true })).toMatchObject({ code: 'not-allowed' });
  expect(await host.command({ op: 'pause' })).toMatchObject({ code: 'nothing-playing' });
  leave();
});

test('talk reaches everybody and who comes later, not too fast and not too long', async () => {
  const { room, host, guest, leave } = await party();
  const line = '<img src=x onerror=alert(1)> \'; DROP TABLE rooms; -- 🎶';
  expect(await guest.command({ op: 'chat', text: line })).toBeNull();
  await until('the line', () => host.lines[0]?.text === line && host.lines[0].name === 'Gus');
  expect(await guest.command({ op: 'react', reaction: '🎉' })).toBeNull();
  await until('the reaction', () => host.reactions[0]?.reaction === '🎉');
  for (const [text, code] of [['', 'bad-text'], ['x'.repeat(501), 'bad-text'], ['a\u202eb', 'bad-text'], [7, 'bad-text']] as const) expect(await guest.command({ op: 'chat', text })).toMatchObject({ code });
  expect(await guest.command({ op: 'react', reaction: '<b>' })).toMatchObject({ code: 'bad-message' });
  const answers = await Promise.all(Array.from({ length: 30 }, (_, number) => guest.command({ op: 'chat', text: `Line ${String(number)}` })));
  expect(answers.filter((answer) => answer?.code === 'too-fast').length).toBe(23);
  const late = await Client.join(server.base, await joinRoom(server.base, room.code, 'Late'));
  await until('what was said before', () => late.lines.length === 8 && late.lines[0]?.text === line);
  late.close();
  leave();
});

test('numbers out of bounds change nothing', async () => {
  const { host, leave } = await party();
  await playing(host, 1);
  for (const command of [{ op: 'volume', volume: 1e308 }, { op: 'volume', volume: -0.1 }, { op: 'volume', volume: null }, { op: 'speed', speed: 0 }, { op: 'speed', speed: 99 }, { op: 'sleep', minutes: 1e9 }, { op: 'vote', item: '-1', on: true }, { op: 'role', member: '1', role: 'king' }, { op: 'rights', preset: 'chaos' }, { op: 'rights', control: 'dj' }, { op: 'addMany', items: [] }, { op: 'addMany', items: [{ link: 'file:///etc/passwd' }] }, { op: 'addMany', items: Array.from({ length: 501 }, () => ({ link: 'musicspace:demo' })) }])
    expect(['bad-message', 'bad-link']).toContain((await host.command(command))?.code);
  host.send('{"type":"command","id":7777,"op":"volume","volume":NaN}');
  await until('an answer', () => host.errors.some((error) => error.problem.code === 'bad-message' && error.id === null));
  expect(host.state).toMatchObject({ volume: 1, speed: 1, sleepAtUs: null });
  leave();
});

test('volume is the room’s, and the sleep timer is told', async () => {
  const { host, guest, leave } = await party();
  expect(await host.command({ op: 'volume', volume: 0.35 })).toBeNull();
  await until('the volume', () => guest.state?.volume === 0.35);
  expect(await host.command({ op: 'sleep', minutes: 30 })).toBeNull();
  await until('the timer', () => (guest.state?.sleepAtUs ?? 0) > 0);
  leave();
});

test('what was played is remembered, by whom', async () => {
  const { room, host, leave } = await party();
  await playing(host, 0);
  const history = await until('the history', async () => {
    const answer = (await call(server.base, 'GET', `/api/rooms/${room.code}/history`, undefined, room.token)).body as unknown as { plays: { title: string; requestedBy: string; startedAtMs: number }[] };
    return answer.plays.length === 1 && answer.plays;
  });
  expect(history[0]).toMatchObject({ title: 'Demo track', requestedBy: 'Hana' });
  expect(Math.abs((history[0]?.startedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  expect((await call(server.base, 'GET', `/api/rooms/${room.code}/history`)).status).toBe(401);
  leave();
});

interface Found { found: { link: string; title: string; durationMs: number; artworkUrl: string }[] }

test('a search finds tracks with length and picture; pictures come through this server only', async () => {
  const { room, leave } = await party();
  const search = async (words: string) => call(server.base, 'GET', `/api/rooms/${room.code}/search?q=${encodeURIComponent(words)}`, undefined, room.token);
  const { found } = (await search('slow & low')).body as unknown as Found;
  expect(found).toHaveLength(12);
  expect(found[1]).toMatchObject({ title: 'slow & low 1', durationMs: 101_000, link: `${media.base}/ranges/noise.mp3?found=1` });
  const picture = await fetch(server.base + (found[0]?.artworkUrl ?? ''));
  expect(picture.headers.get('content-type')).toBe('image/png');
  expect((await fetch(`${server.base}${found[0]?.artworkUrl.replace('picture.png', 'other.png') ?? ''}`)).status).toBe(404);
  expect(((await search('nothing')).body as unknown as Found).found).toEqual([]);
  expect((await search('')).body.code).toBe('bad-search');
  const asked = await Promise.all(Array.from({ length: 40 }, (_, number) => search(`words ${String(number)}`)));
  expect(asked.some((answer) => answer.status === 429)).toBe(true);
  leave();
});

test('only this server’s own pages may open a WebSocket from a browser', async () => {
  const { default: WebSocket } = await import('ws');
  const opens = (origin: string) =>
    new Promise<boolean>((done) => {
      const socket = new WebSocket(`${server.base.replace('http', 'ws')}/ws`, 'musicspace.v1', { origin });
      socket.on('open', () => { socket.close(); done(true); });
      socket.on('error', () => { done(false); });
    });
  expect(await opens(server.base)).toBe(true);
  expect(await opens('https://evil.example')).toBe(false);
  expect(await opens('null')).toBe(false);
});
