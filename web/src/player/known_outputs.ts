// Outputs whose latency cannot be learned from the browser, and what it was measured to be. docs/adr/0028 has how.

export interface KnownOutput {
  /** From the context's step to the sample's being heard, in microseconds. */
  latencyUs: number;
}

/**
 * Firefox on Linux: to ask for the latency, or for a stamp, may stop the page for good (its threads wait for each other: about one page of fifty), and what it
 * answers is one reading from the stream's unsettled start. It asks PulseAudio for 50 ms in all, and gets them.
 */
const FIREFOX_ON_LINUX: KnownOutput = { latencyUs: 50_000 };
/** WebKitGTK: stamps lie in the future, and the latency is told as 0. */
const WEBKIT_GTK: KnownOutput = { latencyUs: 68_000 };

/** Null where the browser can be asked. */
export function knownOutputOf(userAgent: string): KnownOutput | null {
  if (!/Linux|X11/.test(userAgent) || userAgent.includes('Android')) return null;
  if (/\bFirefox\//.test(userAgent)) return FIREFOX_ON_LINUX;
  if (/\bAppleWebKit\//.test(userAgent) && !/Chrom(e|ium)\//.test(userAgent)) return WEBKIT_GTK;
  return null;
}
