// Three people in one room, in three browsers' sessions: what they can do, what they may not, and that everybody can use it.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { barriers, settled } from '../fixtures/barriers';
import { complaintsOf, launch } from '../fixtures/browser';
import { Speakers } from '../fixtures/speakers';
import { TestSite } from '../fixtures/test_site';
import { until } from '../fixtures/until';

let site: TestSite;
let speakers: Speakers;
let browser: Browser;
let ada: Page;
let ben: Page;
let cleo: Page;
let roomUrl = '';
const complaints: string[][] = [];
const started: (() => unknown)[] = [];

async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(10_000);
  complaints.push(complaintsOf(page));
  return page;
}

async function enter(page: Page, name: string): Promise<void> {
  await page.goto(roomUrl);
  await page.getByRole('textbox', { name: 'Your name' }).fill(name);
  await page.getByRole('button', { name: 'Join room' }).click();
}
const box = (page: Page) => page.getByRole('textbox', { name: 'Paste a link or search' });
const queued = (page: Page) => page.getByRole('list', { name: 'Queue' }).getByRole('listitem').locator('.row-title').allTextContents();
const order = (page: Page, wanted: string) => until(`the order ${wanted}`, async () => (await queued(page)).map((title) => title.replace('Song ', '')).join('') === wanted);

beforeAll(async () => {
  site = await TestSite.start();
  started.push(() => site.stop());
  speakers = await Speakers.start();
  started.push(() => { speakers.stop(); });
  browser = await launch(speakers);
  started.push(() => browser.close());
  ada = await newPage({ viewport: { width: 1280, height: 800 } });
  ben = await newPage({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true, isMobile: true });
  cleo = await newPage({ viewport: { width: 820, height: 1100 }, reducedMotion: 'reduce' });
});
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
});

test('the first load is small, until one is in a room', async () => {
  const scripts = new Map<string, number>();
  ada.on('response', (response) => {
    if (new URL(response.url()).pathname.endsWith('.js')) void response.body().then((body) => scripts.set(response.url(), gzipSync(body).length), () => undefined);
  });
  await ada.goto(site.server.base);
  expect(await barriers(ada)).toEqual([]);
  await ada.getByRole('textbox', { name: 'Your name' }).fill('Ada');
  await ada.getByRole('button', { name: 'Create room' }).click();
  await ada.getByRole('list', { name: 'Listeners' }).getByText('Ada').waitFor();
  roomUrl = ada.url();
  const total = [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0);
  expect(total).toBeGreaterThan(50_000);
  expect(total).toBeLessThanOrEqual(120_000);
  expect(await barriers(ada)).toEqual([]);
});

test('friends come by the invitation: link, code and picture', async () => {
  await ada.getByRole('button', { name: 'Invite' }).click();
  const link = await ada.getByRole('textbox', { name: 'Invite link' }).inputValue();
  expect(new URL(link).pathname).toBe(new URL(roomUrl).pathname);
  expect((await fetch(link)).status).toBe(200); // where this computer has a network, by its address there
  await ada.getByRole('img', { name: /^QR code of the link to room / }).waitFor();
  expect(await barriers(ada)).toEqual([]);
  await ada.keyboard.press('Escape');
  await ada.getByRole('dialog').waitFor({ state: 'detached' });
  await ben.goto(roomUrl);
  expect(await barriers(ben)).toEqual([]);
  await enter(ben, 'Ben');
  await enter(cleo, 'Cleo');
  await ada.getByText('Cleo has come.').waitFor();
});

test('a search is typed, a find is played, another queued', async () => {
  await box(ada).fill('quiet evening');
  const results = ada.getByRole('list', { name: 'Search results' });
  await results.getByText('quiet evening 2', { exact: true }).waitFor();
  expect(await barriers(ada)).toEqual([]);
  await results.getByRole('listitem').first().click({ position: { x: 90, y: 20 } }); // where nothing plays, a tap anywhere plays
  await ben.getByRole('button', { name: 'Pause' }).waitFor();
  await box(ada).fill('nothing');
  await ada.getByText('Nothing is found for “nothing”.').waitFor();
  await ada.keyboard.press('Escape');
});

