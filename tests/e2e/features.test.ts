// Browsers that lack something: each feature that the player uses is taken away, alone and with each other one. There is sound, or a sentence
// that says why there is none, and never an empty page.

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { complaintsOf, launch } from '../fixtures/browser';
import { Speakers } from '../fixtures/speakers';
import { Client, createRoom } from '../fixtures/client';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

/** How a feature is taken away, in the page and in its workers; and what is left without it. */
const FEATURES: Record<string, { take: string; leaves: 'sound' | 'sentence' }> = {
  AudioContext: { take: 'delete self.AudioContext', leaves: 'sentence' },
  AudioWorklet: { take: "self.AudioContext && delete BaseAudioContext.prototype.audioWorklet", leaves: 'sound' },
  AudioWorkletNode: { take: 'delete self.AudioWorkletNode', leaves: 'sound' },
  'an audio thread that can be set up': { take: "self.AudioWorklet && (Worklet.prototype.addModule = () => Promise.reject(new Error('no')))", leaves: 'sound' },
  SharedArrayBuffer: { take: 'delete self.SharedArrayBuffer', leaves: 'sound' },
  isolation: { take: "Object.defineProperty(self, 'crossOriginIsolated', { value: false })", leaves: 'sound' },
  MessageChannel: { take: 'delete self.MessageChannel', leaves: 'sound' },
  Worker: { take: 'delete self.Worker', leaves: 'sound' },
  'a worker that starts': { take: "self.Worker && (self.Worker = class { constructor() { setTimeout(() => this.onerror(new ErrorEvent('error', { cancelable: true })), 20); } postMessage() {} terminate() {} })", leaves: 'sound' },
  WebAssembly: { take: 'delete self.WebAssembly', leaves: 'sound' },
  AudioDecoder: { take: 'delete self.AudioDecoder', leaves: 'sound' },
  EncodedAudioChunk: { take: 'delete self.EncodedAudioChunk', leaves: 'sound' },
  'a decoder that takes Opus': { take: "self.AudioDecoder && (AudioDecoder.isConfigSupported = () => Promise.reject(new TypeError('no')))", leaves: 'sound' },
  getOutputTimestamp: { take: 'self.AudioContext && delete AudioContext.prototype.getOutputTimestamp', leaves: 'sound' },
  outputLatency: { take: 'self.AudioContext && delete AudioContext.prototype.outputLatency', leaves: 'sound' },
  mediaSession: { take: 'self.Navigator && delete Navigator.prototype.mediaSession', leaves: 'sound' },
  MediaMetadata: { take: 'delete self.MediaMetadata', leaves: 'sound' },
  mediaDevices: { take: 'self.Navigator && delete Navigator.prototype.mediaDevices', leaves: 'sound' },
  localStorage: { take: "Object.defineProperty(self, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })", leaves: 'sound' },
  sessionStorage: { take: "Object.defineProperty(self, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } })", leaves: 'sound' },
  ResizeObserver: { take: 'delete self.ResizeObserver', leaves: 'sound' },
  Segmenter: { take: 'delete Intl.Segmenter', leaves: 'sound' },
  wakeLock: { take: 'self.Navigator && delete Navigator.prototype.wakeLock', leaves: 'sound' },
  WebSocket: { take: 'delete self.WebSocket', leaves: 'sentence' },
};
/** Those whose absence shapes the way of the sound: each is taken away with each other one. */
const OF_SOUND = ['AudioContext', 'AudioWorklet', 'an audio thread that can be set up', 'SharedArrayBuffer', 'MessageChannel', 'Worker', 'WebAssembly', 'AudioDecoder', 'getOutputTimestamp'];
const AT_ONCE = 4;

let server: TestServer;
let speakers: Speakers;
let browser: Browser;
let roomUrl = '';
const started: (() => unknown)[] = [];

