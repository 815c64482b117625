// Runs on the audio thread: plays each sample at the server time it is due. Where the sound stands is compared with where it should
// stand at each block; small errors are corrected by playing up to 0.2 % faster or slower, large ones by a jump.
// process() allocates nothing, but for the report a tenth of a second.

import type { OutputReport, OutputRequest, PcmChunk } from './messages';
import { SampleQueue } from './sample_queue';

const JUMP_US = 30_000;
const MAX_RATE = 0.002;
/** How fast a gain that changes within a track is followed: a time constant of 150 ms. */
const GAIN_STEP = 1 - Math.exp(-1 / (0.15 * 48_000));
/** Corrects an error within about a second. */
const GAIN_PER_US = 1e-6;
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
      if (this.#soundedEpoch >= 0 && this.#soundedEpoch === this.#queue.gate.epoch) this.#resyncs += 1;
      this.#cursorUs = dueUs;
      errorUs = 0;
    }
    const rate = 1 - Math.max(-MAX_RATE, Math.min(MAX_RATE, errorUs * GAIN_PER_US));
    const positionSamples = this.#render(left, right, (1e6 / sampleRate) * rate);
    this.#blocks += 1;
    if (this.#blocks % REPORT_BLOCKS === 0) this.#report(errorUs, dueUs, positionSamples);
    return true;
  }

  /** Fills the block and returns the media position of its first sample, null in silence. */
  #render(left: Float32Array, right: Float32Array, stepUs: number): number | null {
    const startUs = this.#cursorUs;
    let first: number | null = null;
    let us = startUs;
    for (let i = 0; i < left.length; i += 1, us += stepUs) {
      const chunk = this.#queue.locate(us);
      if (!chunk) {
        left[i] = right[i] = 0;
        continue;
      }
      const level = this.#queue.level(chunk.epoch, us) * this.#gainFor(chunk.epoch);
      const l = this.#queue.sample(chunk, 'left', us) * level;
      left[i] = l;
      right[i] = this.#queue.sample(chunk, 'right', us) * level;
      this.#energy += l * l;
      first ??= chunk.positionSamples + ((us - chunk.playAtUs) * 48) / 1000 - (i * stepUs * 48) / 1000;
    }
    this.#cursorUs = us;
    this.#noticeHoles(first !== null, startUs);
    this.#queue.forgetBefore(startUs - 40_000);
    return first;
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
