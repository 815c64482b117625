import { describe, expect, test } from 'vitest';
import { knownOutputOf } from '../src/player/known_outputs';
import { SteppedClock } from '../src/player/stepped_clock';

const LATENCY_US = 50_000;

/** A repeatable number between 0 and 1. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/**
 * A device that asks for 896 frames at a time, sometimes late, read every ten milliseconds from `fromMs` to `toMs`; context time 0 is at 1 s.
 * `lateUs`: how late it asks, for each piece; `drift`: microseconds a second by which it is fast; `heldUs`: by how much it has fallen behind.
 */
function read(clock: SteppedClock, fromMs: number, toMs: number, { lateUs = () => 0, drift = 0, heldUs = 0 }: { lateUs?: () => number; drift?: number; heldUs?: number } = {}): void {
  const pieceUs = 896 / 0.048;
  let [count, contextUs] = [0, 0];
  for (let ms = fromMs; ms < toMs; ms += 10) {
    const runUs = (ms - 1000) * 1000;
    for (let due = ((count + 1) * pieceUs) / (1 + drift / 1e6); due + heldUs + (count % 7 === 3 ? lateUs() : 0) <= runUs; due = ((count + 1) * pieceUs) / (1 + drift / 1e6)) {
      count += 1;
      contextUs = count * pieceUs;
    }
    clock.add({ nowUs: ms * 1000, contextUs, stampUs: NaN, stampContextUs: NaN, latencyUs: NaN, bufferUs: NaN });
  }
}

const missedBy = (clock: SteppedClock, ms: number, truthUs: number): number => Math.abs(clock.heardAtContextZeroUs(ms * 1000) - truthUs);

describe('a clock of steps', () => {
  test('knows nothing before some readings', () => {
    const clock = new SteppedClock(LATENCY_US);
    read(clock, 1000, 1100);
    expect(clock.heardAtContextZeroUs(1_100_000)).toBeNaN();
  });

  test('answers within half a second, and better after some', () => {
    const clock = new SteppedClock(LATENCY_US);
    read(clock, 1000, 1500);
    expect(missedBy(clock, 1500, 1_050_000)).toBeLessThan(5_000);
    read(clock, 1500, 6000);
    expect(missedBy(clock, 6000, 1_050_000)).toBeLessThan(700);
  });

  test('is not led away by steps that come late', () => {
    const clock = new SteppedClock(LATENCY_US);
    const next = dice(3);
    read(clock, 1000, 20_000, { lateUs: () => 8_000 * next() });
    expect(missedBy(clock, 20_000, 1_050_000)).toBeLessThan(700);
    expect(clock.steps).toBe(0);
  });

  test('learns how fast the device runs', () => {
    const clock = new SteppedClock(LATENCY_US);
    read(clock, 1000, 61_000, { drift: 150 });
    expect(missedBy(clock, 70_000, 1_050_000 - 150 * 69)).toBeLessThan(1_000);
  });

  test('follows within two seconds when sound has been held up, and says so', () => {
    const clock = new SteppedClock(LATENCY_US);
    read(clock, 1000, 10_000);
    read(clock, 10_000, 12_000, { heldUs: 40_000 });
    expect(clock.steps).toBe(1);
    expect(missedBy(clock, 12_000, 1_090_000)).toBeLessThan(3_000);
  });

  test('forgets another device', () => {
    const clock = new SteppedClock(LATENCY_US);
    read(clock, 1000, 10_000);
    clock.reset();
    expect(clock.heardAtContextZeroUs(10e6)).toBeNaN();
    expect(clock.steps).toBe(1);
  });
});

test('only browsers that cannot be asked are known', () => {
  const agents = {
    firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
    webKit: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 Safari/605.1.15',
    chromium: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    headless: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36',
    android: 'Mozilla/5.0 (Android 16; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0',
    mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0',
    safari: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
    iphone: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
  };
  const known = Object.entries(agents).filter(([, agent]) => knownOutputOf(agent)).map(([name]) => name);
  expect(known).toEqual(['firefox', 'webKit']);
});
