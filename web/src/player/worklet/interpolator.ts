// Values between samples: a windowed sinc of 32 taps (Kaiser, beta 9: errors some 90 dB down, flat to 20 kHz at 48 kHz). Its weights come
// from a table of 512 phases, with a straight line between them. Pure; interpolate() allocates nothing.

export const TAPS = 32;
/** Taps before the place, counting the sample right before it. */
export const TAPS_BEFORE = TAPS / 2;
const PHASES = 512;
const BETA = 9;
/** Of half the sample rate: leaves the filter room to fall. */
const CUTOFF = 0.96;

/** Modified Bessel function of the first kind, order 0, by its series. */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function kernel(distance: number): number {
  const half = TAPS / 2;
  if (Math.abs(distance) >= half) return 0;
  const window = bessel0(BETA * Math.sqrt(1 - (distance / half) ** 2)) / bessel0(BETA);
  const x = Math.PI * distance * CUTOFF;
  return (x === 0 ? CUTOFF : (Math.sin(x) / x) * CUTOFF) * window;
}

function makeTable(): Float32Array {
  const table = new Float32Array((PHASES + 1) * TAPS);
  for (let phase = 0; phase <= PHASES; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap += 1) sum += kernel(phase / PHASES + TAPS_BEFORE - 1 - tap);
    // Every phase lets a constant through as it is.
    for (let tap = 0; tap < TAPS; tap += 1) table[phase * TAPS + tap] = kernel(phase / PHASES + TAPS_BEFORE - 1 - tap) / sum;
  }
  return table;
}

const TABLE = makeTable();

/**
 * Reads `count` values of two signals at places that lie `step` samples apart, the first one `place` samples behind the beginning of each; they have TAPS_BEFORE - 1
 * samples before the first place, and TAPS_BEFORE after the last. Into `intoLeft` and `intoRight`.
 */
export function interpolate(left: Float32Array, right: Float32Array, place: number, step: number, count: number, intoLeft: Float32Array, intoRight: Float32Array): void {
  for (let k = 0; k < count; k += 1) {
    const at = place + k * step;
    const index = Math.floor(at);
    const inTable = (at - index) * PHASES;
    const phase = Math.min(PHASES - 1, Math.floor(inTable));
    const part = inTable - phase;
    const row = phase * TAPS;
    const first = index - TAPS_BEFORE + 1;
    let l = 0;
    let r = 0;
    for (let tap = 0; tap < TAPS; tap += 1) {
      const low = TABLE[row + tap] ?? 0;
      const weight = low + part * ((TABLE[row + TAPS + tap] ?? 0) - low);
      l += weight * (left[first + tap] ?? 0);
      r += weight * (right[first + tap] ?? 0);
    }
    intoLeft[k] = l;
    intoRight[k] = r;
  }
}
