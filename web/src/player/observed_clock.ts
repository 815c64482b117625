// Finds out from the first readings which of two clocks a browser's output needs. Pure; all in microseconds.

import type { HeardClock } from './heard_clock';
import { WEBKIT_GTK } from './known_outputs';
import type { OutputReading } from './output_reading';
import { StampedClock } from './stamped_clock';
import { hasContextTimeAdded } from './stamps';
import { SteppedClock } from './stepped_clock';

/** So many impossible readings on end decide: a tenth of a second of a page in the foreground, which is over before a clock gives its first answer. */
const ENOUGH = 8;
/** Stamps that lie in the future do so by the context's time: in its first moments that is too little to be noticed. */
const ENOUGH_TO_TRUST = 32;

/** Goes by stamps and latencies where these can be true, and by the context's steps alone where stamps are impossible and no latency is reported. */
export class ObservedClock implements HeardClock {
  #clock: HeardClock = new StampedClock();
  /** Learns beside it while nothing is decided. */
  #other: HeardClock | null = new SteppedClock(WEBKIT_GTK);
  #possible = 0;
  #impossible = 0;
  #switches = 0;

  add(reading: OutputReading): void {
    this.#clock.add(reading);
    if (!this.#other) return;
    this.#other.add(reading);
    if (!(reading.contextUs > 0)) return;
    const isImpossible = hasContextTimeAdded(reading);
    this.#impossible = isImpossible ? this.#impossible + 1 : 0;
    this.#possible = isImpossible ? 0 : this.#possible + 1;
    if (this.#impossible >= ENOUGH) {
      this.#clock = this.#other;
      this.#switches = 1;
    }
    if (this.#impossible >= ENOUGH || this.#possible >= ENOUGH_TO_TRUST) this.#other = null;
  }

  reset(): void {
    this.#clock.reset();
    this.#other?.reset();
  }

  heardAtContextZeroUs(nowUs: number): number {
    return this.#clock.heardAtContextZeroUs(nowUs);
  }

  get kind(): HeardClock['kind'] {
    return this.#clock.kind;
  }

  get steps(): number {
    return this.#switches + this.#clock.steps;
  }
}
