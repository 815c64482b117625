// Two people, two Chromiums, one room: what they see, and what comes out of the speakers.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apartMs, complaintsOf, hears, launch, stats } from '../fixtures/browser';
import { lags } from '../fixtures/recording';
import { Speakers } from '../fixtures/speakers';
import { call } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { SlowLine } from '../fixtures/slow_line';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;
let speakers: Speakers;
/** What was started, whatever failed after. */
const started: (() => unknown)[] = [];
let ada: Page;
let ben: Page;
const complaints: string[][] = [];
let roomUrl = '';

async function newPage(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  complaints.push(complaintsOf(page));
  return page;
}

async function join(page: Page, name: string): Promise<void> {
  await page.goto(roomUrl);
  await page.getByRole('textbox', { name: 'Your name' }).fill(name);
  await page.getByRole('button', { name: 'Join room' }).click();
  await page.getByRole('list', { name: 'Listeners' }).getByText(name).waitFor();
}

const together = (a: Page, b: Page) => until('less than 50 ms apart', async () => (await apartMs(a, b)) < 50);
const isSilent = (page: Page) => until('silence', async () => (await stats(page)).level === 0);

async function newBrowser(): Promise<Browser> {
  const browser = await launch(speakers);
  started.push(() => browser.close());
  return browser;
}

beforeAll(async () => {
  server = await TestServer.start('--empty-room-grace', '6', '--unused-room-grace', '6');
  started.push(() => server.stop());
  media = await MediaServer.start();
  started.push(() => { media.stop(); });
  speakers = await Speakers.start();
  started.push(() => { speakers.stop(); });
  ada = await newPage(await newBrowser());
  ben = await newPage(await newBrowser());
});
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
});

test('a room is created, and a friend joins by its link', async () => {
  await ada.goto(server.base);
  await ada.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await ada.getByRole('button', { name: 'Create room' }).click();
  await ada.getByRole('list', { name: 'Listeners' }).getByText('Ada').waitFor();
  roomUrl = ada.url();
  expect(roomUrl).toMatch(/\/r\/[2-9A-HJKMNP-Z]{5}$/);
  await join(ben, 'Ben');
  await ada.getByRole('list', { name: 'Listeners' }).getByText('Ben').waitFor();
});

test('a pasted link plays for both, at the same place in the track', async () => {
  await ada.getByRole('textbox', { name: 'Paste a link or search' }).fill(`${media.base}/ranges/noise.mp3`);
  await ada.getByRole('button', { name: 'Play now' }).click();
  await Promise.all([hears(ada), hears(ben)]);
  await together(ada, ben);
  await ben.getByRole('heading', { name: 'noise' }).waitFor();
});

test('the sound itself is one: recorded and correlated', async () => {
  await until('both at the speakers', () => speakers.pan() === 2);
  await ada.getByRole('slider', { name: 'Seek' }).fill('0');
  await ada.getByRole('slider', { name: 'Seek' }).blur();
  await until('the seek', async () => (await stats(ada)).positionMs < 1000);
  await Promise.all([ada, ben].map(hears));
  // A system that was short of time while the browsers started tells them wrong latencies for some seconds.
  let measured: { ms: number; likeness: number }[] = [];
  await until('one sound', async () => {
    measured = lags(await speakers.record(1.2));
    return measured.every(({ ms, likeness }) => likeness > 0.5 && Math.abs(ms) < 50);
  }).catch((error: unknown) => {
    throw new Error(JSON.stringify(measured), { cause: error });
  });
});

test('pause silences both, and play goes on from there', async () => {
  await ben.getByRole('button', { name: 'Pause' }).click();
  await Promise.all([isSilent(ada), isSilent(ben)]);
  const paused = (await stats(ada)).positionMs;
  expect((await stats(ben)).positionMs).toBe(paused);
  await ada.getByRole('button', { name: 'Play', exact: true }).click();
  await Promise.all([hears(ada), hears(ben)]);
  expect((await stats(ada)).positionMs).toBeGreaterThanOrEqual(paused);
  await together(ada, ben);
});