beforeAll(async () => {
  server = await TestServer.start();
  started.push(() => server.stop());
  speakers = await Speakers.start();
  started.push(() => { speakers.stop(); });
  browser = await launch(speakers);
  started.push(() => browser.close());
  const room = await createRoom(server.base);
  const host = await Client.join(server.base, room);
  started.push(() => { host.close(); });
  expect(await host.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
  expect(await host.command({ op: 'repeat', mode: 'one' })).toBeNull();
  await host.status('playing');
  roomUrl = `${server.base}/r/${room.code}`;
});
afterAll(async () => {
  for (const stop of started.reverse()) await stop();
});

async function contextWithout(names: readonly string[]): Promise<BrowserContext> {
  const context = await browser.newContext();
  const script = names.map((name) => `try { ${FEATURES[name]?.take ?? ''}; } catch (error) { console.warn('not taken away', error); }`).join('\n');
  await context.addInitScript(script);
  // What is prepared for a page is not for its workers.
  await context.route(/\/assets\/decoder_worker-[^/]*\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script}\n${await response.text()}` });
  });
  return context;
}

/** What somebody gets who joins without these features: "sound", or the words that they read. */
async function outcome(names: readonly string[]): Promise<{ got: string; complaints: string[] }> {
  const context = await contextWithout(names);
  try {
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    await page.goto(roomUrl);
    await page.getByRole('textbox', { name: 'Your name' }).fill('Ada');
    await page.getByRole('button', { name: 'Join room' }).click();
    return { got: await until('sound or a sentence', () => soundOrSentence(page), 20_000), complaints };
  } finally {
    await context.close();
  }
}

async function soundOrSentence(page: Page): Promise<string | null> {
  const level = await page.evaluate(() => (window as { musicspace?: { stats(): { level: number } } }).musicspace?.stats().level ?? 0);
  if (level > 0.001) return 'sound';
  const words = await page.getByRole('alert').allTextContents();
  return words.find((text) => /cannot play the sound|cannot be decoded|has failed/.test(text)) ?? null;
}

/** All cases, some at a time; those that went wrong. */
async function wrongOf(cases: readonly (readonly string[])[], isRight: (names: readonly string[], got: string) => boolean): Promise<string[]> {
  const waiting = [...cases];
  const wrong: string[] = [];
  const work = async (): Promise<void> => {
    for (let names = waiting.shift(); names; names = waiting.shift()) {
      const { got, complaints } = await outcome(names).catch((error: unknown) => ({ got: String(error), complaints: [] }));
      const unexpected = complaints.filter((text) => !/WebSocket is not|not taken away/.test(text) || text.startsWith('not taken'));
      if (!isRight(names, got)) wrong.push(`without ${names.join(' and ')}: ${got} ${unexpected.join(' | ')}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return wrong;
}

test('without one feature there is sound, or the sentence where nothing else will do', async () => {
  const cases = Object.keys(FEATURES).map((name) => [name]);
  expect(await wrongOf(cases, ([name = ''], got) => (FEATURES[name]?.leaves === 'sound' ? got === 'sound' : got.length > 40))).toEqual([]);
}, 240_000);

test('without two features there is sound, or a sentence', async () => {
  const cases = OF_SOUND.flatMap((one, i) => OF_SOUND.slice(i + 1).map((other) => [one, other]));
  expect(await wrongOf(cases, (_names, got) => got === 'sound' || got.length > 40)).toEqual([]);
}, 400_000);

test('an exception in the page becomes a sentence, and a line of the log without what people typed', async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(roomUrl);
  await page.getByRole('textbox', { name: 'Your name' }).fill('Secret Name');
  await page.route('**/assets/broken.js', (route) => route.fulfill({ contentType: 'text/javascript', body: 'throw new TypeError(`nothing at ${location.href} for "Secret Name"`);' }));
  await page.addScriptTag({ url: `${server.base}/assets/broken.js` });
  await page.getByRole('alert').getByText('Something on this page has failed').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  const line = await until('the line of the log', () => /^.*a page has failed: TypeError.*$/m.exec(server.log)?.[0]);
  expect(line).toMatch(/TypeError: nothing at URL for "…" at broken\.js:1:\d+ in Chrome \d+$/);
  expect(line).not.toMatch(/Secret|\/r\//);
  await page.context().close();
});
