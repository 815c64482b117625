import { describe, expect, test } from 'vitest';
import type { Pcm, Placed } from '../src/player/worklet/messages';
import { createRing, RingReader, RingWriter } from '../src/player/worklet/pcm_ring';

const placed = (number: number): Placed => ({ epoch: 7, playAtUs: 1e12 + number * 20_000.25, positionSamples: number * 960 - 312 });

const pcm = (number: number, samples = 960): Pcm => ({
  samples,
  copyTo: (left, right) => {
    left.fill(number + 1);
    right.fill(-number - 1);
  },
});

describe('the ring', () => {
  test('hands packets on as they are, in order, many times round', () => {
    const memory = createRing();
    const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
    expect(reader.take()).toBeNull();
    for (let i = 0; i < 3000; i += 1) {
      expect(writer.write(placed(i), pcm(i))).toBe(true);
      const taken = reader.take();
      expect(taken).toMatchObject({ epoch: 7, playAtUs: 1e12 + i * 20_000.25, positionSamples: i * 960 - 312, number: i });
      expect([taken?.left[0], taken?.left[959], taken?.right[0], taken?.right[959]]).toEqual([i + 1, i + 1, -i - 1, -i - 1]);
      reader.releaseBefore(undefined);
    }
  });

  test('never overwrites what is still needed', () => {
    const memory = createRing();
    const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
    let written = 0;
    while (writer.write(placed(written), pcm(written))) written += 1;
    const first = reader.take();
    const second = reader.take();
    reader.releaseBefore(second?.number);
    expect(writer.write(placed(written), pcm(written))).toBe(true);
    expect(writer.write(placed(written + 1), pcm(written + 1))).toBe(false);
    expect(second?.left[5]).toBe(2);
    expect(first?.left[5]).toBe(written + 1); // released, and used again
  });

  test('takes whole packets only', () => {
    expect(new RingWriter(createRing()).write(placed(1), pcm(1, 480))).toBe(false);
  });
});
