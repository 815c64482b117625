import { describe, expect, test } from 'vitest';
import type { OutputReading } from '../src/player/output_reading';
import { asSpecified } from '../src/player/stamps';

const reading: OutputReading = { nowUs: 20_010_000, contextUs: 9_990_000, stampUs: 20_000_000, stampContextUs: 9_930_000, latencyUs: 48_000, bufferUs: 23_000 };

describe('stamps as the specification has them', () => {
  test('a pair of a moment and what was heard then stays', () => {
    expect(asSpecified(reading)).toEqual(reading);
  });

  test('a pair that was moved back by the latency holds it again', () => {
    const movedBack = { ...reading, latencyUs: 40_000, stampUs: 20_010_150 - 40_000, stampContextUs: 9_990_000 - 40_010, bufferUs: 0 };
    const { stampUs, stampContextUs } = asSpecified(movedBack);
    expect(stampUs - stampContextUs).toBe(20_010_000 - 9_990_000 + 40_000);
  });

  test('a pair that lies in the future is none', () => {
    expect(asSpecified({ ...reading, stampUs: 20_010_000 + 9_990_000, latencyUs: NaN })).toMatchObject({ stampUs: NaN, stampContextUs: NaN, nowUs: reading.nowUs });
  });

  test('a latency that is hardly any is not looked for in a pair', () => {
    const near = { ...reading, latencyUs: 1_000, stampUs: 20_009_000, stampContextUs: 9_989_000 };
    expect(asSpecified(near)).toEqual(near);
  });
});
