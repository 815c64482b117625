// The shape of what a sound system tells wrong of its latency in the first fourteen seconds after a start. Pure.
//
// libpulse, which browsers on Linux ask, interpolates: it draws a line through what it was told in the last five seconds, at first every few
// milliseconds and later every one and a half seconds. What it is told while a stream starts is off, so the line has a wrong slope until that
// has left its memory. How wrong differs from start to start, from nothing to fifty milliseconds, in either direction; the shape does not.
// Measured against recorded sound; docs/adr/0011 has the figures.

const STEP_US = 250_000;
/** Every quarter of a second from the start on; about 1 at its greatest. */
const SHAPE = [
  -0.35, -0.35, -0.32, -0.18, -0.07, 0.04, 0.17, 0.29, 0.39, 0.48, 0.56, 0.62, 0.69, 0.76, 0.86, 0.96, 0.97, 0.8, 0.84, 0.88, 0.94, 1.02, 0.97, 0.57,
  0.58, 0.62, 0.67, 0.72, 0.73, 0.4, 0.38, 0.43, 0.47, 0.47, 0.48, 0.27, 0.23, 0.28, 0.3, 0.29, 0.3, 0.16, 0.18, 0.17, 0.18, 0.22, 0.2, 0.09, 0.1,
  0.1, 0.1, 0.12, 0.13, 0.05, 0.05, 0.06, 0.05, 0.02, 0.02, 0.02, 0,
];

/** By how much a latency is told wrong, in parts of what it is wrong by at most, so long after the start. */
export function startTransient(ageUs: number): number {
  const step = Math.max(0, ageUs / STEP_US);
  const before = Math.floor(step);
  const [a, b] = [SHAPE[before] ?? 0, SHAPE[before + 1] ?? 0];
  return a + (b - a) * (step - before);
}
