// Finds out from the readings which clock a browser's output needs. Pure; all in microseconds.

import type { HeardClock } from './heard_clock';
import { WEBKIT_GTK } from './known_outputs';
import type { OutputReading } from './output_reading';
import { StampedClock } from './stamped_clock';
import { hasContextTimeAdded } from './stamps';
import { SteadyClock } from './steady_clock';
import { SteppedClock } from './stepped_clock';

/** So many impossible readings on end decide: a tenth of a second of a page in the foreground, which is over before a clock gives its first answer. */
const ENOUGH = 8;
/** Stamps that lie in the future do so by the context's time: in its first moments that is too little to be noticed. */
const ENOUGH_TO_TRUST = 32;

/**
 * Goes by stamps and latencies where these can be true, and by the context's steps alone where stamps are impossible and no latency is reported.
 * While the output advances evenly, it takes the clock that is made for that.
 */
export class ObservedClock implements HeardClock {
  #clock: HeardClock = new StampedClock();
  /** Null once the context's steps alone count. */
  #steady: SteadyClock | null = new SteadyClock();
  /** Learns beside it while nothing is decided. */
  #other: HeardClock | null = new SteppedClock(WEBKIT_GTK);
  #possible = 0;
  #impossible = 0;
  steps = 0;

  add(reading: OutputReading): void {
    const gone = this.#goneBy;
    const before = gone.steps;
    this.#clock.add(reading);
    this.#steady?.add(reading);
    // What another clock knows otherwise is a doubt, and no step of the output.
    this.steps += gone.steps - before;
    if (this.#other) this.#decide(this.#other, reading);
  }

  reset(): void {
    this.steps += 1;
    this.#clock.reset();
    this.#steady?.reset();
    this.#other?.reset();
  }

  heardAtContextZeroUs(nowUs: number): number {
    return this.#goneBy.heardAtContextZeroUs(nowUs);
  }

  get kind(): HeardClock['kind'] {
    return this.#clock.kind;
  }

  get #goneBy(): Pick<HeardClock, 'steps' | 'heardAtContextZeroUs'> {
    return this.#steady?.isKnown ? this.#steady : this.#clock;
  }

  #decide(other: HeardClock, reading: OutputReading): void {
    other.add(reading);
    if (!(reading.contextUs > 0)) return;
    const isImpossible = hasContextTimeAdded(reading);
    this.#impossible = isImpossible ? this.#impossible + 1 : 0;
    this.#possible = isImpossible ? 0 : this.#possible + 1;
    if (this.#impossible >= ENOUGH) {
      this.#clock = other;
      this.#steady = null;
      this.steps += 1;
    }
    if (this.#impossible >= ENOUGH || this.#possible >= ENOUGH_TO_TRUST) this.#other = null;
  }
}
