import type { OutputFacts } from './output_facts';
import type { OutputReading } from './output_reading';

/** Readings are taken together for so long. */
export const BIN_US = 250_000;
/** So many of these are remembered: a minute. */
export const MOST_BINS = 240;
/** So many readings are enough for a first answer, before the first of these is over. */
export const FIRST_READINGS = 5;
/** Readings this shortly after a start are arbitrary. */
export const NONSENSE_US = 150_000;

/** Finds out from readings when rendered samples are heard. All in microseconds. */
export interface HeardClock {
  add(reading: OutputReading): void;
  /** Forgets everything: another device, or the context was suspended. */
  reset(): void;
  /** The page's time at which the sample of context time 0 is heard, or would have been, by what is known at `nowUs`. NaN before it is known. */
  heardAtContextZeroUs(nowUs: number): number;
  /** How often what was known no longer held: a restart, another device. */
  readonly steps: number;
  /** What it goes by. */
  readonly kind: OutputFacts['clock'];
}
