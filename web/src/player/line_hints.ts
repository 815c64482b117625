// What the browser knows of the line before any sound has come over it. https://wicg.github.io/netinfo, https://wicg.github.io/savedata,
// https://www.w3.org/TR/resource-timing

import { inTab } from '../kept';

export interface LineHints {
  saveData?: boolean;
  downlinkKbps?: number;
}

interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean;
  /** In Mbit/s, an estimate. */
  readonly downlink?: number;
}

export type Transfer = Pick<PerformanceResourceTiming, 'transferSize' | 'encodedBodySize' | 'requestStart' | 'responseStart' | 'responseEnd'>;

/** Less tells nothing: it comes in a round trip or two, however narrow the line. */
const LEAST_BYTES = 20_000;
/** What a connection carries in its first round trip; twice that in the next, and so on. https://www.rfc-editor.org/rfc/rfc6928 */
const FIRST_WINDOW_BYTES = 14_600;
/** What a listener of so many kbit/s needs of a line, by the server's reckoning. */
const NEED_PER_KBPS = 1.4;
const HEARD_KEY = 'musicspace:line';

export const networkInformation = (): NetworkInformation | undefined => (navigator as { connection?: NetworkInformation }).connection;

/** How many round trips a new connection takes for so many bytes beyond the one in which they were asked for, on a line that is no limit. */
const slowStartTrips = (bytes: number): number => Math.max(0, Math.ceil(Math.log2(bytes / FIRST_WINDOW_BYTES + 1)) - 1);

/**
 * A line's rate in kbit/s, from the files of a page: that of all of them together, or of one large file if that came faster, because a busy machine, or a server
 * that had just started, may have slowed the others. The round trips that a new connection needs are no limit of the line's, and are left out. Undefined
 * when too little came over the line, or when what came took hardly longer than those round trips.
 */
export function measuredKbps(transfers: readonly Transfer[]): number | undefined {
  // What the cache had was not transferred, or by its headers alone.
  const carried = transfers.filter((each) => each.transferSize >= each.encodedBodySize && each.responseEnd > each.responseStart && each.responseStart > 0);
  const roundTripMs = Math.min(...carried.map((each) => each.responseStart - each.requestStart));
  const kbps = Math.max(...[carried, ...carried.map((each) => [each])].flatMap((some) => {
    const bytes = some.reduce((sum, each) => sum + each.encodedBodySize, 0);
    const [tookMs, tripsMs] = [busyMs(some), slowStartTrips(bytes) * roundTripMs];
    return bytes < LEAST_BYTES || tookMs < 2 * tripsMs ? [] : (bytes * 8) / (tookMs - tripsMs);
  }));
  return Number.isFinite(kbps) ? kbps : undefined;
}

/** For how long at least one of them came. */
function busyMs(transfers: readonly Transfer[]): number {
  let [sum, until] = [0, 0];
  for (const each of [...transfers].sort((a, b) => a.responseStart - b.responseStart)) {
    sum += Math.max(0, each.responseEnd - Math.max(each.responseStart, until));
    until = Math.max(until, each.responseEnd);
  }
  return sum;
}

/** Later files share the line with the sound. */
let measured: { kbps: number | undefined } | undefined;

/** Before the first sound, and again for each new connection. */
export function lineHints(): LineHints {
  measured ??= { kbps: measuredKbps(performance.getEntriesByType('resource') as PerformanceResourceTiming[]) };
  const { saveData, downlink } = networkInformation() ?? {};
  const known = [(downlink ?? 0) * 1000, measured.kbps ?? 0, Number(inTab.get(HEARD_KEY) ?? '0') * NEED_PER_KBPS].filter((kbps) => kbps > 0);
  return { ...(saveData ? { saveData } : {}), ...(known.length > 0 ? { downlinkKbps: Math.ceil(Math.min(...known)) } : {}) };
}

/** The tier that the server has chosen for this line, in kbit/s; null when it is as good as any. The tab remembers. */
export function rememberLine(kbps: number | null): void {
  if (kbps === null) inTab.remove(HEARD_KEY);
  else inTab.set(HEARD_KEY, String(kbps));
}
