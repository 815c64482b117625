import { describe, expect, test } from 'vitest';
import { SampleQueue } from '../src/player/worklet/sample_queue';

const PACKET_US = 20_000;

function chunk(epoch: number, playAtUs: number, value = epoch) {
  const samples = new Float32Array(960).fill(value);
  return { type: 'pcm' as const, epoch, playAtUs, positionSamples: 0, left: samples, right: samples };
}

const gate = (epoch: number, running: boolean, atUs: number, gain = 1) => ({ epoch, running, atUs, gain });

/** Ten packets of `epoch` from `fromUs` on. */
function fill(queue: SampleQueue, epoch: number, fromUs: number): void {
  for (let i = 0; i < 10; i += 1) queue.add(chunk(epoch, fromUs + i * PACKET_US));
}

const heardAt = (queue: SampleQueue, us: number): number => {
  const found = queue.locate(us);
  if (!found) return 0;
  const [left, right] = [new Float32Array(1), new Float32Array(1)];
  queue.readRun(found, us, 1e6 / 48_000, Infinity, 1, left, right);
  return Number(((left[0] ?? NaN) * queue.level(found.epoch, us)).toFixed(6)); // what the table rounds
};

describe('the sample queue', () => {
  test('is silent before the start, fades in within 5 ms, and plays pre-roll for nobody', () => {
    const queue = new SampleQueue();
    queue.setGate(gate(1, true, 80_000));
    fill(queue, 1, 0);
    expect(heardAt(queue, 79_000)).toBe(0);
    expect(heardAt(queue, 82_500)).toBeCloseTo(0.5);
    expect(heardAt(queue, 90_000)).toBe(1);
  });

  test('goes silent at the stamped instant of a pause, on a fade', () => {
    const queue = new SampleQueue();
    queue.setGate(gate(1, true, 0));
    fill(queue, 1, 0);
    queue.setGate(gate(1, false, 100_000));
    expect(heardAt(queue, 90_000)).toBe(1);
    expect(heardAt(queue, 97_500)).toBeCloseTo(0.5);
    expect(heardAt(queue, 100_000)).toBe(0);
  });

  test('changes from one epoch to the next at the instant of the change', () => {
    const queue = new SampleQueue();
    queue.setGate(gate(1, true, 0));
    fill(queue, 1, 0);
    queue.setGate(gate(2, true, 100_000));
    fill(queue, 2, 20_000);
    expect(heardAt(queue, 90_000)).toBe(1);
    expect(heardAt(queue, 110_000)).toBe(2);
  });

  test('what was upcoming and is called off is never heard, and the track before it plays on to its end', () => {
    const queue = new SampleQueue();
    queue.setGate(gate(1, true, 0), gate(2, true, 200_000));
    fill(queue, 1, 0);
    fill(queue, 2, 190_000);
    queue.setGate(gate(1, true, 0));
    queue.add(chunk(2, 390_000)); // decoded a moment late
    expect(heardAt(queue, 150_000)).toBe(1);
    expect(heardAt(queue, 195_000)).toBe(1);
    expect(heardAt(queue, 300_000)).toBe(0);
    queue.setGate(gate(1, true, 0), gate(3, true, 200_000));
    fill(queue, 3, 190_000);
    expect(heardAt(queue, 195_000)).toBe(1);
    expect(heardAt(queue, 205_000)).toBe(3);
    queue.setGate(gate(3, true, 200_000));
    expect(heardAt(queue, 195_000)).toBe(1);
    expect(heardAt(queue, 300_000)).toBe(3);
  });

  test('what a pause cut off does not come back with the next epoch', () => {
    const queue = new SampleQueue();
    queue.setGate(gate(1, true, 0));
    fill(queue, 1, 0);
    queue.setGate(gate(1, false, 50_000));
    queue.setGate(gate(2, true, 150_000));
    expect(heardAt(queue, 100_000)).toBe(0);
  });

  test('interpolates smoothly, also across packets', () => {
    const queue = new SampleQueue();
    queue.setGate(gate(1, true, -1e6));
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
    queue.setGate(gate(1, true, 0));
    fill(queue, 1, 0);
    expect(queue.bufferedUs(50_000)).toBeCloseTo(150_000);
    queue.forgetBefore(190_000);
    expect(heardAt(queue, 100_000)).toBe(0);
    expect(heardAt(queue, 195_000)).toBe(1);
  });

  test('joins two tracks at the sample: each sample of the whole is heard once, with neither gap nor fade', () => {
    const seam = 4321; // samples of the first track
    const whole = (n: number): number => Math.sin(n / 5) + 0.5 * Math.sin(n / 3.1);
    const us = (sample: number): number => (sample * 1e6) / 48_000;
    const queue = new SampleQueue();
    const addTrack = (epoch: number, from: number, to: number, lead: number): void => {
      // As a decoder gives it: whole packets, that begin before the track does and end behind its end.
      for (let at = from - lead; at < to; at += 960) {
        const samples = Float32Array.from({ length: 960 }, (_, i) => (at + i >= from && at + i < to ? whole(at + i) : 0));
        queue.add({ type: 'pcm', epoch, playAtUs: us(at), positionSamples: at - from, left: samples, right: samples });
      }
    };
    addTrack(1, 0, seam, 312);
    addTrack(2, seam, 9000, 312);
    for (const switched of [false, true]) {
      // Before and after the room's state says that the next track plays.
      if (switched) queue.setGate(gate(2, true, us(seam)));
      else queue.setGate(gate(1, true, us(-480)), gate(2, true, us(seam)));
      for (let n = seam - 20; n < seam + 20; n += 0.25) expect(heardAt(queue, us(n)), `sample ${String(n)}`).toBeCloseTo(whole(n), 2);
    }
  });

  test('an announced track that is called off is never heard', () => {
    const queue = new SampleQueue();
    queue.setGate(gate(1, true, -10_000), gate(2, true, 100_000));
    fill(queue, 1, 0);
    fill(queue, 2, 100_000);
    queue.setGate(gate(3, false, 80_000));
    expect(heardAt(queue, 70_000)).toBe(1);
    for (let us = 80_000; us < 300_000; us += 5000) expect(heardAt(queue, us)).toBe(0);
  });

  test('each epoch has its own gain, the one that fades out too', () => {
    const queue = new SampleQueue();
    queue.setGate(gate(1, true, 0, 0.5), gate(2, true, 100_000, 0.25));
    expect([1, 2].map((epoch) => queue.gainOf(epoch))).toEqual([0.5, 0.25]);
    queue.setGate(gate(2, true, 100_000, 0.25));
    expect([1, 2].map((epoch) => queue.gainOf(epoch))).toEqual([0.5, 0.25]);
  });
});
