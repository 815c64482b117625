import { describe, expect, test } from 'vitest';
import { outputNotToAsk } from '../src/player/known_outputs';
import { ObservedClock } from '../src/player/observed_clock';
import type { OutputFacts } from '../src/player/output_facts';
import type { OutputReading } from '../src/player/output_reading';
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
    const clock = new SteppedClock({ edge: 'end', latencyUs: LATENCY_US });
    read(clock, 1000, 1100);
    expect(clock.heardAtContextZeroUs(1_100_000)).toBeNaN();
  });

  test('answers within half a second, and better after some', () => {
    const clock = new SteppedClock({ edge: 'end', latencyUs: LATENCY_US });
    read(clock, 1000, 1500);
    expect(missedBy(clock, 1500, 1_050_000)).toBeLessThan(5_000);
    read(clock, 1500, 6000);
    expect(missedBy(clock, 6000, 1_050_000)).toBeLessThan(700);
  });

  test('is not led away by steps that come late', () => {
    const clock = new SteppedClock({ edge: 'end', latencyUs: LATENCY_US });
    const next = dice(3);
    read(clock, 1000, 20_000, { lateUs: () => 8_000 * next() });
    expect(missedBy(clock, 20_000, 1_050_000)).toBeLessThan(700);
    expect(clock.steps).toBe(0);
  });

  test('learns how fast the device runs', () => {
    const clock = new SteppedClock({ edge: 'end', latencyUs: LATENCY_US });
    read(clock, 1000, 61_000, { drift: 150 });
    expect(missedBy(clock, 70_000, 1_050_000 - 150 * 69)).toBeLessThan(1_000);
  });

  test('follows within two seconds when sound has been held up, and says so', () => {
    const clock = new SteppedClock({ edge: 'end', latencyUs: LATENCY_US });
    read(clock, 1000, 10_000);
    read(clock, 10_000, 12_000, { heldUs: 40_000 });
    expect(clock.steps).toBe(1);
    expect(missedBy(clock, 12_000, 1_090_000)).toBeLessThan(3_000);
  });

  test('forgets another device', () => {
    const clock = new SteppedClock({ edge: 'end', latencyUs: LATENCY_US });
    read(clock, 1000, 10_000);
    clock.reset();
    expect(clock.heardAtContextZeroUs(10e6)).toBeNaN();
    expect(clock.steps).toBe(1);
  });
});

/**
 * Readings of a device that asks for 128 frames of 44.1 kHz at a time, in bursts of 26 to 43 ms: each begins when the one before has been used up, or later by `lateUs`.
 * They are `everyMs` apart, for `seconds`; context time 0 is rendered at 1 s.
 */
function bursts(seconds: number, lateUs: () => number, stampOf: (nowUs: number, contextUs: number) => Partial<OutputReading>, everyMs = 10): OutputReading[] {
  const blockUs = 128 / 0.0441;
  const readings: OutputReading[] = [];
  let [contextUs, nextUs, blocks] = [0, 1_000_000, 9];
  for (let nowUs = 1_000_000; nowUs < (1 + seconds) * 1e6; nowUs += everyMs * 1000) {
    while (nextUs <= nowUs) {
      contextUs += blocks * blockUs;
      nextUs = 1_000_000 + contextUs;
      blocks = 9 + ((blocks + 4) % 7);
      const late = lateUs();
      if (late > 0 && nextUs + late > nowUs) nextUs += late;
    }
    readings.push({ nowUs, contextUs, stampUs: NaN, stampContextUs: NaN, latencyUs: NaN, bufferUs: NaN, ...stampOf(nowUs, contextUs) });
  }
  return readings;
}

describe('a clock of steps that come in bursts of any size', () => {
  test('goes by the moments at which bursts begin', () => {
    const clock = new SteppedClock({ edge: 'begin', latencyUs: LATENCY_US });
    const next = dice(5);
    for (const reading of bursts(20, () => (next() < 0.2 ? 6_000 * next() : 0), () => ({}))) clock.add(reading);
    expect(missedBy(clock, 21_000, 1_050_000)).toBeLessThan(700);
    expect(clock.steps).toBe(0);
  });

  test('knows roughly where readings are too far apart to show a beginning, and keeps what it knew better', () => {
    const output = { edge: 'begin', latencyUs: LATENCY_US, roughUs: LATENCY_US + 30_000 } as const;
    const hidden = new SteppedClock(output);
    for (const reading of bursts(20, () => 0, () => ({}), 1000)) hidden.add(reading);
    expect(missedBy(hidden, 21_000, 1_050_000)).toBeLessThan(50_000);
    const once = new SteppedClock(output);
    const all = bursts(60, () => 0, () => ({}));
    for (const [i, reading] of all.entries()) if (i < 2000 || i % 100 === 0) once.add(reading);
    expect(missedBy(once, 61_000, 1_050_000)).toBeLessThan(1_000);
  });
});

describe('a clock by what is observed', () => {
  const answers = (kind: OutputFacts['clock'], stampOf: (nowUs: number, contextUs: number) => Partial<OutputReading>): number[] => {
    const clock = new ObservedClock();
    const all = bursts(5, () => 0, stampOf).flatMap((reading) => {
      clock.add(reading);
      const answer = clock.heardAtContextZeroUs(reading.nowUs);
      return Number.isNaN(answer) ? [] : [answer];
    });
    expect(all.length).toBeGreaterThan(400);
    expect(clock.kind).toBe(kind);
    return all;
  };

  test('goes by steps where stamps lie in the future and no latency is reported, from the first answer on', () => {
    const all = answers('steps', (nowUs, contextUs) => ({ stampUs: nowUs + contextUs, stampContextUs: contextUs - 40_000, latencyUs: 2_900 }));
    for (const answer of all) expect(Math.abs(answer - 1_059_000)).toBeLessThan(10_500);
    expect(Math.abs((all.at(-1) ?? NaN) - 1_059_000)).toBeLessThan(1_500);
  });

  test('goes by stamps where these can be true', () => {
    const all = answers('stamps', (nowUs) => ({ stampUs: nowUs, stampContextUs: nowUs - 1_030_000, latencyUs: 30_000, bufferUs: 20_000 }));
    for (const answer of all) expect(Math.abs(answer - 1_030_000)).toBeLessThan(1_000);
  });

  test('goes by the latency that is reported where there are no stamps', () => {
    answers('latency', () => ({ latencyUs: 30_000, bufferUs: 20_000 }));
  });

  test('goes by stamps that lie a little in the future', () => {
    answers('stamps', (nowUs) => ({ stampUs: nowUs + 15_000, stampContextUs: nowUs - 1_015_000, latencyUs: 2_900 }));
  });
});

test('only Firefox on Linux must not be asked', () => {
  const agents = {
    firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
    webKit: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/60.5 Safari/605.1.15',
    headless: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36',
    android: 'Mozilla/5.0 (Android 16; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0',
    mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:153.0) Gecko/20100101 Firefox/153.0',
  };
  expect(Object.entries(agents).filter(([, agent]) => outputNotToAsk(agent)).map(([name]) => name)).toEqual(['firefox']);
});
