import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TimeExchange, type TimeExchangeEvents } from '../src/player/time_exchange';

const SERVER_AHEAD_US = 7e9;
let visibilityState = 'visible';

class Page extends EventTarget {
  get visibilityState(): string {
    return visibilityState;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('window', new EventTarget());
  vi.stubGlobal('document', new Page());
  vi.stubGlobal('navigator', {});
  visibilityState = 'visible';
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** An exchange over a line of `delayMs` each way, which may be cut. */
function onLine(delayMs: number) {
  const line = { delayMs, isCut: false, asked: 0, usable: 0, unanswered: [] as number[] };
  const events: TimeExchangeEvents = {
    ask: (question) => {
      line.asked += 1;
      const clientSentUs = Number(new DataView(question).getBigInt64(1));
      if (line.isCut) return;
      setTimeout(() => {
        const serverUs = performance.now() * 1000 + SERVER_AHEAD_US;
        setTimeout(() => { exchange.take({ kind: 'time', clientSentUs, serverReceivedUs: serverUs, serverSentUs: serverUs }); }, line.delayMs);
      }, line.delayMs);
    },
    onUsable: () => { line.usable += 1; },
    onChange: () => undefined,
    onUnanswered: (ms) => { line.unanswered.push(ms); },
  };
  const exchange = new TimeExchange(events);
  return { line, exchange };
}

describe('the time exchange', () => {
  test('is usable after a round trip and a little, and knows the time then', async () => {
    const { line, exchange } = onLine(40);
    exchange.reached();
    await vi.advanceTimersByTimeAsync(120);
    expect(line.usable).toBe(0);
    await vi.advanceTimersByTimeAsync(20);
    expect(line.usable).toBe(1);
    expect(Math.abs(exchange.clock.offsetUs(performance.now() * 1000) - SERVER_AHEAD_US)).toBeLessThan(1_500);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(line.usable).toBe(1);
  });

  test('does not wait for ever', async () => {
    const { line, exchange } = onLine(2_000);
    exchange.reached();
    await vi.advanceTimersByTimeAsync(360);
    expect(line.usable).toBe(1);
  });

  test.each(['online', 'visible'])('asks in a burst again when the page is %s', async (what) => {
    const { line, exchange } = onLine(10);
    exchange.reached();
    await vi.advanceTimersByTimeAsync(20_000);
    const before = line.asked;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(line.asked - before).toBeLessThan(5);
    (what === 'online' ? window : document).dispatchEvent(new Event(what === 'online' ? 'online' : 'visibilitychange'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(line.asked - before).toBeGreaterThan(15);
  });

  test('asks in a burst again when the round trip has grown', async () => {
    const { line, exchange } = onLine(10);
    exchange.reached();
    await vi.advanceTimersByTimeAsync(40_000);
    line.delayMs = 60;
    const before = line.asked;
    await vi.advanceTimersByTimeAsync(16_000);
    expect(line.asked - before).toBeGreaterThan(20);
  });

  test('tells when nothing answers any more, and sooner after a wake', async () => {
    const { line, exchange } = onLine(10);
    exchange.reached();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(line.unanswered).toEqual([]);
    line.isCut = true;
    await vi.advanceTimersByTimeAsync(9_000);
    expect(line.unanswered[0]).toBe(4_000);
    line.unanswered.length = 0;
    document.dispatchEvent(new Event('visibilitychange'));
    await vi.advanceTimersByTimeAsync(1_600);
    expect(line.unanswered).toContain(1_500);
  });

  test('is silent once it is closed', async () => {
    const { line, exchange } = onLine(10);
    exchange.reached();
    exchange.close();
    const before = line.asked;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(line.asked).toBe(before);
  });
});
