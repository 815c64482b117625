// Two browsers in time, heard at the speakers: one with all that https brings, one without, over a line that stalls. Limits are generous:
// the machine is busy with the browsers themselves. tests/bench/run sync has the figures.

import { hostname } from 'node:os';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hears, launch, stats } from '../fixtures/browser';
import { holesIn, lags } from '../fixtures/recording';
import { Speakers } from '../fixtures/speakers';
import { Client, createRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { median } from '../fixtures/measure';
import { TestServer } from '../fixtures/server';
import { SlowLine } from '../fixtures/slow_line';
import { until } from '../fixtures/until';

// A name of this machine in a home network, which the server answers to.
const LAN_NAME = `${hostname().split('.')[0] ?? ''}.lan`;
const started: (() => unknown)[] = [];
let speakers: Speakers;
let line: SlowLine;
let remote: Client;
let link = '';
let pages: [Page, Page];

async function join(base: string, code: string, name: string, ...args: string[]): Promise<Page> {
  const browser = await launch(speakers, ...args);
  started.push(() => browser.close());
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${base}/r/${code}`);
  await page.getByRole('textbox', { name: 'Your name' }).pressSequentially(name, { delay: 100 });
  await page.getByRole('button', { name: 'Join room' }).click();
  await page.getByRole('list', { name: 'Listeners' }).getByText(name).waitFor();
  await hears(page);
  return page;
}

/** One sound: recorded until it is, since a busy machine may need some seconds. */
async function areOne(): Promise<void> {
  let offsets: number[] = [];
  await until('one sound', async () => {
    const found = lags(await speakers.record(2));
    offsets = found.map(({ ms }) => Math.abs(ms));
    return found.every(({ likeness }) => likeness > 0.5) && median(offsets) < 15;
  }, 40_000).catch((error: unknown) => {
    throw new Error(JSON.stringify(offsets), { cause: error });
  });
}

beforeAll(async () => {
  const server = await TestServer.start();
  started.push(() => server.stop());
  const media = await MediaServer.start();
  started.push(() => { media.stop(); });
  media.addLong('long.mp3', 600);
  link = `${media.base}/ranges/long.mp3`;
  speakers = await Speakers.start();
  started.push(() => { speakers.stop(); });
  line = await SlowLine.to(server.base, { there: () => 5, back: () => 5 });
  started.push(() => { line.stop(); });
  const room = await createRoom(server.base);
  remote = await Client.join(server.base, room);
  started.push(() => { remote.close(); });
  expect(await remote.command({ op: 'play', link })).toBeNull();
  pages = [
    await join(server.base, room.code, 'Bea'),
    await join(line.base.replace('localhost', LAN_NAME), room.code, 'Cem', `--host-resolver-rules=MAP ${LAN_NAME} localhost`),
  ];
  await until('both at the speakers', () => speakers.pan() === 2);
}, 60_000);
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
});

test('with https the audio thread renders, without it the page does, and both are one sound', async () => {
  expect(await stats(pages[0])).toMatchObject({ decoder: 'webcodecs', output: 'worklet' });
  expect(await stats(pages[1])).toMatchObject({ decoder: 'wasm', output: 'scheduled' });
  await areOne();
}, 60_000);

test('a line that stands still for a second is not heard', async () => {
  const before = await stats(pages[1]);
  const recording = await speakers.startRecording();
  line.stall(1000);
  const { right } = await recording.take(recording.startedAt, 3);
  expect((await stats(pages[1])).underruns).toBe(before.underruns);
  expect(holesIn(right, 500, 2900)).toBe(0);
  await areOne();
}, 60_000);

test('after a pause and a seek they are one sound again', async () => {
  expect(await remote.command({ op: 'pause' })).toBeNull();
  for (const page of pages) await until('silence', async () => (await stats(page)).level === 0);
  expect(await remote.command({ op: 'seek', positionMs: 120_000 })).toBeNull();
  expect(await remote.command({ op: 'resume' })).toBeNull();
  for (const page of pages) await hears(page);
  await areOne();
}, 60_000);

test('the page without https tells how to get it, and each shows how well both keep time', async () => {
  await pages[1].locator('summary', { hasText: 'Sync' }).click();
  await pages[1].getByText('Without https').waitFor();
  for (const page of pages) {
    await until('a dot for each', async () => (await page.getByRole('list', { name: 'Listeners' }).getByRole('img', { name: /time \(/ }).count()) >= 2);
  }
});