test('seek moves both', async () => {
  await ben.getByRole('slider', { name: 'Seek' }).fill('12000');
  await ben.getByRole('slider', { name: 'Seek' }).blur();
  await until('Ada is there', async () => (await stats(ada)).positionMs >= 12_000);
  await Promise.all([hears(ada), hears(ben)]);
  await together(ada, ben);
});

test('speed is the room’s', async () => {
  const speed = (page: Page) => page.getByRole('combobox', { name: 'Speed' });
  for (const wanted of ['1.5', '1']) {
    await speed(ada).selectOption(wanted);
    await until('Ben sees it', async () => (await speed(ben).inputValue()) === wanted);
    await Promise.all([hears(ada), hears(ben)]);
    await together(ada, ben);
  }
});

test('who joins late hears the same at once', async () => {
  await ada.getByRole('button', { name: 'Pause' }).click();
  await ada.getByRole('slider', { name: 'Seek' }).fill('2000');
  await ada.getByRole('slider', { name: 'Seek' }).blur();
  await ada.getByRole('button', { name: 'Play', exact: true }).click();
  await hears(ada);
  const cem = await newPage(await newBrowser());
  await join(cem, 'Cem');
  await hears(cem);
  await together(ada, cem);
  await cem.close();
  await until('Cem is gone from the list', async () => (await ada.getByRole('list', { name: 'Listeners' }).getByRole('listitem').count()) === 2);
});

test('a link that does not play is explained to the one who pasted it', async () => {
  await ada.getByRole('textbox', { name: 'Paste a link or search' }).fill('ftp://somewhere/else.mp3');
  await ada.getByRole('button', { name: 'Play now' }).click();
  await ada.getByRole('alert').getByText('Only links that start with').waitFor();
  expect(await ben.getByRole('alert').count()).toBe(0);
  await ada.getByRole('button', { name: 'Dismiss' }).click();
});

test('a restarted server is found again, and the room with it', async () => {
  const { port } = server;
  await ada.getByRole('slider', { name: 'Seek' }).fill('1000');
  await ada.getByRole('slider', { name: 'Seek' }).blur();
  await hears(ada);
  await server.stopServer('SIGKILL');
  await ada.getByText('The connection is lost').waitFor();
  await server.startServer(port);
  await until('both are back', async () => {
    const answer = await call(server.base, 'GET', `/api/rooms/${roomUrl.slice(-5)}`).catch(() => null);
    return answer?.body.listeners?.length === 2;
  });
  await ada.getByText('The connection is lost').waitFor({ state: 'detached' });
  for (const each of complaints) each.splice(0, each.length, ...each.filter((text) => !text.includes('WebSocket connection')));
  await Promise.all([hears(ada), hears(ben)]);
  await together(ada, ben);
});

test('leaving leads home, and the empty room is removed', async () => {
  for (const page of [ada, ben]) {
    await page.getByRole('button', { name: 'Leave room' }).click();
    await page.getByRole('button', { name: 'Create room' }).waitFor();
  }
  const code = roomUrl.slice(-5);
  await until('the room is gone', async () => (await fetch(`${server.base}/api/rooms/${code}`)).status === 404);
  await ada.goto(roomUrl);
  await ada.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await ada.getByRole('button', { name: 'Join room' }).click();
  await ada.getByText('There is no room with this code').waitFor();
});

test('what is pressed before the page is in the room is done once it is', async () => {
  const line = await SlowLine.to(server.base, { there: () => 150, back: () => 150 });
  started.push(() => { line.stop(); });
  const dora = await newPage(await newBrowser());
  await dora.goto(line.base);
  await dora.getByRole('textbox', { name: 'Your name' }).fill('Dora');
  await dora.getByRole('button', { name: 'Create room' }).click();
  await dora.getByRole('textbox', { name: 'Paste a link or search' }).fill(`${media.base}/ranges/noise.mp3`);
  await dora.getByRole('button', { name: 'Play now' }).click();
  expect((await stats(dora)).state).toBe('connecting');
  await dora.getByRole('heading', { name: 'noise' }).waitFor();
});

test('no page has complained in its console', () => {
  // A test before asked for a room that is gone: the browser logs that 404 itself.
  expect(complaints.flat().filter((text) => !text.includes('404'))).toEqual([]);
});
