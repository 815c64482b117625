// Decoded packets by the server time at which they are due, and the rule of which of them may be heard. Pure: no audio API.
// The calls that the audio thread makes allocate nothing for a sample. They search once for each chunk, hole or seam, and not again before the queue changes.

import { ChunkList } from './chunk_list';
import { Edges } from './edges';
import { interpolate, TAPS, TAPS_BEFORE } from './interpolator';
import { chunkEndUs, type Gate, type PcmChunk } from './messages';

const FADE_US = 5_000;
const US_PER_SAMPLE = 1e6 / 48_000;
/** How far beyond a seam an interpolation reads. */
const REACH_US = TAPS * US_PER_SAMPLE;

const covers = (chunk: PcmChunk, us: number): boolean => us >= chunk.playAtUs && us < chunkEndUs(chunk);
/** Of samples, for one run. */
const MOST_READ = 256;

const NO_GATE: Gate = { epoch: -1, running: false, atUs: 0, gain: 1 };

export class SampleQueue {
  readonly #chunks = new ChunkList();
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
  /** The samples that a run is interpolated from, whatever chunks they lie in. */
  readonly #fromLeft = new Float32Array(MOST_READ);
  readonly #fromRight = new Float32Array(MOST_READ);
  /** Counts the changes of what may be heard: what was searched for before one may be found after it. */
  #version = 0;
  readonly #edges = new Edges();
  /** Between these times nothing is to be heard, as of #silentVersion. */
  #silentFromUs = NaN;
  #silentVersion = -1;
  /** After locate() has found nothing: there is nothing before this time, unless the queue changes. */
  silentUntilUs = NaN;
  /** The chunks of other epochs on both sides of the seam, for #acrossOf, as of #acrossVersion. */
  #acrossBefore: PcmChunk | null = null;
  #acrossAfter: PcmChunk | null = null;
  /** What makes an index of that chunk one of #acrossBefore; and how many samples later #acrossAfter begins. */
  #acrossOffset = 0;
  #acrossDistance = 0;
  #acrossOf: PcmChunk | null = null;
  #acrossVersion = -1;
  /** Where sound breaks off for want of packets, as far as is known: the located chunk's end, or Infinity. */
  soundEndsUs = Infinity;

