// Renders what is due: where the sound stands is compared with where it should stand at each block; small errors are corrected by playing
// up to 0.2 % faster or slower, large ones by a jump with a cross-fade. Pure: the context's time comes in, samples go out.
// render() works through runs of samples that one chunk holds, and allocates nothing for a sample.

import { Edges } from './edges';
import type { OutputReport, OutputRequest, PcmChunk } from './messages';
import { addClicks } from './metronome';
import { SampleQueue } from './sample_queue';
import { JUMP_US, Servo } from './servo';

/** A jump is a cross-fade of 5 ms; farther than this it would be of two different things, and the new one fades in alone. */
const JUMP_FADE = 240;
const REJOIN_US = 1e6;
/** Two packets: what a cross-fade needs. */
const KEPT_US = 40_000;
/** Where packets are missing, sound ends and begins with a fade, no click. */
const EDGE_US = 5_000;
const EDGE_FADE = 240;
/** Samples that are worked on at once. */
const MOST_RUN = 256;
/** A gain that changes within a track is followed with this time constant. */
const GAIN_S = 0.15;

/** While what is known of the clocks is young, smaller errors are worth a jump too: at 0.2 % they would be heard as an echo for seconds. */
const SETTLING_US = 3e6;
const SETTLING_JUMP_US = 2_000;

export class Renderer {
  readonly queue = new SampleQueue();
  readonly #sampleRate: number;
  readonly #keptUs: number;
  readonly #gainStep: number;
  #serverAtContextZeroUs = NaN;
  #cursorUs = NaN;
  #errorUs = 0;
  #dueUs = NaN;
  #positionSamples: number | null = null;
  #underruns = 0;
  #resyncs = 0;
  /** The epoch in which sound broke off, while it is away. */
  #holeEpoch: number | null = null;
  #soundedEpoch = -1;
  /** From the first sound after a start, clear() or settle() on. */
  #settlingSinceUs = Infinity;
  readonly #servo = new Servo();
  readonly #edges = new Edges();
  readonly #runLeft = new Float32Array(MOST_RUN);
  readonly #runRight = new Float32Array(MOST_RUN);
  /** Where a jump has left, and for how many samples that place is still heard. */
  #leavingUs = NaN;
  #leavingLeft = 0;
  /** So many samples of the fade after silence are left. */
  #enteringLeft = EDGE_FADE;
  #gain = 1;
  #gainEpoch = -1;
  #energy = 0;
  #energyOf = 0;
  metronome = false;

  /** `sampleRate` of what comes out; packets have 48 kHz. `keptUs`: so much of what was rendered can be rendered again (rewind). */
  constructor(sampleRate: number, keptUs = KEPT_US) {
    this.#sampleRate = sampleRate;
    this.#keptUs = keptUs;
    this.#gainStep = 1 - Math.exp(-1 / (GAIN_S * sampleRate));
  }

  /** The sample rendered for context time 0 leaves the speakers at this server time. */
  set serverAtContextZeroUs(us: number) {
    this.#serverAtContextZeroUs = us;
  }

