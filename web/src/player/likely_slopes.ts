// Lines that touch points from below: which slopes are likely, when what lies above the line is taken for exponential. Pure.

/** How far two quartz clocks run apart, usually and at most: microseconds a second. */
export const USUAL_DRIFT = 50;
const MOST_DRIFT = 500;
/** Stamps are no better than this. */
const LEAST_SPACING_US = 20;
/** So many of the shortest delays tell how dense they lie there, and so how far the shortest may be above the line. */
const SHORTEST = 8;
const SLOPES = 24;
/** Slopes that are less likely by e to the power of this do not count. */
const UNLIKELY = 8;

/** How far the few shortest lie apart, on average: about what the shortest one is too long by. Infinity for a single one. */
export function spacingOf(delays: readonly number[]): number {
  const shortest: number[] = [];
  for (const delay of delays) {
    if (shortest.length === SHORTEST && delay >= (shortest[SHORTEST - 1] ?? Infinity)) continue;
    shortest.push(delay);
    shortest.sort((a, b) => a - b);
    if (shortest.length > SHORTEST) shortest.pop();
  }
  const [least = NaN, most = NaN] = [shortest[0], shortest.at(-1)];
  return shortest.length < 2 ? Infinity : Math.hypot(LEAST_SPACING_US, (most - least) / (shortest.length - 1));
}

/** Slopes across all that are likely, and how likely each is; `costOf` has one valley, and is less by one where a slope is e times as likely. */
export function likelySlopes(costOf: (slope: number) => number): { slope: number; chance: number }[] {
  let [from, to] = [-MOST_DRIFT, MOST_DRIFT];
  for (;;) {
    const step = (to - from) / SLOPES;
    const slopes = Array.from({ length: SLOPES + 1 }, (_, i) => from + i * step);
    const costs = slopes.map(costOf);
    const least = Math.min(...costs);
    const counting = costs.flatMap((cost, i) => (cost < least + UNLIKELY ? [i] : []));
    const [first = 0, last = SLOPES] = [counting[0], counting.at(-1)];
    if (last - first > SLOPES / 2) {
      const chances = costs.map((cost) => Math.exp(least - cost));
      const all = chances.reduce((sum, each) => sum + each, 0);
      return slopes.map((slope, i) => ({ slope, chance: (chances[i] ?? 0) / all }));
    }
    [from, to] = [Math.max(from, from + (first - 1) * step), Math.min(to, from + (last + 1) * step)];
  }
}

/** The mean of a value over what is likely. */
export const meanOf = <T extends { chance: number }>(likely: readonly T[], value: (each: T) => number): number => likely.reduce((sum, each) => sum + each.chance * value(each), 0);
