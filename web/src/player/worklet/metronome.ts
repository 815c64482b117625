// A click at each full second of the server's clock: all devices of all rooms click together, so that an ear can tell which is late. Pure.

/** How loud the music is behind the clicks. */
const MUSIC_LEVEL = 0.2;
const CLICK_US = 30_000;
const CLICK_HZ = 1760;
const LOUDNESS = 0.5;

/** The click's sample at a server time in microseconds. */
export function clickAt(us: number): number {
  const sinceUs = us - Math.floor(us / 1e6) * 1e6;
  if (sinceUs >= CLICK_US) return 0;
  return LOUDNESS * (1 - sinceUs / CLICK_US) ** 3 * Math.sin((2 * Math.PI * CLICK_HZ * sinceUs) / 1e6);
}

/** Softens the music of a block and adds the clicks; its first sample is due at `us`, each next one `stepUs` later. */
export function addClicks(left: Float32Array, right: Float32Array, us: number, stepUs: number): void {
  for (let i = 0; i < left.length; i += 1) {
    const click = clickAt(us + i * stepUs);
    left[i] = (left[i] ?? 0) * MUSIC_LEVEL + click;
    right[i] = (right[i] ?? 0) * MUSIC_LEVEL + click;
  }
}

/**
 * By how many milliseconds taps follow the full seconds, from -500 to 500; null while they are too few or too scattered to tell.
 * `tapsUs`: server times. A median around the circular mean, so that one slip does not count.
 */
export function tapsBehindMs(tapsUs: readonly number[]): number | null {
  if (tapsUs.length < 5) return null;
  const phases = tapsUs.map((us) => ((us / 1e6) % 1) * 2 * Math.PI);
  const [x, y] = [phases.reduce((sum, p) => sum + Math.cos(p), 0), phases.reduce((sum, p) => sum + Math.sin(p), 0)];
  if (Math.hypot(x, y) / phases.length < 0.7) return null;
  const middle = Math.atan2(y, x);
  const around = phases.map((p) => middle + Math.atan2(Math.sin(p - middle), Math.cos(p - middle))).sort((a, b) => a - b);
  const median = around[around.length >> 1] ?? middle;
  const turns = median / (2 * Math.PI);
  return (turns - Math.round(turns)) * 1000;
}
