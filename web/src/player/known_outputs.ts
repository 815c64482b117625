// Outputs whose latency cannot be learned from the browser, and what it was measured to be. docs/adr/0028 has how.

/** Sound systems ask for sound in bursts. A burst may begin late, never early; how much one holds may vary. So one of its two ends keeps a fixed distance to what is heard. */
export type BurstEdge = 'begin' | 'end';

export interface KnownOutput {
  /** The end of a burst from which the latency is counted: the context's time just before the burst, or just after it. */
  edge: BurstEdge;
  /** From that moment to the sample's being heard, in microseconds. */
  latencyUs: number;
  /** The same from the end of a burst, where that is not the edge: less exact, for readings that are too far apart to show a beginning. */
  roughUs?: number;
}

/**
 * Firefox on Linux: to ask for outputLatency, or for a stamp, may stop the page for good (its threads wait for each other: about one page of fifty), and what it
 * answers is one reading from the stream's unsettled start. It asks PulseAudio for 50 ms in all, and gets them.
 */
const FIREFOX_ON_LINUX: KnownOutput = { edge: 'end', latencyUs: 50_000 };

/** WebKitGTK: stamps lie in the future, and the latency is reported as 0. */
export const WEBKIT_GTK: KnownOutput = { edge: 'begin', latencyUs: 59_000, roughUs: 68_000 };

/** The output of a browser that must not be asked; null for all others. Only its name tells that without asking. */
export function outputNotToAsk(userAgent: string): KnownOutput | null {
  const isFirefoxOnLinux = /Linux|X11/.test(userAgent) && !userAgent.includes('Android') && /\bFirefox\//.test(userAgent);
  return isFirefoxOnLinux ? FIREFOX_ON_LINUX : null;
}
