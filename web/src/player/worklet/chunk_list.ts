// Chunks in the order of their arrival, in a ring: taking and dropping allocate nothing, but for a ring that has become too small. Pure.

import { chunkEndUs, type PcmChunk } from './messages';

/** Twenty seconds and more of packets of 20 ms. */
const FIRST_CAPACITY = 2048;

export class ChunkList {
  #slots: (PcmChunk | null)[] = new Array<PcmChunk | null>(FIRST_CAPACITY).fill(null);
  #head = 0;
  length = 0;

  /** The chunk at `index`, counted from the oldest; undefined beyond. */
  at(index: number): PcmChunk | undefined {
    return index >= 0 && index < this.length ? (this.#slots[(this.#head + index) % this.#slots.length] ?? undefined) : undefined;
  }

  push(chunk: PcmChunk): void {
    if (this.length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.length) % this.#slots.length] = chunk;
    this.length += 1;
  }

  /** Drops the oldest while they end before `us`. */
  dropEndedBefore(us: number): void {
    for (let first = this.at(0); first && chunkEndUs(first) < us; first = this.at(0)) {
      this.#slots[this.#head] = null;
      this.#head = (this.#head + 1) % this.#slots.length;
      this.length -= 1;
    }
  }

  /** Keeps those for which `isKept`. */
  keep(isKept: (chunk: PcmChunk) => boolean): void {
    const kept: PcmChunk[] = [];
    for (let i = 0; i < this.length; i += 1) {
      const chunk = this.at(i);
      if (chunk && isKept(chunk)) kept.push(chunk);
    }
    this.clear();
    for (const chunk of kept) this.push(chunk);
  }

  clear(): void {
    this.#slots.fill(null);
    this.#head = 0;
    this.length = 0;
  }

  #grow(): void {
    const slots = new Array<PcmChunk | null>(this.#slots.length * 2).fill(null);
    for (let i = 0; i < this.length; i += 1) slots[i] = this.at(i) ?? null;
    this.#slots = slots;
    this.#head = 0;
  }
}