  setGate(gate: Gate, upcoming: Gate | null = null): void {
    if (gate.epoch > this.#gate.epoch) {
      const held = this.#gate.running ? Infinity : this.#gate.atUs;
      this.#olderUntilUs = Math.min(held, gate.atUs);
      this.#olderGain = this.#gate.gain;
      this.#joined = gate.running && this.#upcoming?.epoch === gate.epoch && this.#upcoming.atUs === gate.atUs;
    }
    this.#version += 1;
    const announced = this.#upcoming?.epoch ?? -1;
    this.#gate = gate;
    this.#upcoming = upcoming;
    this.#current = this.#next = this.#previous = null;
    if (announced <= gate.epoch || announced === upcoming?.epoch) return;
    this.#calledOff = Math.max(this.#calledOff, announced);
    this.#chunks.keep((chunk) => !this.#isCalledOff(chunk.epoch));
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
      const other = this.#chunks.at(i);
      if (!other || other.epoch !== chunk.epoch || other.playAtUs < chunk.playAtUs - US_PER_SAMPLE) break;
      if (Math.abs(other.playAtUs - chunk.playAtUs) < US_PER_SAMPLE) return;
    }
    this.#chunks.push(chunk);
    this.#version += 1;
    const current = this.#current;
    if (!current || !covers(chunk, chunkEndUs(current) + US_PER_SAMPLE)) return;
    if (chunk.epoch === current.epoch) this.#next = chunk;
    this.soundEndsUs = Infinity;
  }

  /** The oldest that is held. */
  get first(): PcmChunk | undefined {
    return this.#chunks.at(0);
  }

  clear(): void {
    this.#chunks.clear();
    this.#version += 1;
    this.#gate = NO_GATE;
    this.#upcoming = null;
    this.#joined = false;
    this.#calledOff = -1;
    this.#olderUntilUs = -Infinity;
    this.#current = this.#next = this.#previous = null;
  }

  /** How loud a sample of `epoch` due at `us` is: 1, 0, or in between during the 5 ms fades at the gate's edges. */
  level(epoch: number, us: number): number {
    this.levelOf(epoch, this.#edges);
    return this.#edges.at(us);
  }

  /** The same for all times: what `edges` becomes. */
  levelOf(epoch: number, edges: Edges): void {
    const { epoch: gateEpoch, running, atUs } = this.#gate;
    const upcoming = this.#upcoming;
    edges.open();
    if (upcoming && epoch === upcoming.epoch) {
      edges.startsAt(upcoming.atUs, 0);
      return;
    }
    if (epoch > gateEpoch) edges.startsAt(Infinity, 0);
    else if (epoch < gateEpoch) edges.endsAt(this.#olderUntilUs, this.#joined ? 0 : FADE_US);
    else if (running) edges.startsAt(atUs, this.#joined ? 0 : FADE_US);
    else edges.endsAt(atUs, FADE_US);
    if (upcoming) edges.cutAt(upcoming.atUs);
  }

  /** Nothing is to be heard then, whatever is there: spares the search. */
  #isHeldAt(us: number): boolean {
    const { running, atUs } = this.#gate;
    return us >= this.#olderUntilUs && (running ? us < atUs : us >= atUs);
  }

  gainOf(epoch: number): number {
    if (this.#upcoming && epoch === this.#upcoming.epoch) return this.#upcoming.gain;
    return epoch < this.#gate.epoch ? this.#olderGain : this.#gate.gain;
  }

  /** Microseconds of sound of the gate's epoch, and of what follows it, from `us` on. */
  bufferedUs(us: number): number {
    const last = this.#chunks.at(this.#chunks.length - 1);
    return last && last.epoch >= this.#gate.epoch ? Math.max(0, chunkEndUs(last) - us) : 0;
  }

  forgetBefore(us: number): void {
    this.#chunks.dropEndedBefore(us);
  }

  /** Makes `us` the place that readRun() reads from; the chunk there, or null when there is none to be heard. */
  locate(us: number): PcmChunk | null {
    const current = this.#current;
    if (current && covers(current, us) && this.level(current.epoch, us) > 0) return current;
    if (this.#silentVersion === this.#version && us >= this.#silentFromUs && us < this.silentUntilUs) return null;
    this.#previous = current;
    this.#current = this.#next = null;
    if (this.#isHeldAt(us)) {
      this.silentUntilUs = this.#gate.running ? this.#gate.atUs : Infinity;
      return null;
    }
    const index = this.#search(us);
    const found = this.#chunks.at(index);
    if (!found) {
      this.#rememberSilence(us);
      return null;
    }
    this.#current = found;
    this.#previous = this.#neighbour(found, index - 1, found.playAtUs - US_PER_SAMPLE);
    const afterUs = chunkEndUs(found) + US_PER_SAMPLE;
    this.#next = this.#neighbour(found, index + 1, afterUs);
    this.soundEndsUs = this.#next || this.#isCovered(afterUs) ? Infinity : chunkEndUs(found);
    return found;
  }

  /** The index of the chunk that is to be heard at `us`; -1: none is. */
  #search(us: number): number {
    for (let i = 0; i < this.#chunks.length; i += 1) {
      const chunk = this.#chunks.at(i);
      if (chunk && covers(chunk, us) && this.level(chunk.epoch, us) > 0) return i;
    }
    return -1;
  }

  /** Nothing is to be heard before the next chunk begins, or the gate lets one be heard that is there already. */
  #rememberSilence(us: number): void {
    let untilUs = this.#gate.atUs >= us ? this.#gate.atUs : Infinity;
    if (this.#upcoming && this.#upcoming.atUs >= us) untilUs = Math.min(untilUs, this.#upcoming.atUs);
    for (let i = 0; i < this.#chunks.length; i += 1) {
      const startUs = this.#chunks.at(i)?.playAtUs ?? us;
      if (startUs > us) untilUs = Math.min(untilUs, startUs);
    }
    this.#silentFromUs = us;
    this.silentUntilUs = untilUs;
    this.#silentVersion = this.#version;
  }

  #isCovered(us: number): boolean {
    for (let i = 0; i < this.#chunks.length; i += 1) {
      const chunk = this.#chunks.at(i);
      if (chunk && covers(chunk, us)) return true;
    }
    return false;
  }

  /**
   * Reads the signal of the located chunk from `us` on, in steps of `stepUs`, into `left` and `right`: at most `most` samples, and none beyond the chunk or
   * `untilUs`. Returns how many.
   */
  readRun(chunk: PcmChunk, us: number, stepUs: number, untilUs: number, most: number, left: Float32Array, right: Float32Array): number {
    const step = stepUs / US_PER_SAMPLE;
    const place = (us - chunk.playAtUs) / US_PER_SAMPLE;
    const inChunk = Math.ceil((Math.min(untilUs, chunkEndUs(chunk)) - us) / stepUs);
    const count = Math.max(1, Math.min(most, inChunk, Math.floor((MOST_READ - TAPS - 2) / step)));
    const first = Math.floor(place) - TAPS_BEFORE + 1;
    this.#gather(chunk, first, Math.floor(place + (count - 1) * step) + TAPS_BEFORE + 1 - first);
    interpolate(this.#fromLeft, this.#fromRight, place - first, step, count, left, right);
    return count;
  }

  /** Makes #fromLeft and #fromRight the samples from `first` on, counted from the chunk's own first one: its neighbours' where it has none. */
  #gather(chunk: PcmChunk, first: number, count: number): void {
    const length = chunk.left.length;
    // Beyond a seam lies the other track's signal, not what this one's packets are filled up with.
    const seam = Math.ceil((this.#seamUs - chunk.playAtUs) / US_PER_SAMPLE - 0.5);
    const isAfter = chunk.epoch === this.#seamEpoch;
    for (let k = 0; k < count; k += 1) {
      const index = first + k;
      if (isAfter ? index < seam : index >= seam) this.#gatherAcross(chunk, index, k);
      else if (index < 0) this.#gatherFrom(this.#previous, index + (this.#previous?.left.length ?? 0), k);
      else if (index >= length) this.#gatherFrom(this.#next, index - length, k);
      else this.#gatherFrom(chunk, index, k);
    }
  }

  #gatherFrom(chunk: PcmChunk | null, index: number, k: number): void {
    this.#fromLeft[k] = chunk?.left[index] ?? 0;
    this.#fromRight[k] = chunk?.right[index] ?? 0;
  }

  #gatherAcross(chunk: PcmChunk, index: number, k: number): void {
    if (this.#acrossOf !== chunk || this.#acrossVersion !== this.#version) this.#findAcross(chunk);
    const inFirst = index + this.#acrossOffset;
    if (this.#acrossBefore && inFirst < this.#acrossBefore.left.length) this.#gatherFrom(this.#acrossBefore, inFirst, k);
    else this.#gatherFrom(this.#acrossAfter, inFirst - this.#acrossDistance, k);
  }

  /** Where one track takes over from another; NaN where none does. */
  get #seamUs(): number {
    return this.#upcoming?.atUs ?? (this.#joined ? this.#gate.atUs : NaN);
  }

  /** The epoch that takes over there. */
  get #seamEpoch(): number {
    return this.#upcoming?.epoch ?? this.#gate.epoch;
  }

  /** The chunk of the same epoch that holds `us`: most often the one at `likely`. */
  #neighbour(chunk: PcmChunk, likely: number, us: number): PcmChunk | null {
    const beside = this.#chunks.at(likely);
    if (beside && beside.epoch === chunk.epoch && covers(beside, us)) return beside;
    for (let i = 0; i < this.#chunks.length; i += 1) {
      const each = this.#chunks.at(i);
      if (each && each.epoch === chunk.epoch && covers(each, us)) return each;
    }
    return null;
  }

  /** What lies around the seam, as far as an interpolation reads: in one chunk of the other epoch, or in two. */
  #findAcross(chunk: PcmChunk): void {
    const seamUs = this.#seamUs;
    this.#acrossOf = chunk;
    this.#acrossVersion = this.#version;
    this.#acrossBefore = this.#acrossAfter = null;
    for (let i = 0; i < this.#chunks.length; i += 1) {
      const other = this.#chunks.at(i);
      if (!other || (chunk.epoch === this.#seamEpoch ? other.epoch >= chunk.epoch : other.epoch !== this.#seamEpoch)) continue;
      if (other.playAtUs > seamUs + REACH_US || chunkEndUs(other) < seamUs - REACH_US) continue;
      if (this.#acrossBefore) {
        this.#acrossAfter = other;
        this.#acrossDistance = Math.round((other.playAtUs - this.#acrossBefore.playAtUs) / US_PER_SAMPLE);
      } else {
        this.#acrossBefore = other;
        this.#acrossOffset = Math.round((chunk.playAtUs - other.playAtUs) / US_PER_SAMPLE);
      }
    }
  }
}
