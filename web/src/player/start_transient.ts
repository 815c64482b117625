// The shape of what a sound system tells wrong of its latency in the half minute after a start. Pure.
//
// libpulse, which browsers on Linux ask, interpolates: it draws a line through what it was told in the last five seconds, at first every few
// milliseconds and later every one and a half seconds. What it is told while a stream starts is off, so the line has a wrong slope until that
// has left its memory. How wrong differs from start to start, from nothing to fifty milliseconds, in either direction; the shape does not.
// Measured against recorded sound; docs/adr/0011 has the figures.

const STEP_US = 250_000;
/** Every quarter of a second from the start on; about 1 at its greatest. */
const SHAPE = [
  -0.28, -0.28, -0.25, -0.14, -0.03, 0.05, 0.21, 0.31, 0.41, 0.49, 0.59, 0.62, 0.67, 0.77, 0.86, 0.95, 0.95, 0.79, 0.84, 0.87, 0.93, 0.99, 0.97,
  0.61, 0.6, 0.64, 0.69, 0.73, 0.73, 0.44, 0.41, 0.46, 0.5, 0.5, 0.52, 0.31, 0.27, 0.31, 0.34, 0.33, 0.35, 0.21, 0.22, 0.21, 0.23, 0.25, 0.25, 0.14,
  0.15, 0.15, 0.15, 0.17, 0.18, 0.1, 0.11, 0.11, 0.13,
];
const LAST = SHAPE.length - 1;
/** What is left fades with this time constant. */
const FADE_US = 3.8e6;

/** By how much a latency is told wrong, in parts of what it is wrong by at most, so long after the start. */
export function startTransient(ageUs: number): number {
  const step = Math.max(0, ageUs / STEP_US);
  const before = Math.min(Math.floor(step), LAST);
  const [a = 0, b = a] = SHAPE.slice(before, before + 2);
  if (before === LAST) return a * Math.exp(-(ageUs - LAST * STEP_US) / FADE_US);
  return a + (b - a) * (step - before);
}
