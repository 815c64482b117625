// Two browsers at the speakers of PipeWire, which most Linux desktops run. Limits are generous: the machine is busy with the browsers themselves.
// tests/bench/run sync 60 pipewire has the figures.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hears, launch, stats } from '../fixtures/browser';
import { Client, createRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { median } from '../fixtures/measure';
import { holesIn, lags } from '../fixtures/recording';
import { TestServer } from '../fixtures/server';
import { Speakers } from '../fixtures/speakers';
import { until } from '../fixtures/until';

const LISTENED_S = 6;
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
  await until('one sound', async () => {
    const before = await Promise.all(pages.map(stats));
    const sound = await speakers.record(LISTENED_S);
    const after = await Promise.all(pages.map(stats));
    const found = lags(sound);
    return found.every(({ likeness }) => likeness > 0.5) && median(found.map(({ ms }) => Math.abs(ms))) < 5
      && holesIn(sound.left, 0, LISTENED_S * 1000) + holesIn(sound.right, 0, LISTENED_S * 1000) === 0
      && after.every(({ resyncs }, i) => resyncs === before[i]?.resyncs);
  }, 60_000);
}, 90_000);
