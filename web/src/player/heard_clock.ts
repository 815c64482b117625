import type { OutputReading } from './output_reading';

/** Finds out from readings when rendered samples are heard. All in microseconds. */
export interface HeardClock {
  add(reading: OutputReading): void;
  /** Forgets everything: another device, or the context was suspended. */
  reset(): void;
  /** The page's time at which the sample of context time 0 is heard, or would have been, by what is known at `nowUs`. NaN before it is known. */
  heardAtContextZeroUs(nowUs: number): number;
  /** How often what was known no longer held: a restart, another device. */
  readonly steps: number;
}
