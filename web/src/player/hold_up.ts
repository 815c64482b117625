// Carries over a hold-up what is known of when samples are heard. Pure; all in microseconds.
//
// A sound card that takes nothing for a while, because it was suspended or unplugged and a stream waits for it, leaves the context's time standing. Afterwards
// a sample is heard as long after the context's edge as before, while what PulseAudio tells may be off by a fifth of the standstill, for half a minute: its
// smoother draws its line through the standstill. So the edge bridges it, and it is seen whether what is told can be believed.

import type { Line } from './line';
import type { Average, OutputReading } from './output_reading';

/** From one average to the next no true latency changes by so much. Twice, and what is told has gone astray. */
const LEAP_US = 15_000;
const LEAPS = 2;
/** For so long it may be. */
const ASTRAY_US = 25e6;

export class HoldUp {
  /** So many averages show an edge, and whether what is told leaps. */
  static readonly AVERAGES = 6;
  readonly #before: Line;
  readonly #aheadUs: number;
  /** The first ones. */
  readonly #after: Average[] = [];
  #last: Average | null = null;
  #leaps = 0;

  /** `line`: when the sample of context time 0 was heard. `averages`: the last ones before the hold-up. */
  constructor(line: Line, averages: readonly Average[]) {
    this.#before = line;
    this.#aheadUs = this.#leastOf(averages.slice(-HoldUp.AVERAGES));
  }

  /** Takes the averages after it, in their order. */
  add(average: Average): void {
    if (this.#last && Math.abs(average.heardUs - this.#last.heardUs) > LEAP_US) this.#leaps += 1;
    this.#last = average;
    if (this.#after.length < HoldUp.AVERAGES) this.#after.push(average);
  }

  /** Whether what is told can be believed. */
  get verdict(): 'open' | 'sane' | 'astray' | 'over' {
    const [first, last] = [this.#after[0], this.#last];
    if (!first || !last) return 'open';
    if (this.#leaps >= LEAPS) return last.toUs - first.fromUs > ASTRAY_US ? 'over' : 'astray';
    return this.#after.length < HoldUp.AVERAGES ? 'open' : 'sane';
  }

  /** When the sample of context time 0 is heard now, by the edge. `open`: readings that are in no average yet. */
  lineBy(open: readonly OutputReading[]): Line {
    const ahead = [...this.#after.map((average) => this.#levelOf(average)), ...open.map(({ nowUs, contextUs }) => nowUs - contextUs - this.#driftedUs(nowUs))];
    return { ...this.#before, valueUs: ahead.length > 0 ? this.#before.valueUs + Math.min(...ahead) - this.#aheadUs : NaN };
  }

  #driftedUs(us: number): number {
    return (this.#before.drift * (us - this.#before.atUs)) / 1e6;
  }

  #levelOf({ aheadUs, toUs }: Average): number {
    return aheadUs - this.#driftedUs(toUs);
  }

  #leastOf(averages: readonly Average[]): number {
    return Math.min(...averages.map((average) => this.#levelOf(average)));
  }
}
