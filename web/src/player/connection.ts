// The WebSocket of one membership: says hello when told to, hands messages on, and comes back by itself with growing pauses. A line that has
// gone silent is given up.

import { parseBinary, parseServerMessage, SUBPROTOCOL, type AudioFrame, type Problem, type ServerMessage, type TimeAnswer } from './protocol';

export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'ended';

export interface ConnectionEvents {
  onState(state: ConnectionState, ended: Problem | null): void;
  /** The server can be asked for its time now; greet() joins the room. */
  onReached(): void;
  onMessage(message: ServerMessage): void;
  onBinary(message: AudioFrame | TimeAnswer): void;
}

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 8_000;
const GROWTH = 1.6;

/** Close codes after which coming back is pointless. */
const FINAL: Record<number, Problem> = {
  4401: { code: 'bad-token', title: 'You are not in this room', detail: 'Your membership is not valid any more. Join the room again.' },
  4403: { code: 'expelled', title: 'You were removed from this room', detail: 'The host has removed you. You can create a room of your own.' },
  4404: { code: 'no-such-room', title: 'This room is gone', detail: 'Its host has closed it, or everybody had left some time ago. Create a new one.' },
  4503: { code: 'room-full', title: 'This room is full', detail: 'As many people listen here as the server allows. Try again when some have left.' },
  4400: { code: 'bad-hello', title: 'This page is out of date', detail: 'Reload the page to get the current version.' },
};

export class Connection {
  readonly #url: string;
  readonly #events: ConnectionEvents;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #ended = false;
  #greeted = false;
  #welcomed = false;
  /** When the last message came in. */
  #heardAt = 0;

  constructor(url: string, events: ConnectionEvents) {
    this.#url = url;
    this.#events = events;
    window.addEventListener('online', this.#hurry);
    document.addEventListener('visibilitychange', this.#hurry);
    this.#connect();
  }

  /** A message of one who is in the room; false when this one is not, or not yet. */
  send(text: string): boolean {
    return this.#welcomed && this.#write(text);
  }

  /** A question that needs no hello first. */
  ask(question: ArrayBuffer): void {
    this.#write(question);
  }

  /** Says hello, once. */
  greet(hello: string): void {
    if (!this.#greeted) this.#greeted = this.#write(hello);
  }

  /** Gives the line up when nothing has come in for `silentMs`, though there was a question, and opens a new one. */
  renewIfSilent(silentMs: number): void {
    if (this.#ended || this.#socket?.readyState !== WebSocket.OPEN || performance.now() - this.#heardAt < silentMs) return;
    this.#socket.close();
    this.#connect();
  }

  close(): void {
    this.#end(null);
  }

  #write(data: string | ArrayBuffer): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(data);
    return true;
  }

  #connect(): void {
    this.#events.onState('connecting', null);
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#greeted = this.#welcomed = false;
    socket.onopen = () => {
      this.#heardAt = performance.now();
      if (socket === this.#socket) this.#events.onReached();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (socket === this.#socket) this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    };
  }

  #receive(data: unknown): void {
    this.#heardAt = performance.now();
    if (data instanceof ArrayBuffer) {
      const message = parseBinary(data);
      if (message) this.#events.onBinary(message);
    } else if (typeof data === 'string') {
      const message = parseServerMessage(data);
      if (!message) return;
      if (message.type === 'welcome') {
        this.#failures = 0;
        this.#welcomed = true;
        this.#events.onState('open', null);
      }
      this.#events.onMessage(message);
    }
  }

  #lost(code: number): void {
    if (this.#ended) return;
    const final = FINAL[code];
    if (final) {
      this.#end(final);
      return;
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * GROWTH ** this.#failures);
    this.#failures += 1;
    this.#events.onState('waiting', null);
    // Half of it at random, so that a restarted server is not met by everybody at once.
    this.#timer = setTimeout(() => {
      this.#connect();
    }, pause * (0.5 + Math.random() / 2));
  }

  readonly #hurry = (): void => {
    if (this.#ended || document.visibilityState === 'hidden' || this.#socket?.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.#timer);
    this.#connect();
  };

  #end(problem: Problem | null): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    window.removeEventListener('online', this.#hurry);
    document.removeEventListener('visibilitychange', this.#hurry);
    this.#socket?.close(1000);
    this.#socket = null;
    this.#events.onState('ended', problem);
  }
}