test('a playlist fills the queue; it is ordered by mouse and by keyboard, and what was taken out comes back', async () => {
  await box(ada).fill(`${site.media.base}/playlist/5`);
  await ada.getByRole('button', { name: 'Add to queue' }).click();
  await order(ben, '01234');
  const grip = (title: string) => ada.getByRole('button', { name: `Move ${title}`, exact: true });
  const target = await grip('Song 0').boundingBox();
  await grip('Song 3').hover();
  await ada.mouse.down();
  await ada.mouse.move((target?.x ?? 0) + 8, (target?.y ?? 0) + 40, { steps: 5 });
  await ada.mouse.move((target?.x ?? 0) + 8, (target?.y ?? 0) + 4, { steps: 5 });
  await ada.mouse.up();
  await order(ben, '30124');
  await order(ada, '30124');
  await settled(ada);
  await grip('Song 4').focus();
  await ada.keyboard.press('Space');
  await ada.getByText('Song 4: place 5.').waitFor({ state: 'attached' }); // lifted, and its place measured
  await ada.evaluate(() => new Promise((resolve) => { setTimeout(resolve); })); // what is lifted listens for keys from the next timer on
  await ada.keyboard.press('ArrowUp');
  await ada.getByText('Song 4: place 4.').waitFor({ state: 'attached' });
  await ada.keyboard.press('Space');
  await order(ben, '30142');
  await ada.getByRole('button', { name: 'Remove Song 1' }).click();
  await order(ben, '3042');
  await ada.getByRole('button', { name: 'Undo' }).click();
  await order(ben, '30142');
  await ada.getByRole('button', { name: 'Clear' }).click();
  await ada.getByText('The queue is empty').waitFor();
  await ada.getByRole('button', { name: 'Undo' }).last().click();
  await order(ben, '30142');
  expect(await barriers(ada)).toEqual([]);
  expect(await barriers(ben)).toEqual([]);
});

