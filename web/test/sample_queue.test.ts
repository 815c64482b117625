import { describe, expect, test } from 'vitest';
import { SampleQueue } from '../src/player/worklet/sample_queue';

const PACKET_US = 20_000;

function chunk(epoch: number, playAtUs: number, value = epoch) {
  const samples = new Float32Array(960).fill(value);
  return { type: 'pcm' as const, epoch, playAtUs, positionSamples: 0, left: samples, right: samples };
}

/** Ten packets of `epoch` from `fromUs` on. */
function fill(queue: SampleQueue, epoch: number, fromUs: number): void {
  for (let i = 0; i < 10; i += 1) queue.add(chunk(epoch, fromUs + i * PACKET_US));
}

const heardAt = (queue: SampleQueue, us: number): number => {
  const found = queue.locate(us);
  return found ? queue.sample(found, 'left', us) * queue.level(found.epoch, us) : 0;
};

describe('the sample queue', () => {
  test('is silent before the start, fades in within 5 ms, and plays pre-roll for nobody', () => {
    const queue = new SampleQueue();
    queue.setGate({ epoch: 1, running: true, atUs: 80_000 });
    fill(queue, 1, 0);
    expect(heardAt(queue, 79_000)).toBe(0);
    expect(heardAt(queue, 82_500)).toBeCloseTo(0.5);
    expect(heardAt(queue, 90_000)).toBe(1);
  });

  test('goes silent at the stamped instant of a pause, on a fade', () => {
    const queue = new SampleQueue();
    queue.setGate({ epoch: 1, running: true, atUs: 0 });
    fill(queue, 1, 0);
    queue.setGate({ epoch: 1, running: false, atUs: 100_000 });
    expect(heardAt(queue, 90_000)).toBe(1);
    expect(heardAt(queue, 97_500)).toBeCloseTo(0.5);
    expect(heardAt(queue, 100_000)).toBe(0);
  });

  test('changes from one epoch to the next at the instant of the change', () => {
    const queue = new SampleQueue();
    queue.setGate({ epoch: 1, running: true, atUs: 0 });
    fill(queue, 1, 0);
    queue.setGate({ epoch: 2, running: true, atUs: 100_000 });
    fill(queue, 2, 20_000);
    expect(heardAt(queue, 90_000)).toBe(1);
    expect(heardAt(queue, 110_000)).toBe(2);
  });

  test('what a pause cut off does not come back with the next epoch', () => {
    const queue = new SampleQueue();
    queue.setGate({ epoch: 1, running: true, atUs: 0 });
    fill(queue, 1, 0);
    queue.setGate({ epoch: 1, running: false, atUs: 50_000 });
    queue.setGate({ epoch: 2, running: true, atUs: 150_000 });
    expect(heardAt(queue, 100_000)).toBe(0);
  });

  test('interpolates smoothly, also across packets', () => {
    const queue = new SampleQueue();
    queue.setGate({ epoch: 1, running: true, atUs: -1e6 });
    const tone = (us: number): number => Math.sin((us / 1e6) * 2 * Math.PI * 1000);
    for (let packet = 0; packet < 3; packet += 1) {
      const made = chunk(1, packet * PACKET_US);
      made.left = Float32Array.from({ length: 960 }, (_, i) => tone(packet * PACKET_US + (i * 1e6) / 48_000));
      queue.add(made);
    }
    for (let us = 15_000; us < 45_000; us += 7.3) expect(Math.abs(heardAt(queue, us) - tone(us))).toBeLessThan(0.001);
  });

  test('forgets what is over and tells how much is left', () => {
    const queue = new SampleQueue();
    queue.setGate({ epoch: 1, running: true, atUs: 0 });
    fill(queue, 1, 0);
    expect(queue.bufferedUs(50_000)).toBeCloseTo(150_000);
    queue.forgetBefore(190_000);
    expect(heardAt(queue, 100_000)).toBe(0);
    expect(heardAt(queue, 195_000)).toBe(1);
  });
});
