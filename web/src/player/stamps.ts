// Browsers mean different things by AudioContext.getOutputTimestamp(); the readings themselves show which. Pure; all in microseconds.

import type { OutputReading } from './output_reading';

/** Of clocks that browsers have made coarse, and of what passes between one call and the next. */
const RESOLUTION_US = 2_500;
/** A stamp may be of a moment that is about to come, by a buffer's scatter. */
const FUTURE_US = 20_000;
/** A latency that is told as less may be the clocks' coarseness. */
const LEAST_LATENCY_US = 6_000;
const MOST_LATENCY_US = 300_000;

/** A stamp of a moment that is yet to come, which no browser can know. */
const isOfTheFuture = ({ nowUs, stampUs }: OutputReading): boolean => stampUs > nowUs + FUTURE_US;

/** A stamp with the context's time added to it, as WebKitGTK has it, and no latency reported. */
export const hasContextTimeAdded = (reading: OutputReading): boolean =>
  isOfTheFuture(reading) && Math.abs(reading.stampUs - reading.nowUs - reading.contextUs) < MOST_LATENCY_US && Number.isNaN(reading.bufferUs);

/**
 * The reading with its stamp as the specification has it: at `stampUs`, the sample of `stampContextUs` is heard. A stamp that cannot be so is NaN.
 * - Chromium tells it so.
 * - Firefox moves both halves back by the latency: "the sample that is heard now was heard a latency ago". Its pair holds no latency, but what it
 *   tells of the latency is as exact as a stamp.
 * - WebKitGTK adds the context's time to the stamp's: it lies in the future, farther with each second.
 */
export function asSpecified(reading: OutputReading): OutputReading {
  const { nowUs, contextUs, stampUs, stampContextUs, latencyUs } = reading;
  if (isOfTheFuture(reading)) return { ...reading, stampUs: NaN, stampContextUs: NaN };
  const toldByPairUs = stampUs - stampContextUs - (nowUs - contextUs);
  const isMovedBack = latencyUs > LEAST_LATENCY_US && Math.abs(toldByPairUs) < RESOLUTION_US && Math.abs(nowUs - stampUs - latencyUs) < RESOLUTION_US;
  return isMovedBack ? { ...reading, stampUs: nowUs, stampContextUs: contextUs - latencyUs } : reading;
}
