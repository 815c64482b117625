// The facts that a browser reports of its output, and the means by which the player finds out when a sample is heard.

export interface OutputFacts {
  /** Of the context, in hertz. */
  sampleRate: number;
  /** As the browser reports them, in milliseconds; null where it reports none or is not asked. */
  baseLatencyMs: number | null;
  outputLatencyMs: number | null;
  /** What it is found from: the browser's stamps, its latency alone, or the steps of the context's time and a latency that was measured elsewhere. */
  clock: 'stamps' | 'latency' | 'steps';
}