  get knowsTime(): boolean {
    return !Number.isNaN(this.#serverAtContextZeroUs);
  }

  /** Does what it is asked to; where sound comes from is its owner's matter. */
  obey(request: Exclude<OutputRequest, { type: 'source' }>): void {
    switch (request.type) {
      case 'mapping':
        this.serverAtContextZeroUs = request.serverAtContextZeroUs;
        break;
      case 'settle':
        this.settle();
        break;
      case 'gate':
        this.queue.setGate(request.gate, request.next);
        break;
      case 'metronome':
        this.metronome = request.on;
        break;
      case 'clear':
        this.clear();
        break;
      default: {
        const never: never = request;
        throw new Error(`unknown request ${String(never)}`);
      }
    }
  }

  /** Fills a block whose first sample is that of `contextTime`, in seconds. Leaves it as it is while no server time is known. */
  render(left: Float32Array, right: Float32Array, contextTime: number): void {
    if (!this.knowsTime) return;
    this.#dueUs = this.#serverAtContextZeroUs + contextTime * 1e6;
    this.#errorUs = this.#cursorUs - this.#dueUs;
    const isSettling = !(this.#dueUs - this.#settlingSinceUs > SETTLING_US);
    if (!(Math.abs(this.#errorUs) < (isSettling ? SETTLING_JUMP_US : JUMP_US))) {
      this.#jumpTo(this.#dueUs);
      this.#errorUs = 0;
    }
    const blockUs = (left.length * 1e6) / this.#sampleRate;
    this.#positionSamples = this.#fill(left, right, (1e6 / this.#sampleRate) * this.#servo.rate(this.#errorUs, blockUs));
  }

  clear(): void {
    this.queue.clear();
    this.settle();
  }

  /** What is known of the clocks is new: for some seconds of sound smaller errors are jumped too. */
  settle(): void {
    this.#settlingSinceUs = Infinity;
  }

  /** Goes back: what was rendered for `contextTime` and later has not been heard, and is to be rendered again. */
  rewind(contextTime: number): void {
    const dueUs = this.#serverAtContextZeroUs + contextTime * 1e6;
    if (this.#cursorUs > dueUs) this.#cursorUs = dueUs + this.#errorUs;
  }

  /** What was rendered since the last report; `contextTime` is that of the last block. */
  report(contextTime: number): OutputReport {
    const level = Math.sqrt(this.#energy / Math.max(1, this.#energyOf));
    this.#energy = this.#energyOf = 0;
    return {
      contextTime,
      cursorUs: this.#dueUs + this.#errorUs,
      positionSamples: this.#positionSamples,
      errorUs: this.#errorUs,
      bufferUs: this.queue.bufferedUs(this.#dueUs),
      level,
      underruns: this.#underruns,
      resyncs: this.#resyncs,
    };
  }

  /** What sounds there now fades out over what sounds at the new place. */
  #jumpTo(us: number): void {
    const sounding = this.#soundedEpoch >= 0 && this.#soundedEpoch === this.queue.gate.epoch;
    if (sounding) this.#resyncs += 1;
    this.#leavingUs = this.#cursorUs;
    this.#leavingLeft = sounding && Math.abs(this.#cursorUs - us) < REJOIN_US ? JUMP_FADE : 0;
    if (this.#leavingLeft === 0) this.#enteringLeft = EDGE_FADE;
    this.#cursorUs = us;
  }

  /** Fills the block and returns the media position of its first sample, null in silence. */
  #fill(left: Float32Array, right: Float32Array, stepUs: number): number | null {
    const startUs = this.#cursorUs;
    const first = this.#play(left, right, startUs, stepUs);
    if (this.#leavingLeft > 0) this.#fadeOutLeaving(left, right, stepUs);
    if (this.metronome) addClicks(left, right, startUs, stepUs);
    let energy = 0;
    for (let i = 0; i < left.length; i += 1) energy += (left[i] ?? 0) ** 2;
    this.#energy += energy;
    this.#energyOf += left.length;
    this.#cursorUs = startUs + left.length * stepUs;
    this.#noticeHoles(first !== null, startUs);
    this.queue.forgetBefore(startUs - this.#keptUs);
    return first;
  }

  #play(left: Float32Array, right: Float32Array, startUs: number, stepUs: number): number | null {
    let first: number | null = null;
    for (let i = 0; i < left.length; ) {
      const us = startUs + i * stepUs;
      const chunk = this.queue.locate(us);
      const count = this.#run(chunk, us, stepUs, left.length - i);
      if (chunk) {
        first ??= chunk.positionSamples + ((us - chunk.playAtUs) * 48) / 1000 - (i * stepUs * 48) / 1000;
        this.#applyGain(chunk.epoch, count);
        this.#fadeEdges(us, stepUs, count);
      } else {
        this.#enteringLeft = EDGE_FADE;
      }
      for (let k = 0; k < count; k += 1) {
        left[i + k] = this.#runLeft[k] ?? 0;
        right[i + k] = this.#runRight[k] ?? 0;
      }
      i += count;
    }
    return first;
  }

  /** Makes the first samples of #runLeft and #runRight what is due from `us` on, `most` at most, and returns how many: all of one chunk, or of silence. */
  #run(chunk: PcmChunk | null, us: number, stepUs: number, most: number): number {
    if (!chunk) {
      const count = Math.max(1, Math.min(most, MOST_RUN, Math.ceil((this.queue.silentUntilUs - us) / stepUs)));
      this.#runLeft.fill(0, 0, count);
      this.#runRight.fill(0, 0, count);
      return count;
    }
    this.queue.levelOf(chunk.epoch, this.#edges);
    const count = this.queue.readRun(chunk, us, stepUs, this.#edges.silentFromUs, Math.min(most, MOST_RUN), this.#runLeft, this.#runRight);
    this.#edges.shape(this.#runLeft, this.#runRight, us, stepUs, count);
    return count;
  }

  #applyGain(epoch: number, count: number): void {
    const wanted = this.queue.gainOf(epoch);
    let gain = epoch === this.#gainEpoch ? this.#gain : wanted;
    for (let k = 0; k < count; k += 1) {
      gain += (wanted - gain) * this.#gainStep;
      this.#runLeft[k] = (this.#runLeft[k] ?? 0) * gain;
      this.#runRight[k] = (this.#runRight[k] ?? 0) * gain;
    }
    this.#gain = gain;
    this.#gainEpoch = epoch;
  }

  /** Sound begins and ends softly where packets are missing beside it. */
  #fadeEdges(us: number, stepUs: number, count: number): void {
    const endsUs = this.queue.soundEndsUs;
    if (this.#enteringLeft === 0 && endsUs - us - count * stepUs > EDGE_US) return;
    for (let k = 0; k < count; k += 1) {
      const entering = 1 - this.#enteringLeft / EDGE_FADE;
      if (this.#enteringLeft > 0) this.#enteringLeft -= 1;
      const edge = Math.min(entering, Math.max(0, (endsUs - us - k * stepUs) / EDGE_US), 1);
      this.#runLeft[k] = (this.#runLeft[k] ?? 0) * edge;
      this.#runRight[k] = (this.#runRight[k] ?? 0) * edge;
    }
  }

  /** After a jump: what goes on at the place that was left fades out over what the block holds. */
  #fadeOutLeaving(left: Float32Array, right: Float32Array, stepUs: number): void {
    const all = Math.min(left.length, this.#leavingLeft);
    for (let i = 0; i < all; ) {
      const us = this.#leavingUs + i * stepUs;
      const chunk = this.queue.locate(us);
      const count = this.#run(chunk, us, stepUs, all - i);
      const gain = chunk ? (chunk.epoch === this.#gainEpoch ? this.#gain : this.queue.gainOf(chunk.epoch)) : 0;
      for (let k = 0; k < count; k += 1) {
        const part = (this.#leavingLeft - i - k) / JUMP_FADE;
        left[i + k] = (left[i + k] ?? 0) * (1 - part) + (this.#runLeft[k] ?? 0) * gain * part;
        right[i + k] = (right[i + k] ?? 0) * (1 - part) + (this.#runRight[k] ?? 0) * gain * part;
      }
      i += count;
    }
    this.#leavingUs += all * stepUs;
    this.#leavingLeft -= all;
  }

  /** A hole counts when the same epoch's sound comes back after it: a track's end is none. */
  #noticeHoles(sounding: boolean, us: number): void {
    const gate = this.queue.gate;
    if (sounding) {
      this.#settlingSinceUs = Math.min(this.#settlingSinceUs, us);
      if (this.#holeEpoch === gate.epoch) this.#underruns += 1;
      this.#holeEpoch = null;
      this.#soundedEpoch = gate.epoch;
    } else if (this.#soundedEpoch === gate.epoch && gate.running && us > gate.atUs) {
      this.#holeEpoch = gate.epoch;
    }
  }
}
