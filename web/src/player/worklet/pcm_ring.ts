// Decoded packets in memory that two threads share: the decoder writes, the audio thread reads, neither waits, and neither allocates
// memory for a packet. One writer, one reader; each index is written by one of them alone. A slot holds one packet and is free again once released.

import type { Pcm, PcmChunk, Placed } from './messages';

/** Twenty seconds. */
const SLOTS = 1024;
const SAMPLES = 960;
/** Of a slot: epoch, play-at, position. */
const STAMPS = 3;
const WRITTEN = 0;
const RELEASED = 1;
const HEADER_BYTES = 8;
const STAMP_BYTES = SLOTS * STAMPS * 8;

interface Parts {
  indices: Int32Array;
  stamps: Float64Array;
  samples: Float32Array;
}

type Sides = [left: Float32Array, right: Float32Array];

/** Both sides of each slot. */
const sidesOf = ({ samples }: Parts): Sides[] =>
  Array.from({ length: SLOTS }, (_, slot) => [samples.subarray(slot * 2 * SAMPLES, (slot * 2 + 1) * SAMPLES), samples.subarray((slot * 2 + 1) * SAMPLES, (slot + 1) * 2 * SAMPLES)]);

const partsOf = (memory: SharedArrayBuffer): Parts => ({
  indices: new Int32Array(memory, 0, 2),
  stamps: new Float64Array(memory, HEADER_BYTES, SLOTS * STAMPS),
  samples: new Float32Array(memory, HEADER_BYTES + STAMP_BYTES),
});

export const createRing = (): SharedArrayBuffer => new SharedArrayBuffer(HEADER_BYTES + STAMP_BYTES + SLOTS * SAMPLES * 2 * 4);

export class RingWriter {
  readonly #parts: Parts;
  readonly #sides: Sides[];

  constructor(memory: SharedArrayBuffer) {
    this.#parts = partsOf(memory);
    this.#sides = sidesOf(this.#parts);
  }

  /** False when there is no room, or the packet is none of 960 samples; it is lost then. */
  write({ epoch, playAtUs, positionSamples }: Placed, pcm: Pcm): boolean {
    const { indices, stamps } = this.#parts;
    const written = Atomics.load(indices, WRITTEN);
    if (written - Atomics.load(indices, RELEASED) >= SLOTS || pcm.samples !== SAMPLES) return false;
    const slot = written % SLOTS;
    const sides = this.#sides[slot];
    if (!sides) return false;
    stamps[slot * STAMPS] = epoch;
    stamps[slot * STAMPS + 1] = playAtUs;
    stamps[slot * STAMPS + 2] = positionSamples;
    pcm.copyTo(...sides);
    Atomics.store(indices, WRITTEN, written + 1);
    return true;
  }
}

export class RingReader {
  readonly #parts: Parts;
  /** One for each slot, filled anew when it is. */
  readonly #chunks: PcmChunk[];
  #taken = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#parts = partsOf(memory);
    this.#chunks = sidesOf(this.#parts).map(([left, right]) => ({ type: 'pcm', epoch: 0, playAtUs: 0, positionSamples: 0, left, right, number: 0 }));
  }

  /** The next packet, or null when there is none. */
  take(): PcmChunk | null {
    const { indices, stamps } = this.#parts;
    if (this.#taken === Atomics.load(indices, WRITTEN)) return null;
    const slot = this.#taken % SLOTS;
    const chunk = this.#chunks[slot];
    if (!chunk) return null;
    chunk.epoch = stamps[slot * STAMPS] ?? 0;
    chunk.playAtUs = stamps[slot * STAMPS + 1] ?? 0;
    chunk.positionSamples = stamps[slot * STAMPS + 2] ?? 0;
    chunk.number = this.#taken;
    this.#taken += 1;
    return chunk;
  }

  /** Packets before the one of that number are not needed any more; without one, none of those taken is. */
  releaseBefore(number: number | undefined): void {
    Atomics.store(this.#parts.indices, RELEASED, number ?? this.#taken);
  }
}
