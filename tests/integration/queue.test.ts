// The queue: its order, playlists, repeats, votes, and two who press at once.

import { expect, test } from 'vitest';
import type { Client } from '../fixtures/client';
import { idOf, Venue } from '../fixtures/party';
import { until } from '../fixtures/until';

const venue = new Venue();
const { party, noise, playing } = venue;
const titles = (client: Client): string[] => (client.state?.queue ?? []).map((item) => item.title);

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
  expect(await host.command({ op: 'add', link: `${venue.site.media.base}/playlist/5-dead1` })).toBeNull();
  await until('it is being looked at', () => host.states.some((state) => state.queue[0]?.listing === true));
  await until('its tracks', () => titles(host).join() === 'Song 0,Song 1,Song 2,Song 3,Song 4', 20_000);
  expect(host.state?.queue[3]).toMatchObject({ artist: 'The Testers', durationMs: 23_000, requestedBy: 'Hana', listing: false });
  expect(await host.command({ op: 'remove', item: idOf(host, 'Song 0') })).toBeNull();
  expect(await host.command({ op: 'skip' })).toBeNull();
  await until('the one behind', () => host.state?.track?.link === noise(2).link, 20_000);
  expect(host.state?.queue[0]).toMatchObject({ title: 'Song 1' });
  expect(host.state?.queue[0]?.unplayable).toMatch(/\.$/);
  expect(await host.command({ op: 'add', link: `${venue.site.media.base}/playlist/5000` })).toBeNull();
  await until('as many as fit', () => host.state?.queue.length === 500, 30_000);
  await until('what did not', () => /did not fit/.test(host.state?.notice ?? ''));
  expect(await host.command({ op: 'add', link: noise(1).link })).toMatchObject({ code: 'queue-full' });
  leave();
});

test('a playlist that is played: its first track at once, the others behind it', async () => {
  const { host, leave } = await party();
  expect(await host.command({ op: 'play', link: `${venue.site.media.base}/playlist/3` })).toBeNull();
  await host.status('playing');
  await until('the others', () => titles(host).join() === 'Song 1,Song 2', 20_000);
  leave();
});

test('a dead first track does not keep a playlist from playing in a silent room', async () => {
  const { host, leave } = await party();
  expect(await host.command({ op: 'add', link: `${venue.site.media.base}/playlist/3-dead0` })).toBeNull();
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

