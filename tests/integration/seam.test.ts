// One track after another: the next one's first sample is due at the instant after the last one's last.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Client, createRoom, joinRoom } from '../fixtures/client';
import { FIRST_SIDE, MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;
let ada: Client;

const link = (name: string): string => `${media.base}/ranges/${name}`;
const plays = (title: string) => until(`${title} plays`, () => ada.state?.track?.title === title && ada.state.status === 'playing');
const framesOf = (epoch: number) => ada.frames.filter((frame) => frame.epoch === epoch);
/** When the first side's end is due. */
const endUs = (timeline: { atUs: number; positionSamples: number }): number => timeline.atUs + Math.floor(((FIRST_SIDE - timeline.positionSamples) * 1e6) / 48_000);

/** The first side plays, and the second one stands ready behind it, both measured: however long that takes, the first is played again from its start. */
async function playBoth(): Promise<void> {
  expect(await ada.command({ op: 'play', link: link('first.flac') })).toBeNull();
  expect(await ada.command({ op: 'add', link: link('second.flac') })).toBeNull();
  await until('the second to be ready', async () => {
    if (ada.state?.track?.gainDb && ada.state.upcoming?.track?.gainDb) return true;
    const sent = framesOf(ada.state?.epoch ?? 0).at(-1)?.positionSamples ?? 0;
    if (sent > FIRST_SIDE / 2) await ada.command({ op: 'seek', positionMs: 0 });
    return false;
  }, 45_000);
}

beforeAll(async () => {
  media = await MediaServer.start();
  media.addTwoSides('first.flac', 'second.flac');
  server = await TestServer.start('--links-per-minute', '0');
});
beforeEach(async () => {
  ada = await Client.join(server.base, await createRoom(server.base));
});
afterEach(() => {
  ada.close();
});
afterAll(async () => {
  await server.stop();
  media.stop();
});

test('the second track is announced, sent ahead, and takes over at the sample', async () => {
  await playBoth();
  await ada.command({ op: 'seek', positionMs: 5000 });
  const first = await ada.status('playing');
  const { upcoming } = await until('the announcement', () => ada.state?.upcoming && ada.state);
  if (!upcoming) throw new Error('nothing is announced');
  expect(upcoming.timeline).toEqual({ running: true, positionSamples: 0, atUs: endUs(first.timeline), speed: 1 });
  expect(upcoming.epoch).toBe(first.epoch + 1);
  expect(upcoming.track?.title).toBe('second');
  await until('its first frames, while the first track is still heard', () => framesOf(upcoming.epoch).length > 0 && ada.state?.epoch === first.epoch);
  const [lead] = framesOf(upcoming.epoch);
  expect(lead?.positionSamples).toBe(-312);
  expect(lead?.playAtUs).toBe(upcoming.timeline.atUs - 6500);
  await plays('second');
  expect(ada.state).toMatchObject({ epoch: upcoming.epoch, timeline: upcoming.timeline, upcoming: null, queue: [] });
  expect(ada.state?.track?.gainDb).toBeCloseTo(first.track?.gainDb ?? NaN, 0);
  const covered = framesOf(first.epoch).map((frame) => frame.positionSamples + frame.packets.length * 960);
  expect(Math.max(...covered)).toBeGreaterThanOrEqual(FIRST_SIDE);
});

test('who joins shortly before the seam gets both sides of it', async () => {
  await playBoth();
  await ada.command({ op: 'seek', positionMs: 6000 });
  const { upcoming } = await until('frames of the next one', () => ada.state?.upcoming && framesOf(ada.state.upcoming.epoch).length > 2 && ada.state);
  const ben = await Client.join(server.base, await joinRoom(server.base, ada.state?.code ?? '', 'Ben'));
  await until('both', () => new Set(ben.frames.map((frame) => frame.epoch)).size === 2);
  expect(Math.max(...ben.frames.map((frame) => frame.epoch))).toBe(upcoming?.epoch);
  ben.close();
});

test('a seek shortly before the seam calls it off, and a later one is found anew', async () => {
  await playBoth();
  await ada.command({ op: 'seek', positionMs: 6500 });
  const called = await until('the announcement', () => ada.state?.upcoming);
  expect(await ada.command({ op: 'seek', positionMs: 7000 })).toBeNull();
  const after = await ada.status('playing');
  expect(after.epoch).toBeGreaterThan(called.epoch);
  const again = await until('another announcement', () => ada.state?.upcoming);
  expect(again.timeline.atUs).toBe(endUs(after.timeline));
  await plays('second');
});

test('what does not play is skipped with its reason, and the one behind it follows', async () => {
  await ada.command({ op: 'play', link: link('first.flac') });
  expect(await ada.command({ op: 'add', link: link('gone.mp3') })).toBeNull();
  expect(await ada.command({ op: 'add', link: link('second.flac') })).toBeNull();
  await ada.command({ op: 'seek', positionMs: 6000 });
  const state = await until('the dead one to be skipped', () => ada.state?.queue.some((item) => item.unplayable) && ada.state.notice && ada.state);
  expect(state.notice).toMatch(/^Skipped .*gone\.mp3: .*\.$/);
  await plays('second');
});

test('skip plays the next one; at the end of the queue the room falls silent', async () => {
  await ada.command({ op: 'play', link: link('first.flac') });
  await ada.command({ op: 'add', link: link('second.flac') });
  await ada.command({ op: 'skip' });
  await plays('second');
  await ada.command({ op: 'skip' });
  await ada.status('idle');
});

test('an item can be taken out; a stale or strange one is refused', async () => {
  await ada.command({ op: 'play', link: link('first.flac') });
  await ada.command({ op: 'add', link: link('second.flac') });
  const item = ada.state?.queue[0]?.id;
  expect(await ada.command({ op: 'remove', item })).toBeNull();
  await until('an empty queue', () => ada.state?.queue.length === 0);
  expect(await ada.command({ op: 'remove', item })).toMatchObject({ code: 'not-queued' });
  for (const bad of [undefined, 5, '', '-1', 'x', '1'.repeat(40)]) expect(await ada.command({ op: 'remove', item: bad })).toMatchObject({ code: 'bad-message' });
  await ada.command({ op: 'stop' });
});

test('loudness: the gain comes with the track, and can be turned off for the room', async () => {
  await ada.command({ op: 'play', link: link('noise.mp3') });
  const gain = await until('the gain', () => ada.state?.track?.gainDb);
  expect(gain).toBeGreaterThan(-24);
  expect(gain).toBeLessThan(12);
  expect(ada.state?.normalize).toBe(true);
  await ada.command({ op: 'normalize', on: false });
  await until('the change', () => ada.state?.normalize === false);
  expect(await ada.command({ op: 'normalize', on: 'yes' })).toMatchObject({ code: 'bad-message' });
});
