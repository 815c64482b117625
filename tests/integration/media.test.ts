// Links of every kind through the real yt-dlp and the real FFmpeg libraries.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, createRoom } from '../fixtures/client';
import { FILES, type MediaServer, SECONDS } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { withServerAndMedia } from '../fixtures/server_and_media';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;
let ada: Client;

withServerAndMedia((started) => {
  ({ server, media } = started);
});
beforeAll(async () => {
  ada = await Client.join(server.base, await createRoom(server.base));
});
afterAll(() => {
  ada.close();
});

const play = (path: string) => ada.command({ op: 'play', link: `${media.base}/${path}` });

describe.each(['ranges', 'plain'])('a site that serves %s', (how) => {
  test.each(FILES)('%s plays, and seeks to its middle', async (file) => {
    ada.frames.length = 0;
    expect(await play(`${how}/${file}`)).toBeNull();
    const playing = await ada.status('playing');
    expect(Math.abs((playing.track?.durationMs ?? 0) - SECONDS * 1000)).toBeLessThan(200);
    await until('frames', () => ada.frames.some((frame) => frame.epoch === playing.epoch));

    expect(await ada.command({ op: 'seek', positionMs: 12_345 })).toBeNull();
    await until('sound from there', () => ada.state?.status === 'playing' && ada.state.timeline.positionSamples === 592_560);
    const frame = await until('its frames', () => ada.frames.find((each) => each.epoch === ada.state?.epoch));
    expect(frame.positionSamples).toBeLessThanOrEqual(592_560);
    expect(frame.positionSamples).toBeGreaterThan(592_560 - 6 * 960);
  });
});

test('a redirect is followed', async () => {
  expect(await play('redirect/noise.mp3')).toBeNull();
});

test('a slow site plays without a stall', async () => {
  expect(await play('slow/noise.mp3')).toBeNull();
  const { epoch } = await ada.status('playing');
  await until('five seconds of frames', () => ada.frames.filter((frame) => frame.epoch === epoch).length >= 12);
  expect(ada.state?.epoch).toBe(epoch);
});

test('a file that breaks off plays as far as it goes, then the room is idle', async () => {
  expect(await play('truncated/noise.mp3')).toBeNull();
  await ada.command({ op: 'seek', positionMs: 8_000 });
  await until('the end', () => ada.state?.status === 'idle', 20_000);
});

test('a track that ends leaves the room idle', async () => {
  expect(await play('ranges/noise.ogg')).toBeNull();
  expect(await ada.command({ op: 'seek', positionMs: SECONDS * 1000 - 700 })).toBeNull();
  await until('the end', () => ada.state?.status === 'idle');
});

describe('what does not play is explained to the one who asked, and the room plays on', () => {
  test.each([
    ['ranges/nothing.mp3', 'not-found'],
    ['html/page', 'unsupported'],
    ['ranges/picture.mp4', 'no-audio'],
    ['ranges/empty.mp3', 'unreadable'],
  ])('%s is %s', async (path, code) => {
    const ben = await Client.join(server.base, await createRoom(server.base, 'Ben'));
    expect(await ben.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
    const before = await ben.status('playing');
    const problem = await ben.command({ op: 'play', link: `${media.base}/${path}` });
    expect(problem).toMatchObject({ code });
    expect(problem?.detail).toMatch(/^[A-Z].*\.$/s);
    await until('nothing is pending', () => ben.state?.pending === null);
    expect(ben.state).toMatchObject({ status: 'playing', epoch: before.epoch, timeline: before.timeline });
    ben.close();
  });

  test('a closed port is told as such', async () => {
    expect(await ada.command({ op: 'play', link: 'http://127.0.0.1:1/a.mp3' })).toMatchObject({ code: 'no-network' });
  });
});

test('a newer link replaces one that hangs, whose asker is told', async () => {
  const hanging = ada.command({ op: 'play', link: `${media.base}/hang/x.mp3` });
  await until('it is opening', () => ada.state?.pending);
  expect(await ada.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  expect(await hanging).toMatchObject({ code: 'superseded' });
});

test('private addresses are refused where they are not allowed', async () => {
  const strict = await TestServer.start('--allow-private-sources=false');
  const ben = await Client.join(strict.base, await createRoom(strict.base));
  const asked = media.requests.length;
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f.1', '169.254.169.254', '[::ffff:127.0.0.1]']) {
    const problem = await ben.command({ op: 'play', link: `http://${host}:${new URL(media.base).port}/ranges/noise.mp3` });
    expect(problem, host).toMatchObject({ code: 'forbidden-target' });
  }
  expect(media.requests.length).toBe(asked);
  ben.close();
  await strict.stop();
});
