// Decoded packets by the server time at which they are due, and the rule of which of them may be heard. Pure: no audio API.

import { TAPS, TAPS_BEFORE, weightsAt } from './interpolator';
import type { Gate, PcmChunk } from './messages';

const FADE_US = 5_000;
const US_PER_SAMPLE = 1e6 / 48_000;

const chunkEndUs = (chunk: PcmChunk): number => chunk.playAtUs + chunk.left.length * US_PER_SAMPLE;
const covers = (chunk: PcmChunk, us: number): boolean => us >= chunk.playAtUs && us < chunkEndUs(chunk);
const clamp01 = (value: number): number => Math.max(0, Math.min(1, value));

const NO_GATE: Gate = { epoch: -1, running: false, atUs: 0, gain: 1 };

export class SampleQueue {
  #chunks: PcmChunk[] = [];
  #gate: Gate = NO_GATE;
  /** Takes over from the gate's epoch at its time, to the sample. */
  #upcoming: Gate | null = null;
  /** The highest epoch that was upcoming and was called off: it and those before it are never heard, except the gate's own. */
  #calledOff = -1;
  /** The gate's epoch was upcoming: it began where the one before ended, without fades. */
  #joined = false;
  /** Epochs before the gate's are heard until then. */
  #olderUntilUs = -Infinity;
  #olderGain = 1;
  #current: PcmChunk | null = null;
  #next: PcmChunk | null = null;
  #previous: PcmChunk | null = null;
  readonly #weights = new Float32Array(TAPS);
  /** Where sound breaks off for want of packets, as far as is known: the located chunk's end, or Infinity. */
  soundEndsUs = Infinity;
  /** What read() has read. */
  left = 0;
  right = 0;

  setGate(gate: Gate, upcoming: Gate | null = null): void {
    if (gate.epoch > this.#gate.epoch) {
      const held = this.#gate.running ? Infinity : this.#gate.atUs;
      this.#olderUntilUs = Math.min(held, gate.atUs);
      this.#olderGain = this.#gate.gain;
      this.#joined = gate.running && this.#upcoming?.epoch === gate.epoch && this.#upcoming.atUs === gate.atUs;
    }
    const announced = this.#upcoming?.epoch ?? -1;
    this.#gate = gate;
    this.#upcoming = upcoming;
    this.#current = this.#next = this.#previous = null;
    if (announced <= gate.epoch || announced === upcoming?.epoch) return;
    this.#calledOff = Math.max(this.#calledOff, announced);
    this.#chunks = this.#chunks.filter((chunk) => !this.#isCalledOff(chunk.epoch));
  }

