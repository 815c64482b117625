// One pull for everything: bit rates, speeds, seeks; and addresses that expire while a track plays.

import { expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom } from '../fixtures/client';
import { type MediaServer, PICTURE, SECONDS } from '../fixtures/media_server';
import { SANITIZED } from '../fixtures/sanitized';
import type { TestServer } from '../fixtures/server';
import { withServerAndMedia } from '../fixtures/server_and_media';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;

withServerAndMedia((started) => {
  ({ server, media } = started);
});

const current = (client: Client) => client.frames.filter((frame) => frame.epoch === client.state?.epoch);

test('ten seeks, two speeds and every bit rate of a four-minute track pull its file once', async () => {
  media.addLong('four_minutes.mp3', 240);
  const joined = await createRoom(server.base);
  const ada = await Client.join(server.base, joined);
  await ada.command({ op: 'play', link: `${media.base}/ranges/four_minutes.mp3` });
  for (let i = 0; i < 10; i += 1) {
    expect(await ada.command({ op: 'seek', positionMs: ((i * 7) % 10) * 23_000 })).toBeNull();
    await until('its frames', () => current(ada).length > 0);
  }
  for (const tier of [24, 48, 160, 96]) {
    ada.send({ type: 'tier', tier });
    await until(`tier ${String(tier)}`, () => current(ada).at(-1)?.tier === [24, 48, 96, 160].indexOf(tier));
    await ada.command({ op: 'seek', positionMs: 1000 });
  }
  for (const speed of [1.5, 0.75]) {
    expect(await ada.command({ op: 'speed', speed })).toBeNull();
    await until('its frames', () => ada.state?.timeline.speed === speed && current(ada).length > 0);
  }
  await until('the whole file to be here, as its loudness is known', () => ada.state?.track?.gainDb !== null && media.rangedBytes >= media.sizeOf('four_minutes.mp3') * 0.99);
  // The server pulls bytes again that were on their way when a seek came. There are more of them where everything is slower.
  expect(media.rangedBytes).toBeLessThan(media.sizeOf('four_minutes.mp3') * (SANITIZED ? 1.3 : 1.05));
  ada.close();
}, 180_000);

test('a listener changes its bit rate at a frame’s edge, with pre-roll, and nobody else notices', async () => {
  const joined = await createRoom(server.base);
  const ada = await Client.join(server.base, joined);
  const ben = await Client.join(server.base, await joinRoom(server.base, joined.code, 'Ben'));
  await ada.command({ op: 'play', link: `${media.base}/ranges/noise.ogg` });
  await until('frames', () => current(ben).length >= 4);
  ben.send({ type: 'tier', tier: 24 });
  await until('the low one', () => current(ben).some((frame) => frame.tier === 0), 20_000);
  const frames = current(ben);
  for (const [i, frame] of frames.entries()) {
    const before = frames[i - 1];
    if (!before) continue;
    const changes = frame.tier !== before.tier;
    expect(frame.preRoll).toBe(changes ? 4 : 0);
    expect(frame.positionSamples + frame.preRoll * 960).toBe(before.positionSamples + before.packets.length * 960);
    expect(frame.playAtUs + frame.preRoll * 20_000).toBe(before.playAtUs + before.packets.length * 20_000);
  }
  expect(new Set(current(ada).map((frame) => frame.tier))).toEqual(new Set([2]));
  for (const client of [ada, ben]) client.close();
});

test('Opus reaches good lines as it is, and a wrong wish is told', async () => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  await ada.command({ op: 'play', link: `${media.base}/ranges/noise.webm` });
  const frame = await until('a frame', () => current(ada)[1]);
  expect(frame.tier).toBe(3);
  const packet = Buffer.from(frame.packets[2] ?? []);
  expect(packet.length).toBeGreaterThan(20);
  expect(media.fileOf('noise.webm').includes(packet)).toBe(true);
  ada.send({ type: 'tier', tier: 320 });
  expect((await until('an error', () => ada.errors[0])).problem.code).toBe('bad-message');
  ada.close();
});

test('at another speed media time runs faster, from the exact position', async () => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  await ada.command({ op: 'play', link: `${media.base}/ranges/noise.mp3` });
  const before = await ada.status('playing');
  expect(await ada.command({ op: 'speed', speed: 1.25 })).toBeNull();
  const after = await until('the new speed', () => (ada.state?.timeline.speed === 1.25 ? ada.state : undefined));
  expect(after.epoch).toBe(before.epoch + 1);
  const frames = await until('two frames', () => (current(ada).length >= 2 ? current(ada) : undefined));
  const [first, second] = frames;
  expect((second?.positionSamples ?? 0) - (first?.positionSamples ?? 0)).toBe((first?.packets.length ?? 0) * 1200);
  expect((second?.playAtUs ?? 0) - (first?.playAtUs ?? 0)).toBe((first?.packets.length ?? 0) * 20_000);
  expect(await ada.command({ op: 'speed', speed: 3 })).toMatchObject({ code: 'bad-message' });
  ada.close();
});

test('a track’s picture is fetched by the server and served by it, if it is one', async () => {
  const joined = await createRoom(server.base);
  const ada = await Client.join(server.base, joined);
  expect(await ada.command({ op: 'play', link: `${media.base}/page/picture.png` })).toBeNull();
  const path = await until('the picture', () => ada.state?.track?.artworkUrl);
  expect(path.startsWith(`/api/rooms/${joined.code}/artwork?key=`)).toBe(true);
  expect((await fetch(`${server.base}${path.slice(0, -1)}`)).status).toBe(404);
  const response = await fetch(server.base + path);
  expect(response.headers.get('content-type')).toBe('image/png');
  expect(Buffer.from(await response.arrayBuffer()).equals(PICTURE)).toBe(true);

  const asked = media.requests.length;
  expect(await ada.command({ op: 'play', link: `${media.base}/page/script.svg` })).toBeNull();
  await until('the other one is asked for', () => media.requests.slice(asked).includes('/cover/script.svg'));
  const answer = await call(server.base, 'GET', path);
  expect(answer).toMatchObject({ status: 404, type: 'application/problem+json', body: { code: 'no-artwork' } });
  expect(ada.state?.track?.artworkUrl).toBe('');
  ada.close();
});

test('an address that expires while the track plays is resolved anew, and nobody hears it', async () => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  expect(await ada.command({ op: 'play', link: `${media.base}/expiring/noise.mp3` })).toBeNull();
  const { epoch } = await ada.status('playing');
  await until('frames up to the end', () => ada.state?.status === 'idle', 30_000);
  expect(ada.state?.notice).toBe('');
  const frames = ada.frames.filter((frame) => frame.epoch === epoch);
  for (const [i, frame] of frames.entries()) {
    const before = frames[i - 1];
    if (before) expect(frame.positionSamples).toBe(before.positionSamples + before.packets.length * 960);
  }
  expect((frames.at(-1)?.positionSamples ?? 0) / 48_000).toBeGreaterThan(SECONDS - 1);
  expect(media.expired).toBeGreaterThan(0);
  // Who has only listened for longer than the dead are given is no dead: it is asked first.
  await until('it is asked whether it is there', () => ada.pings > 0 || ada.closed, 20_000);
  expect(ada.closed).toBeNull();
  ada.close();
}, 60_000);
