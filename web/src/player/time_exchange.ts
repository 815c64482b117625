// Asks the server for its time: a burst when it is reached, and again after all that may have changed the line or stopped a clock; in
// between now and then. Tells when enough is known to join, and when the line has gone silent.

import { nextExchangeMs, ServerClock } from './clock';
import { networkInformation } from './line_hints';
import { timeQuestion, type TimeAnswer } from './protocol';

export interface TimeExchangeEvents {
  ask(question: ArrayBuffer): void;
  /** The first answers are in, or have been waited for long enough. Once after each reached(). */
  onUsable(): void;
  /** More is known; `stepped`: and what was known before does not hold any more. */
  onChange(stepped: boolean): void;
  /** Questions have been open for so long; nothing may have come in. */
  onUnanswered(ms: number): void;
}

/** What joining waits for: sound that cannot be placed in time is of no use, and a burst of it would delay the answers. */
const FIRST_ANSWERS = 4;
const PATIENCE_MS = 350;
const SILENT_MS = 4_000;
/** After a wake the line is given less time. */
const SILENT_AFTER_WAKE_MS = 1_500;
/** A timer that comes so much later than asked for: the machine slept. A page in the background is woken once a second. */
const SLEPT_MS = 3_000;
/** The latest round trips are all longer than the shortest by more: another way through the network. */
const SHIFTED_US = 30_000;
const SHIFTED_FACTOR = 2;
const LATEST = 6;
const BETWEEN_BURSTS_MS = 30_000;

export const clientUs = (): number => performance.now() * 1000;

export class TimeExchange {
  readonly clock = new ServerClock();
  /** The line is weak: ask rarely. */
  sparing = false;
  readonly #events: TimeExchangeEvents;
  #exchanges = 0;
  #answers = 0;
  #usable = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #afterWake: ReturnType<typeof setTimeout> | undefined;
  #askedAt = 0;
  #answeredAt = 0;
  #latestRttsUs: number[] = [];
  #shiftedAt = -Infinity;

  constructor(events: TimeExchangeEvents) {
    this.#events = events;
    window.addEventListener('online', this.#onWake);
    document.addEventListener('visibilitychange', this.#onVisibility);
    networkInformation()?.addEventListener('change', this.#onWake);
  }

  /** What was known stays: the line may be another, the server's clock hardly is; if it is, the answers contradict it and it is dropped. */
  reached(): void {
    this.#usable = false;
    this.#answers = 0;
    this.#answeredAt = performance.now();
    clearTimeout(this.#patience);
    this.#patience = setTimeout(this.#becomeUsable, PATIENCE_MS);
    this.#burst();
  }

  lost(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#patience);
    clearTimeout(this.#afterWake);
  }

  take(answer: TimeAnswer): void {
    const clientReceivedUs = clientUs();
    this.#answeredAt = performance.now();
    const stepped = this.clock.add({ ...answer, clientReceivedUs });
    if (stepped) this.#exchanges = 0; // find the new offset quickly
    this.#noticeShift(clientReceivedUs - answer.clientSentUs - (answer.serverSentUs - answer.serverReceivedUs));
    this.#answers += 1;
    if (this.#answers >= FIRST_ANSWERS) this.#becomeUsable();
    this.#events.onChange(stepped);
  }

  close(): void {
    this.lost();
    window.removeEventListener('online', this.#onWake);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    networkInformation()?.removeEventListener('change', this.#onWake);
  }

  readonly #becomeUsable = (): void => {
    if (this.#usable) return;
    this.#usable = true;
    clearTimeout(this.#patience);
    this.#events.onUsable();
  };

  #burst(): void {
    clearTimeout(this.#timer);
    this.#exchanges = 0;
    this.#ask();
  }

  #ask(): void {
    const now = performance.now();
    if (now - this.#answeredAt > SILENT_MS && this.#askedAt > this.#answeredAt) this.#events.onUnanswered(SILENT_MS);
    this.#events.ask(timeQuestion(clientUs()));
    this.#askedAt = now;
    this.#exchanges += 1;
    const pauseMs = nextExchangeMs(this.#exchanges, this.clock.deviationUs, this.sparing);
    this.#timer = setTimeout(() => {
      if (performance.now() - now > pauseMs + SLEPT_MS) this.#onWake();
      else this.#ask();
    }, pauseMs);
  }

  readonly #onVisibility = (): void => {
    if (document.visibilityState === 'visible') this.#onWake();
  };

  readonly #onWake = (): void => {
    clearTimeout(this.#afterWake);
    this.#afterWake = setTimeout(() => {
      this.#events.onUnanswered(SILENT_AFTER_WAKE_MS);
    }, SILENT_AFTER_WAKE_MS);
    this.#burst();
  };

  #noticeShift(rttUs: number): void {
    this.#latestRttsUs.push(rttUs);
    if (this.#latestRttsUs.length > LATEST) this.#latestRttsUs.shift();
    const usualUs = this.clock.rttUs;
    const isShifted = this.#latestRttsUs.every((each) => each > usualUs * SHIFTED_FACTOR && each > usualUs + SHIFTED_US);
    if (!isShifted || performance.now() - this.#shiftedAt < BETWEEN_BURSTS_MS) return;
    this.#shiftedAt = performance.now();
    this.#burst();
  }
}