  #isCalledOff(epoch: number): boolean {
    return epoch > this.#gate.epoch && epoch <= this.#calledOff;
  }

  get gate(): Gate {
    return this.#gate;
  }

  /** A chunk that is there already is not taken twice: after a lost connection the server sends again what is not over. */
  add(chunk: PcmChunk): void {
    if (chunk.epoch < this.#gate.epoch || this.#isCalledOff(chunk.epoch)) return;
    for (let i = this.#chunks.length - 1; i >= 0; i -= 1) {
      const other = this.#chunks[i];
      if (!other || other.epoch !== chunk.epoch || other.playAtUs < chunk.playAtUs - US_PER_SAMPLE) break;
      if (Math.abs(other.playAtUs - chunk.playAtUs) < US_PER_SAMPLE) return;
    }
    this.#chunks.push(chunk);
    const current = this.#current;
    if (!current || !covers(chunk, chunkEndUs(current) + US_PER_SAMPLE)) return;
    if (chunk.epoch === current.epoch) this.#next = chunk;
    this.soundEndsUs = Infinity;
  }

  /** The oldest that is held. */
  get first(): PcmChunk | undefined {
    return this.#chunks[0];
  }

  clear(): void {
    this.#chunks = [];
    this.#gate = NO_GATE;
    this.#upcoming = null;
    this.#joined = false;
    this.#calledOff = -1;
    this.#olderUntilUs = -Infinity;
    this.#current = this.#next = this.#previous = null;
  }

  /** How loud a sample of `epoch` due at `us` is: 1, 0, or in between during the 5 ms fades at the gate's edges. */
  level(epoch: number, us: number): number {
    const upcoming = this.#upcoming;
    if (upcoming && epoch === upcoming.epoch) return us >= upcoming.atUs ? 1 : 0;
    if (epoch > this.#gate.epoch || (upcoming && us >= upcoming.atUs)) return 0;
    if (epoch < this.#gate.epoch) {
      if (this.#joined) return us < this.#olderUntilUs ? 1 : 0;
      return clamp01((this.#olderUntilUs - us) / FADE_US);
    }
    if (!this.#gate.running) return clamp01((this.#gate.atUs - us) / FADE_US);
    if (this.#joined) return us >= this.#gate.atUs ? 1 : 0;
    return clamp01((us - this.#gate.atUs) / FADE_US);
  }

  /** Nothing is to be heard then, whatever is there: spares the search. */
  #isHeldAt(us: number): boolean {
    const { running, atUs } = this.#gate;
    if (!running) return us >= atUs && us >= this.#olderUntilUs;
    return us < atUs && us >= this.#olderUntilUs;
  }

  gainOf(epoch: number): number {
    if (this.#upcoming && epoch === this.#upcoming.epoch) return this.#upcoming.gain;
    return epoch < this.#gate.epoch ? this.#olderGain : this.#gate.gain;
  }

  /** Microseconds of sound of the gate's epoch, and of what follows it, from `us` on. */
  bufferedUs(us: number): number {
    const last = this.#chunks[this.#chunks.length - 1];
    return last && last.epoch >= this.#gate.epoch ? Math.max(0, chunkEndUs(last) - us) : 0;
  }

  forgetBefore(us: number): void {
    let count = 0;
    for (const chunk of this.#chunks) {
      if (chunkEndUs(chunk) >= us) break;
      count += 1;
    }
    if (count > 0) this.#chunks.splice(0, count);
  }

  /** Makes `us` the place that read() reads around; the chunk there, or null when there is none to be heard. */
  locate(us: number): PcmChunk | null {
    const current = this.#current;
    if (current && covers(current, us) && this.level(current.epoch, us) > 0) return current;
    this.#previous = current;
    this.#current = this.#next = null;
    if (this.#isHeldAt(us)) return null;
    for (let i = 0; i < this.#chunks.length; i += 1) {
      const chunk = this.#chunks[i];
      if (!chunk || !covers(chunk, us) || this.level(chunk.epoch, us) <= 0) continue;
      this.#current = chunk;
      this.#previous = this.#neighbour(chunk, chunk.playAtUs - US_PER_SAMPLE);
      const afterUs = chunkEndUs(chunk) + US_PER_SAMPLE;
      this.#next = this.#neighbour(chunk, afterUs);
      this.soundEndsUs = this.#next || this.#chunks.some((each) => covers(each, afterUs)) ? Infinity : chunkEndUs(chunk);
      break;
    }
    return this.#current;
  }

  /** Reads the located chunk's signal at `us` into `left` and `right`. */
  read(chunk: PcmChunk, us: number): void {
    const place = (us - chunk.playAtUs) / US_PER_SAMPLE;
    const index = Math.floor(place);
    weightsAt(place - index, this.#weights);
    const first = index - TAPS_BEFORE + 1;
    let [left, right] = [0, 0];
    if (this.#isPlain(chunk, first)) {
      for (let tap = 0; tap < TAPS; tap += 1) {
        const weight = this.#weights[tap] ?? 0;
        left += weight * (chunk.left[first + tap] ?? 0);
        right += weight * (chunk.right[first + tap] ?? 0);
      }
    } else {
      for (let tap = 0; tap < TAPS; tap += 1) {
        const weight = this.#weights[tap] ?? 0;
        left += weight * this.#at(chunk, 'left', first + tap);
        right += weight * this.#at(chunk, 'right', first + tap);
      }
    }
    this.left = left;
    this.right = right;
  }

  /** All taps lie in the chunk, and none beyond a seam. */
  #isPlain(chunk: PcmChunk, first: number): boolean {
    if (first < 0 || first + TAPS > chunk.left.length) return false;
    const seamUs = this.#seamUs;
    const fromUs = chunk.playAtUs + (first - 1) * US_PER_SAMPLE;
    return !(seamUs > fromUs && seamUs < fromUs + (TAPS + 2) * US_PER_SAMPLE);
  }

  /** Where one track takes over from another; NaN where none does. */
  get #seamUs(): number {
    return this.#upcoming?.atUs ?? (this.#joined ? this.#gate.atUs : NaN);
  }

  /** The chunk of the same epoch that holds `us`. */
  #neighbour(chunk: PcmChunk, us: number): PcmChunk | null {
    for (const each of this.#chunks) {
      if (each.epoch === chunk.epoch && covers(each, us)) return each;
    }
    return null;
  }

  #at(chunk: PcmChunk, side: 'left' | 'right', index: number): number {
    const us = chunk.playAtUs + index * US_PER_SAMPLE;
    const seamUs = this.#seamUs;
    const seamEpoch = this.#upcoming?.epoch ?? this.#gate.epoch;
    // Beyond a seam lies the other track's signal, not what this one's packets are filled up with.
    const beyond = chunk.epoch === seamEpoch ? us < seamUs - US_PER_SAMPLE / 2 : us >= seamUs - US_PER_SAMPLE / 2;
    if (beyond) return this.#acrossSeam(chunk, side, us);
    if (index < 0) {
      const before = this.#previous?.[side];
      return before?.[before.length + index] ?? 0;
    }
    const own = chunk[side];
    if (index < own.length) return own[index] ?? 0;
    return this.#next?.[side][index - own.length] ?? 0;
  }

  #acrossSeam(chunk: PcmChunk, side: 'left' | 'right', us: number): number {
    for (const other of this.#chunks) {
      const index = Math.round((us - other.playAtUs) / US_PER_SAMPLE);
      if (other.epoch !== chunk.epoch && index >= 0 && index < other[side].length) return other[side][index] ?? 0;
    }
    return 0;
  }
}
