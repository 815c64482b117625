// Commands on their way: held back while the room is being entered, then sent. Each is settled once, by the server's answer, by the loss of
// the connection, or by the clock.

import type { Problem } from './protocol';

const PATIENCE_MS = 60_000;
/** What takes effect later than this would surprise whoever wanted it. */
const ENTRY_PATIENCE_MS = 10_000;

export const offline: Problem = {
  code: 'offline',
  title: 'Not connected',
  detail: 'The server cannot be reached just now. This page is trying again; repeat it in a moment.',
};

/** `send` is given the command's id, and tells whether it could be sent. */
type Send = (id: number) => boolean;

interface Waiting {
  resolve(problem: Problem | null): void;
  timer: ReturnType<typeof setTimeout>;
  /** Null when it is on its way. */
  held: Send | null;
}

export class PendingCommands {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #entering = false;

  /** Null when the command took effect, else why not. */
  start(send: Send): Promise<Problem | null> {
    const id = (this.#lastId += 1);
    if (!this.#entering && !send(id)) return Promise.resolve(offline);
    return new Promise((resolve) => {
      this.#waiting.set(id, {
        resolve,
        timer: this.#giveUpAfter(this.#entering ? ENTRY_PATIENCE_MS : PATIENCE_MS, id),
        held: this.#entering ? send : null,
      });
    });
  }

  settle(id: number, problem: Problem | null): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(problem);
  }

  /** A connection is being made: commands from now on wait for it. */
  entering(): void {
    this.giveUp();
    this.#entering = true;
  }

  entered(): void {
    this.#entering = false;
    for (const [id, waiting] of [...this.#waiting]) {
      clearTimeout(waiting.timer);
      waiting.timer = this.#giveUpAfter(PATIENCE_MS, id);
      if (waiting.held && !waiting.held(id)) this.settle(id, offline);
      waiting.held = null;
    }
  }

  /** None of them will be answered any more. */
  giveUp(): void {
    this.#entering = false;
    for (const id of [...this.#waiting.keys()]) this.settle(id, offline);
  }

  #giveUpAfter(ms: number, id: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.settle(id, offline);
    }, ms);
  }
}
