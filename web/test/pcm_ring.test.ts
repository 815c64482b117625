import { describe, expect, test } from 'vitest';
import { createRing, RingReader, RingWriter } from '../src/player/worklet/pcm_ring';

const chunk = (number: number) => ({
  type: 'pcm' as const,
  epoch: 7,
  playAtUs: 1e12 + number * 20_000.25,
  positionSamples: number * 960 - 312,
  left: new Float32Array(960).fill(number + 1),
  right: new Float32Array(960).fill(-number - 1),
});

describe('the ring', () => {
  test('hands packets on as they are, in order, many times round', () => {
    const memory = createRing();
    const [writer, reader] = [new RingWriter(memory), new RingReader(memory)];
    expect(reader.take()).toBeNull();
    for (let i = 0; i < 3000; i += 1) {
      expect(writer.write(chunk(i))).toBe(true);
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
    while (writer.write(chunk(written))) written += 1;
    const first = reader.take();
    const second = reader.take();
    reader.releaseBefore(second?.number);
    expect(writer.write(chunk(written))).toBe(true);
    expect(writer.write(chunk(written + 1))).toBe(false);
    expect(second?.left[5]).toBe(2);
    expect(first?.left[5]).toBe(written + 1); // released, and used again
  });

  test('takes whole packets only', () => {
    expect(new RingWriter(createRing()).write({ ...chunk(1), left: new Float32Array(480) })).toBe(false);
  });
});
