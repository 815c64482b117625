import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { positionMs } from '../src/player/position';
import { parseBinary, parseServerMessage, timeQuestion } from '../src/player/protocol';

function golden(name: string): ArrayBuffer {
  const text = readFileSync(new URL(`../../tests/wire/${name}`, import.meta.url), 'utf8');
  return Uint8Array.from(text.trim().split(/\s+/), (word) => parseInt(word, 16)).buffer;
}

describe('binary messages', () => {
  test('the worked example of an audio frame', () => {
    expect(parseBinary(golden('audio_frame.hex'))).toEqual({
      kind: 'audio',
      tier: 2,
      preRoll: 1,
      epoch: 7,
      playAtUs: 100_000_000,
      positionSamples: -312,
      packets: [Uint8Array.of(0xfc, 0xff, 0xfe), Uint8Array.of(0xf8)],
    });
  });

  test('the worked example of a time answer', () => {
    expect(parseBinary(golden('time_answer.hex'))).toEqual({
      kind: 'time',
      clientSentUs: 123_456,
      serverReceivedUs: 100_000_000,
      serverSentUs: 100_000_042,
    });
  });

  test('damaged ones are dropped, whatever their length', () => {
    const whole = golden('audio_frame.hex');
    for (let length = 0; length < whole.byteLength; length += 1) expect(parseBinary(whole.slice(0, length))).toBeNull();
    expect(parseBinary(new Uint8Array(64).fill(9).buffer)).toBeNull();
  });

  test('a time question is nine bytes', () => {
    expect([...new Uint8Array(timeQuestion(123_456))]).toEqual([2, 0, 0, 0, 0, 0, 1, 0xe2, 0x40]);
  });
});

describe('text messages', () => {
  test.each(['', '{', 'null', '[]', '{"type":"new"}', '{"type":"state"}', '{"type":"state","status":"dancing","timeline":{}}'])('%s is none', (text) => {
    expect(parseServerMessage(text)).toBeNull();
  });

  test('who is how far off, nonsense left out', () => {
    const message = parseServerMessage('{"type":"sync","listeners":[{"id":"3","errorMs":-1.5},7,{"id":"4","errorMs":"x"}]}');
    expect(message).toEqual({ type: 'sync', errorsMs: new Map([['3', -1.5], ['4', 0]]) });
  });

  test('a state with missing parts is filled, not trusted', () => {
    const message = parseServerMessage('{"type":"state","status":"idle","timeline":{"speed":"fast"},"listeners":[5,{"id":"1","name":"Ada"}],"track":7}');
    expect(message).toMatchObject({ type: 'state', timeline: { speed: 1 }, track: null, listeners: [{ id: '1', name: 'Ada' }], listenerCount: 1 });
  });
});

describe('the position', () => {
  const timeline = { running: true, positionSamples: 48_000, atUs: 1_000_000, speed: 1.5 };
  test('follows the timeline from its anchor on', () => {
    expect(positionMs(timeline, 0)).toBe(1000);
    expect(positionMs(timeline, 3_000_000)).toBe(4000);
    expect(positionMs({ ...timeline, running: false }, 3_000_000)).toBe(1000);
    expect(positionMs(timeline, NaN)).toBe(1000);
  });
});
