// One person's way through a room in each engine: what is heard at the speakers, what is seen, and what gets lost on the way.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { barriers } from '../fixtures/barriers';
import { stats } from '../fixtures/browser';
import { Speakers } from '../fixtures/speakers';
import { Client, joinRoom } from '../fixtures/client';
import { ENGINES, openWindow } from '../fixtures/engines';
import { MediaServer } from '../fixtures/media_server';
import { TestServer } from '../fixtures/server';
import { SlowLine } from '../fixtures/slow_line';
import type { Tab } from '../fixtures/tab';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;
let speakers: Speakers;
const started: (() => unknown)[] = [];

beforeAll(async () => {
  server = await TestServer.start();
  started.push(() => server.stop());
  media = await MediaServer.start();
  started.push(() => { media.stop(); });
  speakers = await Speakers.start();
  started.push(() => { speakers.stop(); });
});
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
});

/** The loudness of what the speakers play, of half a second: 0 in silence. */
async function loudness(): Promise<number> {
  const { left } = await speakers.record(0.5);
  return Math.sqrt(left.reduce((sum, sample) => sum + sample * sample, 0) / left.length);
}
const isHeard = () => until('sound at the speakers', async () => (await loudness()) > 0.01, 20_000);
const isSilent = () => until('silence at the speakers', async () => (await loudness()) === 0);

/** What each engine's output is known by. */
const CLOCKS = { chromium: 'stamps', firefox: 'steps', webkit: 'steps' };

const roomCount = async () => Number(/^musicspace_rooms (\d+)$/m.exec(await (await fetch(`${server.base}/metrics`)).text())?.[1]);

const seek = (tab: Tab) => tab.getByRole('slider', { name: 'Seek' });
const button = (tab: Tab, name: string) => tab.getByRole('button', { name, exact: true });
const positionMs = async (tab: Tab) => (await stats(tab)).positionMs;

async function give(tab: Tab, link: string, how: 'Play now' | 'Add to queue'): Promise<void> {
  await tab.getByRole('textbox', { name: 'Paste a link or search' }).fill(link);
  await button(tab, how).click();
}

/** Back in the room. A page that nobody has touched may need a tap before it may sound. */
async function listensAgain(tab: Tab): Promise<void> {
  await tab.getByRole('list', { name: 'Listeners' }).getByText('Ada').waitFor();
  const tap = tab.getByRole('button', { name: 'Start listening' });
  await until('sound', async () => {
    if ((await tap.count()) > 0) await tap.click();
    return (await loudness()) > 0.01;
  }, 20_000);
}

describe.each(ENGINES)('%s', (engine) => {
  const own: (() => unknown)[] = [];
  let line: SlowLine;
  let tab: Tab;
  let ben: Client;
  let code = '';

  beforeAll(async () => {
    line = await SlowLine.to(server.base, { there: () => 0, back: () => 0 });
    own.push(() => { line.stop(); });
    const window = await openWindow(engine, speakers);
    own.push(() => window.close());
    ({ tab } = window);
  });
  afterAll(async () => {
    for (const stop of own.reverse()) await stop();
  });

  test('a room is created, and a friend comes', async () => {
    await tab.goto(line.base);
    expect(await barriers(tab)).toEqual([]);
    await tab.getByRole('textbox', { name: 'Your name' }).fill('Ada');
    await button(tab, 'Create room').click();
    await tab.getByRole('list', { name: 'Listeners' }).getByText('Ada').waitFor();
    code = (await tab.evaluate<string>('location.pathname')).slice(-5);
    ben = await Client.join(server.base, await joinRoom(server.base, code, 'Ben'));
    own.push(() => { ben.close(); });
    await tab.getByRole('list', { name: 'Listeners' }).getByText('Ben').waitFor();
  });

  test('a link plays; pause silences it, and a seek moves it', async () => {
    await give(tab, `${media.base}/ranges/noise.mp3`, 'Play now');
    await tab.getByRole('heading', { name: 'noise' }).waitFor();
    expect(await ben.command({ op: 'repeat', mode: 'one' })).toBeNull();
    await isHeard();
    expect(await barriers(tab)).toEqual([]);
    await button(tab, 'Pause').click();
    await isSilent();
    await seek(tab).fill('12000');
    await seek(tab).press('Enter'); // a key that is let go ends the drag
    await until('the place', async () => (await positionMs(tab)) === 12_000);
    await button(tab, 'Play').click();
    await isHeard();
    await until('the track to go on', async () => (await positionMs(tab)) > 12_500);
  });

  test('a track waits in the queue, and is taken out', async () => {
    await give(tab, `${media.base}/ranges/noise.webm`, 'Add to queue');
    const queue = tab.getByRole('list', { name: 'Queue' });
    await queue.getByText('noise').waitFor();
    await queue.getByRole('button', { name: 'Remove noise' }).click();
    await tab.getByText('The queue is empty').waitFor();
  });

  test('two people talk', async () => {
    expect(await ben.command({ op: 'chat', text: 'Good evening' })).toBeNull();
    const log = tab.getByRole('log', { name: 'Messages' });
    await log.getByText('Good evening').waitFor();
    const box = tab.getByRole('textbox', { name: 'Message' });
    await box.fill('Hello Ben');
    await box.press('Enter');
    await until('it arrives', () => ben.lines.some(({ text }) => text === 'Hello Ben'));
    await log.getByText('Hello Ben').waitFor();
  });

  test('a network that is lost and comes back', async () => {
    line.cut();
    await tab.getByText('The connection is lost').waitFor();
    await isSilent(); // what had arrived is over
    line.mend();
    await tab.getByText('The connection is lost').waitFor({ state: 'detached' });
    await isHeard();
  });

  test('a reload stays in the room', async () => {
    await tab.reload();
    await listensAgain(tab);
  });

  test('leaving ends the sound, and the code leads back', async () => {
    await button(tab, 'Leave room').click();
    await button(tab, 'Create room').waitFor();
    await isSilent();
    await until('Ben to be alone', () => ben.counted === 1);
    await tab.getByRole('textbox', { name: 'Room code' }).fill(code.toLowerCase());
    await button(tab, 'Join room').click();
    await listensAgain(tab);
  });

  test('the page about itself tells what it has found', async () => {
    const rooms = await roomCount();
    await tab.goto(`${server.base}/check`);
    await isSilent();
    await button(tab, 'Start the check').click();
    await isHeard();
    const found = tab.getByRole('list', { name: 'What was found' });
    await until('the findings', async () => (await found.count()) > 0, 30_000);
    await found.getByText('The sound had no hole.').waitFor();
    expect(await barriers(tab)).toEqual([]);
    const report = await tab.evaluate<string>("document.querySelector('textarea').value");
    expect(report).toContain(', worklet');
    expect(report).toContain(`clock: ${CLOCKS[engine]}`);
    await until('the check’s own room to be closed', async () => (await roomCount()) === rooms);
  });
});
