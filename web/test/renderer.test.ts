import { describe, expect, test } from 'vitest';
import { Renderer } from '../src/player/worklet/renderer';

const BLOCK = 128;
const PACKET = 960;

/** A sine of 1 kHz of the server's time, in packets from 0 to `seconds`; `rate`: of the device. */
function withTone(seconds: number, hz = 1000, rate = 48_000): Renderer {
  const renderer = new Renderer(rate);
  renderer.queue.setGate({ epoch: 1, running: true, atUs: 0, gain: 1 });
  for (let at = 0; at < seconds * 48_000; at += PACKET) {
    const samples = Float32Array.from({ length: PACKET }, (_, i) => Math.sin((2 * Math.PI * hz * (at + i)) / 48_000));
    renderer.queue.add({ type: 'pcm', epoch: 1, playAtUs: (at * 1e6) / 48_000, positionSamples: at, left: samples, right: samples });
  }
  return renderer;
}

/** Renders from context time 0 on; `mappingUs` is asked before each block. */
function play(renderer: Renderer, seconds: number, mappingUs: (contextS: number) => number, rate = 48_000): Float32Array {
  const all = new Float32Array(Math.floor((seconds * rate) / BLOCK) * BLOCK);
  const right = new Float32Array(BLOCK);
  for (let at = 0; at < all.length; at += BLOCK) {
    renderer.serverAtContextZeroUs = mappingUs(at / rate);
    renderer.render(all.subarray(at, at + BLOCK), right, at / rate);
  }
  return all;
}

const biggestStep = (signal: Float32Array, from: number): number => {
  let most = 0;
  for (let i = from + 1; i < signal.length; i += 1) most = Math.max(most, Math.abs((signal[i] ?? 0) - (signal[i - 1] ?? 0)));
  return most;
};
/** Of the tone itself. */
const STEP = 2 * Math.sin((Math.PI * 1000) / 48_000);

describe('the renderer', () => {
  test('plays each sample at its time, from the first on', () => {
    const sound = play(withTone(2), 1, () => 100_000);
    for (let i = 1000; i < sound.length; i += 997) expect(sound[i]).toBeCloseTo(Math.sin(2 * Math.PI * 1000 * (0.1 + i / 48_000)), 3);
  });

  test.each([[44_100, 1000], [44_100, 17_000], [96_000, 17_000]])('plays on a device of %i Hz too: a tone of %i Hz is that tone, to 60 dB', (rate, hz) => {
    const sound = play(withTone(2, hz, rate), 1, () => 100_000, rate);
    let most = 0;
    for (let i = 1000; i < sound.length; i += 1) most = Math.max(most, Math.abs((sound[i] ?? NaN) - Math.sin(2 * Math.PI * hz * (0.1 + i / rate))));
    expect(most).toBeLessThan(0.001);
  });

  test('is silent while it does not know the time', () => {
    expect(Math.max(...play(withTone(1), 0.5, () => NaN))).toBe(0);
  });

  test('corrects a small error slowly, once it has settled', () => {
    const renderer = withTone(12);
    const sound = play(renderer, 10, (s) => (s < 5 ? 0 : 5_000));
    expect(renderer.report(10).resyncs).toBe(0);
    expect(Math.abs(renderer.report(10).errorUs)).toBeLessThan(500);
    expect(biggestStep(sound, 1000)).toBeLessThan(STEP * 1.01);
  });

  test('jumps small errors while it settles, without a click', () => {
    const renderer = withTone(6);
    const sound = play(renderer, 2, (s) => (s < 1 ? 0 : 5_000));
    const report = renderer.report(2);
    expect(report.resyncs).toBe(1);
    expect(Math.abs(report.errorUs)).toBeLessThan(10);
    expect(biggestStep(sound, 1000)).toBeLessThan(STEP * 1.1);
  });

  test('jumps at once when told that a clock has stepped', () => {
    const renderer = withTone(12);
    play(renderer, 8, () => 0);
    renderer.settle();
    renderer.serverAtContextZeroUs = 5_000;
    renderer.render(new Float32Array(BLOCK), new Float32Array(BLOCK), 8);
    expect(Math.abs(renderer.report(8).errorUs)).toBe(0);
  });

  test('counts a hole, and comes back after it', () => {
    const renderer = withTone(1);
    play(renderer, 0.9, () => 0);
    const later = withTone(3);
    const sound = new Float32Array(BLOCK);
    for (let at = 43_264; at < 60_000; at += BLOCK) renderer.render(sound, new Float32Array(BLOCK), at / 48_000);
    expect(Math.max(...sound)).toBe(0);
    later.queue.setGate({ epoch: 1, running: true, atUs: 0, gain: 1 });
    const packet = Float32Array.from({ length: PACKET }, () => 0.5);
    renderer.queue.add({ type: 'pcm', epoch: 1, playAtUs: 1.25e6, positionSamples: 60_000, left: packet, right: packet });
    for (let at = 60_032; at < 60_500; at += BLOCK) renderer.render(sound, new Float32Array(BLOCK), at / 48_000);
    expect(renderer.report(1.25).underruns).toBe(1);
  });

  test('renders again what is taken back, as if it had not been', () => {
    const renderer = withTone(3);
    const once = play(renderer, 2, () => 0).slice(-1280);
    renderer.rewind((96_000 - 1280) / 48_000);
    const again = new Float32Array(1280);
    for (let at = 0; at < 1280; at += BLOCK) renderer.render(again.subarray(at, at + BLOCK), new Float32Array(BLOCK), (96_000 - 1280 + at) / 48_000);
    for (let i = 0; i < 1280; i += 1) expect(again[i]).toBeCloseTo(once[i] ?? NaN, 5);
  });
});

describe('where packets are missing', () => {
  const STEADY = Float32Array.from({ length: PACKET }, () => 0.5);
  const packet = (at: number) => ({ type: 'pcm' as const, epoch: 1, playAtUs: (at * 1e6) / 48_000, positionSamples: at, left: STEADY, right: STEADY });

  test('sound ends and begins again without a click', () => {
    const renderer = new Renderer(48_000);
    renderer.queue.setGate({ epoch: 1, running: true, atUs: -1e6, gain: 1 });
    for (const at of [0, 960, 2880, 3840]) renderer.queue.add(packet(at));
    const sound = play(renderer, 0.1, () => 0);
    expect(biggestStep(sound, 0)).toBeLessThan(0.005);
    expect(sound[900]).toBeCloseTo(0.5, 2);
    expect(sound[2400]).toBe(0);
    expect(sound[3500]).toBeCloseTo(0.5, 2);
  });

  test('one that comes at the last moment is joined without a dip', () => {
    const renderer = new Renderer(48_000);
    renderer.queue.setGate({ epoch: 1, running: true, atUs: -1e6, gain: 1 });
    renderer.queue.add(packet(0));
    const sound = new Float32Array(1920);
    renderer.serverAtContextZeroUs = 0;
    for (let at = 0; at < 1920; at += BLOCK) {
      if (at === 5 * BLOCK) renderer.queue.add(packet(960));
      renderer.render(sound.subarray(at, at + BLOCK), new Float32Array(BLOCK), at / 48_000);
    }
    for (let i = 300; i < 1600; i += 1) expect(sound[i]).toBeCloseTo(0.5, 2);
  });
});
