// Two browsers at the speakers of PipeWire, which most Linux desktops run. Limits are generous: the machine is busy with the browsers themselves.
// tests/bench/run sync 60 pipewire has the figures.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hears, launch, stats } from '../fixtures/browser';
import { Client, createRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { quantile } from '../fixtures/measure';
import { holesIn, lags } from '../fixtures/recording';
import { TestServer } from '../fixtures/server';
import { Speakers } from '../fixtures/speakers';
import { until } from '../fixtures/until';

const LISTENED_S = 20;
/** Where two speakers in a room begin to sound like two. */
const NEAR_MS = 5;
const started: (() => unknown)[] = [];
let speakers: Speakers;
const pages: Page[] = [];

beforeAll(async () => {
  const server = await TestServer.start();
  started.push(() => server.stop());
  const media = await MediaServer.start();
  started.push(() => { media.stop(); });
  media.addLong('long.mp3', 600);
  const room = await createRoom(server.base);
  const remote = await Client.join(server.base, room);
  started.push(() => { remote.close(); });
  expect(await remote.command({ op: 'play', link: `${media.base}/ranges/long.mp3` })).toBeNull();
  speakers = await Speakers.start('pipewire');
  started.push(() => { speakers.stop(); });
  for (const name of ['Bea', 'Cem']) {
    const browser = await launch(speakers);
    started.push(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${server.base}/r/${room.code}`);
    await page.getByRole('textbox', { name: 'Your name' }).pressSequentially(name, { delay: 100 });
    await page.getByRole('button', { name: 'Join room' }).click();
    await page.getByRole('list', { name: 'Listeners' }).getByText(name).waitFor();
    await hears(page);
    pages.push(page);
  }
  await until('both at the speakers', () => speakers.pan() === 2);
}, 60_000);
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
});

test('both are one sound, which does not jump about', async () => {
  const listen = async (seconds: number): Promise<{ offMs: number[]; holes: number }> => {
    const sound = await speakers.record(seconds);
    return {
      offMs: lags(sound).map(({ ms, likeness }) => (likeness > 0.5 ? Math.abs(ms) : Infinity)),
      holes: holesIn(sound.left, 0, seconds * 1000) + holesIn(sound.right, 0, seconds * 1000),
    };
  };
  await until('one sound', async () => {
    const { offMs, holes } = await listen(2);
    return holes === 0 && quantile(offMs, 0.5) < NEAR_MS;
  }, 40_000);
  const before = await Promise.all(pages.map(stats));
  const { offMs, holes } = await listen(LISTENED_S);
  const after = await Promise.all(pages.map(stats));
  expect(holes).toBe(0);
  expect(quantile(offMs, 0.5)).toBeLessThan(NEAR_MS);
  expect(quantile(offMs, 0.95)).toBeLessThan(2 * NEAR_MS);
  expect(after.map(({ resyncs }) => resyncs)).toEqual(before.map(({ resyncs }) => resyncs));
}, 120_000);
