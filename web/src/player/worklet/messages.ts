// What the audio thread is told and what it tells: three threads share this.

/** A decoded packet's sound, for as long as the call lasts that hands it over. */
export interface Pcm {
  /** Of each side. */
  samples: number;
  /** To two arrays of so many samples. */
  copyTo(left: Float32Array, right: Float32Array): void;
}

/** What the worklet receives: one decoded packet with the server time at which its first sample is due. */
export interface PcmChunk {
  type: 'pcm';
  epoch: number;
  playAtUs: number;
  positionSamples: number;
  left: Float32Array;
  right: Float32Array;
  /** Which one of all that went through the ring it is, when its samples lie there. */
  number?: number;
}

/** Where a packet's first sample belongs. */
export type Placed = Pick<PcmChunk, 'epoch' | 'playAtUs' | 'positionSamples'>;

/** The server time at which the sample after its last one is due, in microseconds. */
export const chunkEndUs = (chunk: PcmChunk): number => chunk.playAtUs + (chunk.left.length * 1e6) / 48_000;

/** What the room's state says about sound: from `atUs` on, epoch `epoch` is heard (running) or nothing is (held). */
export interface Gate {
  epoch: number;
  running: boolean;
  atUs: number;
  /** A factor that brings its track to the loudness of all others. */
  gain: number;
}

/** Shared memory (pcm_ring), or a port that chunks come in by. */
export type PcmSource = SharedArrayBuffer | MessagePort;
/** Asked without the names of either class: one of them may be missing. */
export const isPort = (source: PcmSource): source is MessagePort => 'postMessage' in source;

export type OutputRequest =
  /** Where decoded sound comes from: memory that is shared, or messages where a page may not share any. */
  | { type: 'source'; source: PcmSource }
  /** The sample rendered at context time 0 leaves the speakers at this server time. */
  | { type: 'mapping'; serverAtContextZeroUs: number }
  /** What is known of the clocks is new: the sound may jump to where it belongs. */
  | { type: 'settle' }
  /** `next`: the epoch that follows this one without a gap, once it is known. */
  | { type: 'gate'; gate: Gate; next: Gate | null }
  /** A click at each full second of the server's clock, over softer music. */
  | { type: 'metronome'; on: boolean }
  | { type: 'clear' };

export interface OutputReport {
  contextTime: number;
  /** The sample at `contextTime` was due then (server time), and lies there in the track. */
  cursorUs: number;
  positionSamples: number | null;
  errorUs: number;
  bufferUs: number;
  level: number;
  underruns: number;
  resyncs: number;
}
