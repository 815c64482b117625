import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Connection } from '../src/player/connection';

/** The far end of what the connection opens. */
class Socket {
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static readonly all: Socket[] = [];
  readyState = 0;
  readonly sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Socket.all.push(this);
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  open(): void {
    this.readyState = Socket.OPEN;
    this.onopen?.();
  }

  close(code = 1006): void {
    this.readyState = Socket.CLOSED;
    this.onclose?.({ code });
  }
}

const WELCOME = '{"type":"welcome","member":{"id":"1","name":"Ada"}}';

beforeEach(() => {
  Socket.all.length = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('window', new EventTarget());
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));
  vi.stubGlobal('WebSocket', Socket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const HELLO = '{"type":"hello"}';

function connect() {
  const states: string[] = [];
  let reached = 0;
  const connection = new Connection('ws://host/ws', {
    onState: (state) => { states.push(state); },
    onReached: () => { reached += 1; },
    onMessage: () => undefined,
    onBinary: () => undefined,
  });
  return { connection, states, reached: () => reached, latest: () => Socket.all.at(-1) ?? new Socket() };
}

describe('the connection', () => {
  test('lets nothing but questions out before it is welcome, each time anew', async () => {
    const { connection, latest, reached } = connect();
    for (let time = 1; time <= 2; time += 1) {
      latest().open();
      expect(reached()).toBe(time);
      expect(connection.send('{"type":"sync"}')).toBe(false);
      connection.ask(new ArrayBuffer(9));
      connection.greet(HELLO);
      connection.greet(HELLO);
      expect(connection.send('{"type":"sync"}')).toBe(false);
      latest().onmessage?.({ data: WELCOME });
      expect(connection.send('{"type":"sync"}')).toBe(true);
      expect(latest().sent.map((each) => (typeof each === 'string' ? (JSON.parse(each) as { type: string }).type : 'question'))).toEqual(['question', 'hello', 'sync']);
      latest().close();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    connection.close();
  });

  test('comes back, but not where it is not wanted', async () => {
    const { states, latest } = connect();
    latest().open();
    latest().close();
    expect(states.at(-1)).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(Socket.all.length).toBe(2);
    latest().close(4404);
    expect(states.at(-1)).toBe('ended');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Socket.all.length).toBe(2);
  });

  test('gives up a line that has gone silent, and opens another', async () => {
    const { connection, latest } = connect();
    latest().open();
    await vi.advanceTimersByTimeAsync(3_000);
    latest().onmessage?.({ data: WELCOME });
    await vi.advanceTimersByTimeAsync(3_000);
    connection.renewIfSilent(4_000);
    expect(Socket.all.length).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    connection.renewIfSilent(4_000);
    expect(Socket.all.length).toBe(2);
    connection.close();
  });
});
