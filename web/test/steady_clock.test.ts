import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ObservedClock } from '../src/player/observed_clock';
import { SteadyClock } from '../src/player/steady_clock';

type Reading = [nowUs: number, contextUs: number, stampUs: number, stampContextUs: number];

interface Device {
  /** The page's time at which the context's time, as it is seen just after a step, would have been 0. */
  edgeUs: number;
  latencyUs: number;
  /** By how much a step comes late. */
  lateUs?: (step: number) => number;
  /** By how much what is told of the latency is off. */
  errorUs?: (nowUs: number) => number;
}

const STEP_US = 48_000;

/** Readings ten milliseconds apart of a device that takes sound in pieces of 48 ms. */
function read(clock: SteadyClock | ObservedClock, fromMs: number, toMs: number, { edgeUs, latencyUs, lateUs = () => 0, errorUs = () => 0 }: Device): void {
  for (let nowUs = fromMs * 1000; nowUs < toMs * 1000; nowUs += 10_000) {
    let step = Math.floor((nowUs - edgeUs) / STEP_US);
    if (nowUs - edgeUs - step * STEP_US < lateUs(step)) step -= 1;
    clock.add({ nowUs, contextUs: step * STEP_US, stampUs: nowUs, stampContextUs: nowUs - edgeUs - latencyUs - errorUs(nowUs), latencyUs, bufferUs: NaN });
  }
}

describe('a clock for outputs that advance evenly', () => {
  // Two Chromiums on PipeWire, just started. The truth is the edge, which stays, and the mean of what is told in the second half of a minute.
  test.each([0, 1])('sees through rough answers (%i)', (which) => {
    const pages = JSON.parse(readFileSync(new URL('recordings/pipewire.json', import.meta.url), 'utf8')) as { heardUs: number; readings: Reading[] }[];
    const { heardUs, readings } = pages[which] ?? { heardUs: NaN, readings: [] };
    const clock = new ObservedClock();
    for (const [nowUs, contextUs, stampUs, stampContextUs] of readings) {
      clock.add({ nowUs, contextUs, stampUs, stampContextUs, latencyUs: NaN, bufferUs: NaN });
      const error = Math.abs(clock.heardAtContextZeroUs(nowUs) - heardUs);
      if (nowUs > 1e6) expect(error, `after ${String(nowUs / 1e6)} s`).toBeLessThan(2_500);
      if (nowUs > 8e6) expect(error, `after ${String(nowUs / 1e6)} s`).toBeLessThan(1_000);
    }
    expect(clock.steps).toBe(0);
  });

  test('knows nothing where steps come late and early', () => {
    const clock = new SteadyClock();
    read(clock, 0, 20_000, { edgeUs: 5_000, latencyUs: 60_000, lateUs: (step) => ((Math.floor(step / 11) * 7) % 10) * 1_000 });
    expect(clock.isKnown).toBe(false);
  });

  test.each(['a start that is off by fifty', 'an under-run right after the start', 'a late answer', 'two under-runs in a row'])('leaves PulseAudio to the clock that knows it (%s)', (name) => {
    const recordings = JSON.parse(readFileSync(new URL('recordings/outputs.json', import.meta.url), 'utf8')) as Record<string, { readings: Reading[] }>;
    const clock = new SteadyClock();
    for (const [nowUs, contextUs, stampUs, stampContextUs] of recordings[name]?.readings ?? []) {
      clock.add({ nowUs, contextUs, stampUs, stampContextUs, latencyUs: NaN, bufferUs: NaN });
      expect(clock.isKnown, `after ${String(nowUs / 1e6)} s`).toBe(false);
    }
  });

  test('knows from the edge alone that the sound was held up, and by how much', () => {
    const clock = new ObservedClock();
    read(clock, 0, 10_000, { edgeUs: 5_000, latencyUs: 60_000 });
    expect(Math.abs(clock.heardAtContextZeroUs(10e6) - 65_000)).toBeLessThan(500);
    // What is told of the latency is off by half a block.
    read(clock, 10_000, 12_000, { edgeUs: 45_000, latencyUs: 65_000 });
    expect(clock.steps).toBe(1);
    expect(Math.abs(clock.heardAtContextZeroUs(12e6) - 105_000)).toBeLessThan(3_000);
  });

  test('another device is another latency, without an edge that moves', () => {
    const clock = new ObservedClock();
    read(clock, 0, 10_000, { edgeUs: 5_000, latencyUs: 60_000 });
    read(clock, 10_000, 13_000, { edgeUs: 5_000, latencyUs: 210_000 });
    expect(clock.steps).toBeGreaterThan(0);
    expect(Math.abs(clock.heardAtContextZeroUs(13e6) - 215_000)).toBeLessThan(3_000);
  });

  test('a page in the background, which reads once a second, follows a device that runs fast', () => {
    const clock = new ObservedClock();
    const fast = 60 / 1e6;
    for (let ms = 0; ms < 400_000; ms += ms < 30_000 ? 10 : 1_000) {
      const nowUs = ms * 1000;
      const playedUs = (nowUs - 5_000) * (1 + fast);
      clock.add({ nowUs, contextUs: Math.floor(playedUs / STEP_US) * STEP_US, stampUs: nowUs, stampContextUs: playedUs - 60_000, latencyUs: 60_000, bufferUs: NaN });
    }
    expect(clock.steps).toBe(0);
    expect(Math.abs(clock.heardAtContextZeroUs(400e6) - (65_000 - fast * 400e6))).toBeLessThan(1_500);
  });

  test('a page in the background notices that the sound was held up', () => {
    const clock = new ObservedClock();
    read(clock, 0, 30_000, { edgeUs: 5_000, latencyUs: 60_000 });
    for (let ms = 30_000; ms < 180_000; ms += 1_003) read(clock, ms, ms + 10, { edgeUs: 105_000, latencyUs: 60_000 });
    expect(clock.steps).toBe(1);
    expect(Math.abs(clock.heardAtContextZeroUs(180e6) - 165_000)).toBeLessThan(3_000);
  });

  test('stays where it is for minutes, while every answer is off by another amount', () => {
    const clock = new ObservedClock();
    const device = { edgeUs: 5_000, latencyUs: 180_000, errorUs: (nowUs: number) => ((Math.floor(nowUs / 1.5e6) * 7_270) % 10_667) - 5_333 };
    read(clock, 0, 10_000, device);
    const { steps } = clock;
    for (let s = 10; s < 240; s += 10) {
      read(clock, s * 1000, (s + 10) * 1000, device);
      expect(Math.abs(clock.heardAtContextZeroUs((s + 10) * 1e6) - 185_000), `after ${String(s + 10)} s`).toBeLessThan(1_000);
    }
    expect(clock.steps).toBe(steps);
  });
});
