// No view is wider than its window, and no control lies outside of it, whatever people and tracks are called. A view more is a line in
// VIEWS.

import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, createRoom, joinRoom, type Joined } from '../fixtures/client';
import { id3 } from '../fixtures/id3';
import { MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

const SIZES = [
  [320, 568],
  [360, 740],
  [390, 844],
  [768, 1024],
  [820, 1180],
  [1280, 800],
  [1920, 1080],
] as const;
/** Up to here one part of the room is shown at a time. */
const NARROW = 736;

const NAMES = ['W'.repeat(40), 'Maximilian Alexander von und zu Hohenber', 'محمد عبد الرحمن الطويل الاسم جدا جدا', '👩‍🚀'.repeat(20)];
const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(4).slice(0, 300);
const ARABIC = 'أغنية طويلة عن البحر والسماء '.repeat(10);

const part = (name: string) => async (page: Page) => {
  if ((page.viewportSize()?.width ?? 0) <= NARROW) await page.getByRole('navigation').getByRole('button', { name }).click();
};
const dialog = (button: string, then?: (page: Page) => Promise<unknown>) => async (page: Page) => {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('dialog').waitFor();
  await then?.(page);
};
/** How each view is opened from the room as it is entered. */
const VIEWS: Record<string, (page: Page) => Promise<unknown>> = {
  music: part('Music'),
  people: async (page) => {
    await part('People')(page);
    await page.getByRole('button', { name: /^What to do with/ }).first().click();
  },
  chat: part('Chat'),
  invitation: dialog('Invite'),
  settings: dialog('Settings'),
  'settings for programs': dialog('Settings', async (page) => {
    await page.getByText('For programs').click();
    await page.getByRole('button', { name: 'Show the token' }).click();
  }),
  history: dialog('What was played', (page) => page.getByRole('dialog').getByRole('listitem').first().waitFor()),
};

let server: TestServer;
let media: MediaServer;
let browser: Browser;
let page: Page;
let joined: Joined;
const clients: Client[] = [];

beforeAll(async () => {
  [server, media] = await Promise.all([TestServer.start(), MediaServer.start()]);
  media.add('long.mp3', Buffer.concat([id3({ TIT2: LONG, TPE1: `${LONG} ${ARABIC}` }), media.fileOf('noise.mp3')]));
  joined = await createRoom(server.base, NAMES[0]);
  for (const name of NAMES.slice(1)) clients.push(await Client.join(server.base, await joinRoom(server.base, joined.code, name)));
  const host = await Client.join(server.base, joined);
  clients.push(host);
  expect(await host.command({ op: 'name', name: 'Raum'.repeat(15) })).toBeNull();
  const gone = await joinRoom(server.base, joined.code, 'M'.repeat(40));
  const banned = await Client.join(server.base, gone);
  expect(await host.command({ op: 'ban', member: gone.member.id })).toBeNull();
  await until('the ban', () => banned.closed);
  expect(await host.command({ op: 'play', link: `${media.base}/ranges/long.mp3` })).toBeNull();
  expect(await host.command({ op: 'repeat', mode: 'one' })).toBeNull();
  const items = [LONG, ARABIC, `${'👨‍👩‍👧‍👦'.repeat(30)}x`].map((title, i) => ({ link: `${media.base}/ranges/noise.mp3?${'q'.repeat(100)}${String(i)}`, title, artist: title }));
  expect(await host.command({ op: 'addMany', items })).toBeNull();
  for (const client of clients) for (const text of [LONG, ARABIC, 'a b']) expect(await client.command({ op: 'chat', text: text.slice(0, 400) })).toBeNull();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  page = await browser.newPage();
  // The host's own page: the membership as the page itself keeps it.
  await page.addInitScript(([code, membership]) => {
    sessionStorage.setItem(`musicspace.membership.${code}`, membership);
  }, [joined.code, JSON.stringify(joined)] as const);
});
afterAll(async () => {
  for (const client of clients) client.close();
  await browser.close();
  media.stop();
  await server.stop();
});

/** What lies outside of the window, or is cut by what it is in; empty when all is well. */
const misplaced = (shown: Page): Promise<string[]> =>
  shown.evaluate(() => {
    const wide = (element: Element, name: string): string[] => (element.scrollWidth > element.clientWidth ? [`${name} is ${String(element.scrollWidth)} wide, of ${String(element.clientWidth)}`] : []);
    const faults = document.scrollingElement ? wide(document.scrollingElement, 'the page') : [];
    for (const element of Array.from(document.querySelectorAll('dialog, .dialog-body, .card'))) faults.push(...(getComputedStyle(element).overflowX === 'hidden' ? [] : wide(element, element.className || element.tagName)));
    const open = document.querySelector('dialog[open]');
    for (const element of Array.from(document.querySelectorAll<HTMLElement>('button, input, select, summary, a, section, form'))) {
      const { left, right, width } = element.getBoundingClientRect();
      if (width <= 1 || !element.checkVisibility() || (open && !open.contains(element))) continue;
      if (left < -0.5 || right > innerWidth + 0.5) faults.push(`${element.tagName} ${element.ariaLabel ?? element.innerText.slice(0, 40)} from ${String(left)} to ${String(right)}`);
    }
    return faults;
  });

async function enter(width: number, height: number): Promise<void> {
  await page.setViewportSize({ width, height });
  await page.goto(`${server.base}/r/${joined.code}`);
  await page.getByRole('heading', { name: LONG.slice(0, 40) }).waitFor({ state: 'attached' });
}

/** Half a pixel of it may be rounded away. */
const wholly = (): Promise<boolean> =>
  page.getByRole('textbox', { name: 'Message' }).evaluate((input) => {
    const { left, right, top, bottom } = input.getBoundingClientRect();
    const shown = (x: number, y: number): boolean => document.elementFromPoint(x, y) === input;
    return bottom <= innerHeight + 0.5 && shown((left + right) / 2, top + 2) && shown((left + right) / 2, bottom - 2);
  });
const atEnd = (): Promise<boolean> => page.getByRole('log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2);

describe.each(SIZES)('at %i by %i', (width, height) => {
  test.each(Object.keys(VIEWS))('%s fits', async (name) => {
    await enter(width, height);
    await VIEWS[name]?.(page);
    if (process.env.MUSICSPACE_PICTURES) await page.screenshot({ path: `${process.env.MUSICSPACE_PICTURES}/${String(width)}-${name.replaceAll(' ', '-')}.png` });
    expect(await misplaced(page)).toEqual([]);
  });

  test('what one writes into is wholly in sight, and the talk stays at its end', async () => {
    await enter(width, height);
    await VIEWS.chat?.(page);
    await until('the last line', atEnd);
    expect(await wholly()).toBe(true);
    await page.setViewportSize({ width, height: height - 90 });
    await until('the last line', atEnd);
    expect(await wholly()).toBe(true);
  });
});

test.each(SIZES)('the first page and an invitation fit at %i by %i', async (width, height) => {
  const stranger = await browser.newPage({ viewport: { width, height } });
  for (const path of ['/', `/r/${joined.code}`]) {
    await stranger.goto(server.base + path);
    await stranger.getByRole('textbox', { name: 'Your name' }).fill(NAMES[0] ?? '');
    expect(await misplaced(stranger)).toEqual([]);
  }
  await stranger.close();
});

test('the access token is not in sight until it is asked for', async () => {
  await enter(390, 844);
  await VIEWS.settings?.(page);
  await page.getByText('For programs').click();
  expect(await page.getByRole('dialog').innerText()).not.toContain(joined.token);
  await page.getByRole('button', { name: 'Show the token' }).click();
  expect(await page.getByRole('dialog').innerText()).toContain(joined.token);
});
