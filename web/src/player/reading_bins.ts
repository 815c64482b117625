// Puts an output's readings together, a quarter of a second at a time. Pure; all in microseconds.

import { BIN_US, NONSENSE_US } from './heard_clock';
import type { OutputReading } from './output_reading';

/** A bin has at least so many readings. A page in the background reads rarely, so its bins span more time. */
const LEAST_READINGS = 4;
/** When the context's time has stood still for longer, its device does not run. */
const STANDSTILL_US = 100_000;

export class ReadingBins {
  #open: OutputReading[] = [];
  #movedAt = { nowUs: -Infinity, contextUs: NaN };
  /** When the context's time was first seen to move; null before that. */
  startedUs: number | null = null;
  /** When it last moved again after it had stood still; null before that. */
  stoodStillUntilUs: number | null = null;

  /** Returns the readings of the bin that is complete with this one's coming, else null. Readings right after a start, and while the device stands still, are left out. */
  add(reading: OutputReading): OutputReading[] | null {
    const { nowUs, contextUs } = reading;
    const before = this.#movedAt;
    if (contextUs !== before.contextUs) this.#movedAt = { nowUs: Number.isNaN(before.contextUs) ? -Infinity : nowUs, contextUs };
    if (nowUs - this.#movedAt.nowUs > STANDSTILL_US) return null;
    // A page in the background reads rarely, so that readings which are far apart are no sign; that the context's time has fallen back is.
    if (this.startedUs !== null && nowUs - before.nowUs - (contextUs - before.contextUs) > STANDSTILL_US) {
      this.stoodStillUntilUs = nowUs;
      this.#open = [];
    }
    this.startedUs ??= nowUs;
    if (nowUs - this.startedUs < NONSENSE_US) return null;
    const first = this.#open[0];
    const isComplete = first !== undefined && nowUs - first.nowUs >= BIN_US && this.#open.length >= LEAST_READINGS;
    const complete = isComplete ? this.#open : null;
    if (complete) this.#open = [];
    this.#open.push(reading);
    return complete;
  }

  /** Those that are not in a complete bin yet. */
  get open(): readonly OutputReading[] {
    return this.#open;
  }

  reset(): void {
    this.#open = [];
    this.#movedAt = { nowUs: -Infinity, contextUs: NaN };
    this.startedUs = null;
    this.stoodStillUntilUs = null;
  }
}
