// Commands on their way: each is settled once, by the server's answer, by the loss of the connection, or by the clock.

import type { Problem } from './protocol';

const PATIENCE_MS = 60_000;

export const offline: Problem = {
  code: 'offline',
  title: 'Not connected',
  detail: 'The server cannot be reached just now. This page is trying again; repeat it in a moment.',
};

interface Waiting {
  resolve(problem: Problem | null): void;
  timer: ReturnType<typeof setTimeout>;
}

export class PendingCommands {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** `send` is given the new command's id, and tells whether it could be sent. Null when the command took effect, else why not. */
  start(send: (id: number) => boolean): Promise<Problem | null> {
    const id = (this.#lastId += 1);
    if (!send(id)) return Promise.resolve(offline);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.settle(id, offline);
      }, PATIENCE_MS);
      this.#waiting.set(id, { resolve, timer });
    });
  }

  settle(id: number, problem: Problem | null): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(problem);
  }

  /** None of them will be answered any more. */
  giveUp(): void {
    for (const id of [...this.#waiting.keys()]) this.settle(id, offline);
  }
}
