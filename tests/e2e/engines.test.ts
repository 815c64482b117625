// What people do, in each engine that browsers are made of: the same page, the same room, and sound at the speakers.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { barriers } from '../fixtures/barriers';
import { hears, Speakers, stats } from '../fixtures/browser';
import { Client, joinRoom } from '../fixtures/client';
import { ENGINES, openWindow, type Window } from '../fixtures/engines';
import { SlowLine } from '../fixtures/slow_line';
import type { Tab } from '../fixtures/tab';
import { TestSite } from '../fixtures/test_site';
import { until } from '../fixtures/until';

let site: TestSite;
let speakers: Speakers;
let line: SlowLine;
const started: (() => unknown)[] = [];

beforeAll(async () => {
  site = await TestSite.start();
  started.push(() => site.stop());
  speakers = await Speakers.start();
  started.push(() => { speakers.stop(); });
  line = await SlowLine.to(site.server.base, { there: () => 0, back: () => 0 });
  started.push(() => { line.stop(); });
});
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
});

const isSilent = (tab: Tab) => until('silence', async () => (await stats(tab)).level === 0);
const button = (tab: Tab, name: string) => tab.getByRole('button', { name, exact: true });

/** Sound comes out of the speakers. */
const sounds = () => until('sound at the speakers', async () => (await speakers.record(0.5)).left.some((sample) => Math.abs(sample) > 0.01));

describe.each(ENGINES)('in %s', (engine) => {
  let window: Window;
  let tab: Tab;
  let friend: Client;
  let code = '';

  beforeAll(async () => {
    window = await openWindow(engine, speakers);
    ({ tab } = window);
  });
  afterAll(async () => {
    friend.close();
    await window.close();
  });

  test('a room is created, and a friend comes', async () => {
    await tab.goto(line.base);
    await tab.getByRole('textbox', { name: 'Your name' }).fill('Ada');
    await button(tab, 'Create room').click();
    await tab.getByRole('list', { name: 'Listeners' }).getByText('Ada').waitFor();
    code = (await tab.evaluate(() => location.pathname)).slice(-5);
    friend = await Client.join(site.server.base, await joinRoom(site.server.base, code, 'Ben'));
    await tab.getByRole('list', { name: 'Listeners' }).getByText('Ben').waitFor();
    expect(await barriers(tab)).toEqual([]);
  });

  test('a link is pasted and heard', async () => {
    await tab.getByRole('textbox', { name: 'Paste a link or search' }).fill(`${site.media.base}/ranges/noise.mp3`);
    await button(tab, 'Play now').click();
    await hears(tab);
    await sounds();
    await tab.getByRole('heading', { name: 'noise' }).waitFor();
    expect(await barriers(tab)).toEqual([]);
  });

  test('it is paused, moved and played on', async () => {
    await button(tab, 'Pause').click();
    await isSilent(tab);
    await friend.status('paused');
    await tab.getByRole('slider', { name: 'Seek' }).fill('12000');
    await until('the seek', () => (friend.state?.timeline.positionSamples ?? 0) >= 12 * 48_000);
    await button(tab, 'Play').click();
    await hears(tab);
    expect((await stats(tab)).positionMs).toBeGreaterThanOrEqual(12_000);
  });

  test('a track is queued, and what is said is read by all', async () => {
    await tab.getByRole('textbox', { name: 'Paste a link or search' }).fill(`${site.media.base}/ranges/noise.webm`);
    await button(tab, 'Add to queue').click();
    await until('the queue', () => friend.state?.queue.length === 1);
    await tab.getByRole('list', { name: 'Queue' }).getByRole('listitem').waitFor();
    await tab.getByRole('textbox', { name: 'Message' }).fill('Hello from here');
    await tab.getByRole('textbox', { name: 'Message' }).press('Enter');
    await until('the line', () => friend.lines.some(({ text }) => text === 'Hello from here'));
    expect(await friend.command({ op: 'say', text: 'Hello from there' })).toBeNull();
    await tab.getByRole('log', { name: 'Messages' }).getByText('Hello from there').waitFor();
  });

  test('a network that is lost comes back, and the sound with it', async () => {
    line.cut();
    await tab.getByText('The connection is lost').waitFor();
    line.mend();
    await tab.getByText('The connection is lost').waitFor({ state: 'detached' });
    await hears(tab);
  });

  test('a page that is loaded again is in its room again', async () => {
    await tab.reload();
    await tab.getByRole('list', { name: 'Listeners' }).getByText('Ada').waitFor();
    const tap = button(tab, 'Start listening');
    // A page that nobody has touched may have to wait for a tap.
    await until('sound, or the question for a tap', async () => (await stats(tab)).level > 0.001 || (await tap.count()) > 0);
    if ((await tap.count()) > 0) await tap.click();
    await hears(tab);
  });

  test('who leaves is home, and gone from the room', async () => {
    await button(tab, 'Leave room').click();
    await button(tab, 'Create room').waitFor();
    await until('Ada is gone', () => friend.counted === 1);
    expect(await barriers(tab)).toEqual([]);
  });
});

afterEach((context) => {
  if (context.task.result?.state === 'fail') process.stderr.write(`${site.server.log.split('\n').slice(-5).join('\n')}\n`);
});