test('the host changes who decides: what one may not do is not offered, and votes order the queue', async () => {
  await ada.getByRole('button', { name: 'Settings' }).click();
  expect(await barriers(ada)).toEqual([]);
  await ada.getByRole('textbox', { name: 'Name of the room' }).fill('Kitchen');
  await ada.getByRole('button', { name: 'Save' }).click();
  await ada.getByRole('combobox', { name: 'Who decides' }).selectOption('vote');
  await ada.keyboard.press('Escape');
  await ben.getByText('The host and the DJs control the music here.').waitFor();
  expect(await ben.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  expect(await ben.getByRole('button', { name: 'Play now' }).count()).toBe(0);
  expect(await ben.getByRole('slider', { name: 'Seek' }).isDisabled()).toBe(true);
  await ben.getByRole('button', { name: /^Vote for Song 4/ }).tap();
  await order(cleo, '43012');
  await cleo.getByRole('button', { name: /^Vote for Song 2/ }).click();
  await ben.getByRole('button', { name: /^Vote for Song 2/ }).tap();
  await order(ada, '24301');
  expect(await ben.getByRole('button', { name: /^Vote for Song 2/ }).getAttribute('aria-pressed')).toBe('true');
  expect(await barriers(ben)).toEqual([]);
  await ben.getByRole('button', { name: /^Vote to skip/ }).tap();
  await cleo.getByText('Vote to skip (1 of 2)').waitFor();
  await cleo.getByRole('button', { name: /^Vote to skip/ }).click();
  await ada.getByRole('list', { name: 'Queue' }).getByText('Song 2').waitFor({ state: 'detached' });
  await ada.getByText('Kitchen').waitFor();
  await ada.getByRole('button', { name: 'Let votes decide what plays next', pressed: true }).click();
  await ben.getByRole('button', { name: 'Pause' }).waitFor();
  await ada.getByText('Everybody controls the music now.').waitFor();
  await ada.getByRole('button', { name: 'Undo' }).last().click();
  await ben.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
});

test('a DJ is made, and one who does not behave is removed', async () => {
  await ada.getByRole('button', { name: 'What to do with Ben' }).click();
  expect(await barriers(ada)).toEqual([]);
  await ada.getByRole('button', { name: 'Make DJ' }).click();
  await ben.getByRole('button', { name: 'Pause' }).waitFor();
  await ada.getByRole('button', { name: 'What to do with Cleo' }).click();
  await ada.getByRole('button', { name: 'Ban' }).click();
  await cleo.getByRole('heading', { name: 'You were removed from this room' }).waitFor();
  expect(await barriers(cleo)).toEqual([]);
  await cleo.goto(site.server.base);
  await ada.getByText('Banned').click();
  await ada.getByRole('button', { name: 'Let Cleo in again' }).click();
  await ada.getByText('Banned').waitFor({ state: 'detached' });
});

test('they talk and react; text is text', async () => {
  await ada.getByRole('textbox', { name: 'Message' }).fill('Welcome back');
  await ada.keyboard.press('Enter');
  await ben.getByRole('button', { name: 'Chat 1 new' }).tap();
  await ben.getByRole('log').getByText('Welcome back').waitFor();
  expect(await ben.getByRole('button', { name: /new$/ }).count()).toBe(0);
  await ben.getByRole('textbox', { name: 'Message' }).fill('<b>Hello</b> \u{1F3B6} <script>alert(1)</script>');
  await ben.keyboard.press('Enter');
  await ada.getByRole('log').getByText('<b>Hello</b> \u{1F3B6} <script>alert(1)</script>').waitFor();
  await ben.getByRole('button', { name: 'React with 🎉' }).tap();
  await ada.locator('.flying').getByText('Ben').waitFor();
  expect(await barriers(ben)).toEqual([]);
  await ben.getByRole('button', { name: 'People' }).tap();
  await ben.getByRole('list', { name: 'Listeners' }).getByText('Ada').waitFor();
  expect(await barriers(ben)).toEqual([]);
  await ben.getByRole('button', { name: 'Music' }).tap();
});

test('a password is asked for where one is set', async () => {
  await ada.getByRole('button', { name: 'Settings' }).click();
  await ada.getByRole('textbox', { name: 'Password for new listeners' }).fill('sesame');
  await ada.getByRole('button', { name: 'Set password' }).click();
  await ada.getByText('The room has a password.').waitFor();
  await ada.keyboard.press('Escape');
  await enter(cleo, 'Cleo');
  await cleo.getByRole('textbox', { name: 'Room password' }).fill('wrong');
  await cleo.getByRole('button', { name: 'Join room' }).click();
  await cleo.getByRole('alert').getByText('Wrong password').waitFor();
  await cleo.getByRole('textbox', { name: 'Room password' }).fill('sesame');
  await cleo.getByRole('button', { name: 'Join room' }).click();
  await cleo.getByRole('list', { name: 'Listeners' }).getByText('Ada').waitFor();
});

test('keys control the room, and a sheet tells them', async () => {
  await ada.getByRole('heading', { level: 1 }).click();
  await ada.keyboard.press('k');
  await ben.getByRole('button', { name: 'Play', exact: true }).waitFor();
  await ada.keyboard.press('k');
  await ben.getByRole('button', { name: 'Pause' }).waitFor();
  await ada.keyboard.press('m');
  await ada.getByRole('button', { name: 'Unmute' }).waitFor();
  await ada.keyboard.press('m');
  await ada.keyboard.press('/');
  expect(await box(ada).evaluate((element) => document.activeElement === element)).toBe(true);
  await ada.keyboard.type('k?');
  expect(await box(ada).inputValue()).toBe('k?');
  await ada.keyboard.press('Escape');
  await ada.getByRole('heading', { level: 1 }).click();
  await ada.keyboard.press('?');
  await ada.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  expect(await barriers(ada)).toEqual([]);
  await ada.keyboard.press('Escape');
});

test('what was played is played again, saved as a file and read back', async () => {
  await ada.getByRole('button', { name: 'What was played' }).click();
  const dialog = ada.getByRole('dialog', { name: 'What was played' });
  await dialog.getByRole('listitem').first().waitFor();
  expect(await barriers(ada)).toEqual([]);
  const [download] = await Promise.all([ada.waitForEvent('download'), dialog.getByRole('button', { name: 'Save as M3U' }).click()]);
  const path = await download.path();
  expect(readFileSync(path, 'utf8')).toMatch(/^#EXTM3U\n#EXTINF:20,.*\nhttp:/);
  const before = (await queued(ada)).length;
  const tracks = readFileSync(path, 'utf8').split('\n').filter((line) => line.startsWith('http')).length;
  await dialog.locator('input[type=file]').setInputFiles({ name: 'list.m3u8', mimeType: 'audio/x-mpegurl', buffer: readFileSync(path) });
  await until('the tracks of the file', async () => (await queued(ada)).length === before + tracks);
  await ada.keyboard.press('Escape');
});

test('an account is made in passing; a heart keeps a track, and the rooms are on the first page', async () => {
  await ada.getByRole('button', { name: 'Settings' }).click();
  await ada.getByRole('button', { name: 'Sign in' }).click();
  const dialog = ada.getByRole('dialog', { name: 'Account' });
  await dialog.getByRole('textbox', { name: 'Account name' }).fill('Ada');
  await dialog.getByRole('textbox', { name: 'Password' }).fill('short');
  await dialog.getByRole('button', { name: 'Create an account' }).click();
  await dialog.getByRole('alert').getByText('Choose a password').waitFor();
  expect(await barriers(ada)).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Password' }).fill('correct horse');
  await dialog.getByRole('button', { name: 'Create an account' }).click();
  await dialog.waitFor({ state: 'detached' });
  await ada.getByRole('dialog', { name: 'Settings' }).getByRole('button', { name: 'Ada' }).waitFor();
  await ada.keyboard.press('Escape');
  const title = (await ada.getByRole('region', { name: 'Now playing' }).getByRole('heading').textContent()) ?? '';
  await ada.getByRole('button', { name: 'Keep as a favourite' }).click();
  await ada.getByRole('button', { name: 'No favourite any more' }).waitFor();
  await ada.getByRole('button', { name: 'What was played' }).click();
  await ada.getByRole('button', { name: 'Favourites' }).click();
  await ada.getByRole('dialog', { name: 'What was played' }).getByRole('listitem').getByText(title).waitFor();
  expect(await barriers(ada)).toEqual([]);
  await ada.keyboard.press('Escape');
});

test('a new password ends what was signed in, but not the page on which it was chosen', async () => {
  const dora = await newPage();
  await dora.goto(site.server.base);
  await dora.getByRole('button', { name: 'Sign in' }).click();
  const account = dora.getByRole('dialog', { name: 'Account' });
  await account.getByRole('textbox', { name: 'Account name' }).fill('Dora');
  await account.getByRole('textbox', { name: 'Password' }).fill('correct horse');
  await account.getByRole('button', { name: 'Create an account' }).click();
  await account.waitFor({ state: 'detached' });
  await dora.getByRole('textbox', { name: 'Your name' }).fill('Dora');
  await dora.getByRole('button', { name: 'Create room' }).click();
  const listeners = dora.getByRole('list', { name: 'Listeners' });
  await listeners.getByText('Dora').waitFor();
  const token = () => dora.evaluate(() => Object.keys(sessionStorage).map((key) => sessionStorage.getItem(key)).join());
  const before = await token();
  await dora.getByRole('button', { name: 'Settings' }).click();
  await dora.getByRole('dialog', { name: 'Settings' }).getByRole('button', { name: 'Dora' }).click();
  await account.getByText('Change password').first().click();
  await account.getByLabel('Password', { exact: true }).first().fill('correct horse');
  await account.getByLabel('New password').fill('battery staple');
  await account.getByRole('button', { name: 'Change password' }).click();
  await until('a new membership', async () => ![before, ''].includes(await token()));
  await listeners.getByText('Dora').waitFor();
  expect(await listeners.getByRole('listitem').count()).toBe(1);
  await dora.close();
});

test('the room’s volume and speed are everybody’s; one’s own volume is not', async () => {
  await ada.getByRole('slider', { name: 'Volume for all' }).fill('0.4');
  await until('Ben sees it', async () => (await ben.getByRole('slider', { name: 'Volume for all' }).inputValue()) === '0.4');
  await ben.getByRole('combobox', { name: 'Speed' }).selectOption('1.15');
  await until('Ada sees it', async () => (await ada.getByRole('combobox', { name: 'Speed' }).inputValue()) === '1.15');
  await ben.getByRole('slider', { name: 'Volume', exact: true }).fill('0.2');
  expect(await ada.getByRole('slider', { name: 'Volume', exact: true }).inputValue()).toBe('1');
});

test('another language and the dark are a choice away, and stay', async () => {
  await ada.getByRole('button', { name: 'Settings' }).click();
  await ada.getByRole('combobox', { name: 'Language' }).selectOption('de');
  await ada.getByRole('combobox', { name: 'Farben' }).selectOption('dark');
  await ada.reload();
  await ada.getByRole('button', { name: 'Einladen' }).waitFor();
  expect(await ada.evaluate(() => document.documentElement.lang)).toBe('de');
  await ada.getByRole('list', { name: 'Zuhörer' }).getByText('Ada').waitFor();
  expect(await barriers(ada)).toEqual([]);
});

test('the host closes the room, and everybody is told', async () => {
  await ada.getByRole('button', { name: 'Einstellungen' }).click();
  await ada.getByRole('checkbox', { name: 'Diesen Raum behalten' }).waitFor();
  await ada.getByText('Raum schließen').click();
  expect(await barriers(ada)).toEqual([]);
  await ada.getByRole('button', { name: 'Für alle schließen' }).click();
  await ben.getByText('This room is gone').waitFor();
});

test('no page has complained in its console', () => {
  // Refused passwords are answers with an error status, which the browser logs itself.
  expect(complaints.flat().filter((text) => !/40\d|422/.test(text))).toEqual([]);
});
