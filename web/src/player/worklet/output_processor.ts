// Runs on the audio thread: plays each sample at the server time it is due. Where the sound stands is compared with where it should
// stand at each block; small errors are corrected by playing up to 0.2 % faster or slower, large ones by a jump with a cross-fade.
// process() allocates nothing, but for the report a tenth of a second.

import type { OutputReport, OutputRequest, PcmChunk } from './messages';
import { SampleQueue } from './sample_queue';
import { JUMP_US, Servo } from './servo';

/** A jump is a cross-fade of 5 ms; farther than this it would be of two different things, and the new one fades in alone. */
const JUMP_FADE = 240;
const REJOIN_US = 1e6;
/** How fast a gain that changes within a track is followed: a time constant of 150 ms. */
const GAIN_STEP = 1 - Math.exp(-1 / (0.15 * 48_000));
const REPORT_BLOCKS = 38;

class OutputProcessor extends AudioWorkletProcessor {
  readonly #queue = new SampleQueue();
  #serverAtContextZeroUs = NaN;
  #cursorUs = NaN;
  #underruns = 0;
  #resyncs = 0;
  /** The epoch in which sound broke off, while it is away. */
  #holeEpoch: number | null = null;
  #soundedEpoch = -1;
  readonly #servo = new Servo();
  #left = 0;
  #right = 0;
  /** Where a jump has left, and for how many samples that place is still heard. */
  #leavingUs = NaN;
  #leavingLeft = 0;
  #gain = 1;
  #gainEpoch = -1;
  #energy = 0;
  #blocks = 0;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<OutputRequest>) => {
      this.#obey(event.data);
    };
  }

  #obey(request: OutputRequest): void {
    switch (request.type) {
      case 'port':
        request.port.onmessage = (event: MessageEvent<PcmChunk>) => {
          this.#queue.add(event.data);
        };
        break;
      case 'mapping':
        this.#serverAtContextZeroUs = request.serverAtContextZeroUs;
        break;
      case 'gate':
        this.#queue.setGate(request.gate, request.next);
        break;
      case 'clear':
        this.#queue.clear();
        break;
      default: {
        const never: never = request;
        throw new Error(`unknown request ${String(never)}`);
      }
    }
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const left = outputs[0]?.[0];
    const right = outputs[0]?.[1];
    if (!left || !right || Number.isNaN(this.#serverAtContextZeroUs)) return true;
    const dueUs = this.#serverAtContextZeroUs + currentTime * 1e6;
    let errorUs = this.#cursorUs - dueUs;
    if (!(Math.abs(errorUs) < JUMP_US)) {
      this.#jumpTo(dueUs);
      errorUs = 0;
    }
    const blockUs = (left.length * 1e6) / sampleRate;
    const positionSamples = this.#render(left, right, (1e6 / sampleRate) * this.#servo.rate(errorUs, blockUs));
    this.#blocks += 1;
    if (this.#blocks % REPORT_BLOCKS === 0) this.#report(errorUs, dueUs, positionSamples);
    return true;
  }

  /** What sounds there now fades out over what sounds at the new place. */
  #jumpTo(us: number): void {
    const sounding = this.#soundedEpoch >= 0 && this.#soundedEpoch === this.#queue.gate.epoch;
    if (sounding) this.#resyncs += 1;
    this.#leavingUs = this.#cursorUs;
    this.#leavingLeft = sounding && Math.abs(this.#cursorUs - us) < REJOIN_US ? JUMP_FADE : 0;
    this.#cursorUs = us;
  }

  /** Fills the block and returns the media position of its first sample, null in silence. */
  #render(left: Float32Array, right: Float32Array, stepUs: number): number | null {
    const startUs = this.#cursorUs;
    let first: number | null = null;
    let us = startUs;
    for (let i = 0; i < left.length; i += 1, us += stepUs) {
      const chunk = this.#readAt(us);
      let l = this.#left;
      let r = this.#right;
      if (this.#leavingLeft > 0) {
        const part = this.#leavingLeft / JUMP_FADE;
        this.#readAt(this.#leavingUs);
        l = l * (1 - part) + this.#left * part;
        r = r * (1 - part) + this.#right * part;
        this.#leavingUs += stepUs;
        this.#leavingLeft -= 1;
      }
      left[i] = l;
      right[i] = r;
      this.#energy += l * l;
      if (chunk) first ??= chunk.positionSamples + ((us - chunk.playAtUs) * 48) / 1000 - (i * stepUs * 48) / 1000;
    }
    this.#cursorUs = us;
    this.#noticeHoles(first !== null, startUs);
    this.#queue.forgetBefore(startUs - 40_000);
    return first;
  }

  /** Makes #left and #right what is due at `us`; the chunk it is in, null in silence. */
  #readAt(us: number): PcmChunk | null {
    const chunk = this.#queue.locate(us);
    if (!chunk) {
      this.#left = this.#right = 0;
      return null;
    }
    const level = this.#queue.level(chunk.epoch, us) * this.#gainFor(chunk.epoch);
    this.#queue.read(chunk, us);
    this.#left = this.#queue.left * level;
    this.#right = this.#queue.right * level;
    return chunk;
  }

  #gainFor(epoch: number): number {
    const wanted = this.#queue.gainOf(epoch);
    this.#gain = epoch === this.#gainEpoch ? this.#gain + (wanted - this.#gain) * GAIN_STEP : wanted;
    this.#gainEpoch = epoch;
    return this.#gain;
  }

  /** A hole counts when the same epoch's sound comes back after it: a track's end is none. */
  #noticeHoles(sounding: boolean, us: number): void {
    const gate = this.#queue.gate;
    if (sounding) {
      if (this.#holeEpoch === gate.epoch) this.#underruns += 1;
      this.#holeEpoch = null;
      this.#soundedEpoch = gate.epoch;
    } else if (this.#soundedEpoch === gate.epoch && gate.running && us > gate.atUs) {
      this.#holeEpoch = gate.epoch;
    }
  }

  #report(errorUs: number, dueUs: number, positionSamples: number | null): void {
    const report: OutputReport = {
      contextTime: currentTime,
      cursorUs: dueUs + errorUs,
      positionSamples,
      errorUs,
      bufferUs: this.#queue.bufferedUs(dueUs),
      level: Math.sqrt(this.#energy / (REPORT_BLOCKS * 128)),
      underruns: this.#underruns,
      resyncs: this.#resyncs,
    };
    this.#energy = 0;
    this.port.postMessage(report);
  }
}

registerProcessor('musicspace-output', OutputProcessor);
