// Decoded packets by the server time at which they are due, and the rule of which of them may be heard. Pure: no audio API.

import type { Gate, PcmChunk } from './messages';

const FADE_US = 5_000;
const US_PER_SAMPLE = 1e6 / 48_000;

const chunkEndUs = (chunk: PcmChunk): number => chunk.playAtUs + chunk.left.length * US_PER_SAMPLE;
const clamp01 = (value: number): number => Math.max(0, Math.min(1, value));

export class SampleQueue {
  #chunks: PcmChunk[] = [];
  #gate: Gate = { epoch: -1, running: false, atUs: 0 };
  /** Epochs before the gate's are heard until then. */
  #olderUntilUs = -Infinity;
  #current: PcmChunk | null = null;
  #next: PcmChunk | null = null;
  #previous: PcmChunk | null = null;

  setGate(gate: Gate): void {
    if (gate.epoch > this.#gate.epoch) {
      const held = this.#gate.running ? Infinity : this.#gate.atUs;
      this.#olderUntilUs = Math.min(held, gate.atUs);
    }
    this.#gate = gate;
    this.#current = this.#next = this.#previous = null;
  }

  get gate(): Gate {
    return this.#gate;
  }

  add(chunk: PcmChunk): void {
    if (chunk.epoch >= this.#gate.epoch) this.#chunks.push(chunk);
  }

  clear(): void {
    this.#chunks = [];
    this.#gate = { epoch: -1, running: false, atUs: 0 };
    this.#olderUntilUs = -Infinity;
    this.#current = this.#next = this.#previous = null;
  }

  /** How loud a sample of `epoch` due at `us` is: 1, 0, or in between during the 5 ms fades at the gate's edges. */
  level(epoch: number, us: number): number {
    if (epoch < this.#gate.epoch) return clamp01((this.#olderUntilUs - us) / FADE_US);
    if (epoch > this.#gate.epoch) return 0;
    return clamp01((this.#gate.running ? us - this.#gate.atUs : this.#gate.atUs - us) / FADE_US);
  }

  /** Microseconds of sound of the gate's epoch from `us` on. */
  bufferedUs(us: number): number {
    const last = this.#chunks[this.#chunks.length - 1];
    return last?.epoch === this.#gate.epoch ? Math.max(0, chunkEndUs(last) - us) : 0;
  }

  forgetBefore(us: number): void {
    let count = 0;
    for (const chunk of this.#chunks) {
      if (chunkEndUs(chunk) >= us) break;
      count += 1;
    }
    if (count > 0) this.#chunks.splice(0, count);
  }

  /** Makes `us` the place that sample() reads around; the chunk there, or null when there is none to be heard. */
  locate(us: number): PcmChunk | null {
    const current = this.#current;
    if (current && us >= current.playAtUs && us < chunkEndUs(current) && this.level(current.epoch, us) > 0) return current;
    this.#previous = current;
    this.#current = this.#next = null;
    for (let i = 0; i < this.#chunks.length; i += 1) {
      const chunk = this.#chunks[i];
      if (!chunk || us < chunk.playAtUs || us >= chunkEndUs(chunk) || this.level(chunk.epoch, us) <= 0) continue;
      this.#current = chunk;
      const before = this.#chunks[i - 1];
      const after = this.#chunks[i + 1];
      this.#previous = before?.epoch === chunk.epoch ? before : null;
      this.#next = after?.epoch === chunk.epoch ? after : null;
      break;
    }
    return this.#current;
  }

  /** The located chunk's signal at `us`, by 4-point Hermite interpolation (Catmull-Rom). */
  sample(chunk: PcmChunk, side: 'left' | 'right', us: number): number {
    const place = (us - chunk.playAtUs) / US_PER_SAMPLE;
    const index = Math.floor(place);
    const x = place - index;
    const y0 = this.#at(chunk, side, index - 1);
    const y1 = this.#at(chunk, side, index);
    const y2 = this.#at(chunk, side, index + 1);
    const y3 = this.#at(chunk, side, index + 2);
    return y1 + 0.5 * x * (y2 - y0 + x * (2 * y0 - 5 * y1 + 4 * y2 - y3 + x * (3 * (y1 - y2) + y3 - y0)));
  }

  #at(chunk: PcmChunk, side: 'left' | 'right', index: number): number {
    if (index < 0) {
      const before = this.#previous?.[side];
      return before?.[before.length + index] ?? 0;
    }
    const own = chunk[side];
    if (index < own.length) return own[index] ?? 0;
    return this.#next?.[side][index - own.length] ?? 0;
  }
}
