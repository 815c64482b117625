// Opus packets -> PCM, which goes straight to where it is rendered: through shared memory, or over a port of its own. Runs in a worker, or in
// the page where there is none.

import { createDecoder, type DecoderKind, type PacketDecoder } from './decoders';
import { PACKET_SAMPLES, SAMPLE_RATE, type AudioFrame } from './protocol';
import { isPort, type Pcm, type PcmChunk, type PcmSource, type Placed } from './worklet/messages';
import { RingWriter } from './worklet/pcm_ring';

export type DecoderRequest = { type: 'sink'; sink: PcmSource } | { type: 'frame'; frame: AudioFrame; speed: number } | { type: 'reset' };
export type DecoderReport = { type: 'ready'; kind: DecoderKind } | { type: 'failed'; reason: string };

interface Stamp extends Placed {
  heard: boolean;
}

/** A packet of stereo silence. */
const SILENCE = Uint8Array.of(0xfc, 0xff, 0xfe);
const PACKET_US = (PACKET_SAMPLES * 1e6) / SAMPLE_RATE;

export class Decoding {
  readonly #decoder: Promise<PacketDecoder<Stamp>>;
  #write: ((placed: Placed, pcm: Pcm) => void) | null = null;
  /** What a frame has to be to follow the last one without a gap. */
  #next: { epoch: number; playAtUs: number } | null = null;

  constructor(report: (message: DecoderReport) => void) {
    const onError = (reason: unknown): void => {
      report({ type: 'failed', reason: String(reason) });
    };
    const created = createDecoder<Stamp>(this.#deliver, onError);
    this.#decoder = created.then(({ decoder }) => decoder);
    created.then(({ kind, decoder }) => {
      // Sets up what is slow the first time.
      for (let i = 0; i < 5; i += 1) decoder.decode(SILENCE, i * PACKET_US, { epoch: 0, playAtUs: i * PACKET_US, positionSamples: 0, heard: false }, i === 0);
      report({ type: 'ready', kind });
    }, onError);
  }

  obey(request: DecoderRequest): void {
    switch (request.type) {
      case 'sink':
        this.#write = writerTo(request.sink);
        break;
      case 'frame':
        this.#decode(request.frame, request.speed).catch(() => undefined); // the constructor has reported it
        break;
      case 'reset':
        this.#next = null;
        break;
      default: {
        const never: never = request;
        throw new Error(`unknown request ${String(never)}`);
      }
    }
  }

  readonly #deliver = (stamp: Stamp, pcm: Pcm): void => {
    if (stamp.heard) this.#write?.(stamp, pcm);
  };

  async #decode(frame: AudioFrame, speed: number): Promise<void> {
    const decoder = await this.#decoder;
    const follows = frame.preRoll === 0 && this.#next?.epoch === frame.epoch && Math.abs(this.#next.playAtUs - frame.playAtUs) < 1000;
    for (const [index, packet] of frame.packets.entries()) {
      const positionSamples = frame.positionSamples + index * PACKET_SAMPLES * speed;
      const playAtUs = frame.playAtUs + index * PACKET_US;
      decoder.decode(packet, playAtUs, { epoch: frame.epoch, playAtUs, positionSamples, heard: index >= frame.preRoll }, index === 0 && !follows);
    }
    this.#next = { epoch: frame.epoch, playAtUs: frame.playAtUs + frame.packets.length * PACKET_US };
  }
}

/** Shared memory where there is any; a full ring loses what comes last, as a listener does who hears nothing anyway. */
function writerTo(sink: PcmSource): (placed: Placed, pcm: Pcm) => void {
  if (isPort(sink)) {
    return ({ epoch, playAtUs, positionSamples }, pcm) => {
      const [left, right] = [new Float32Array(pcm.samples), new Float32Array(pcm.samples)];
      pcm.copyTo(left, right);
      const chunk: PcmChunk = { type: 'pcm', epoch, playAtUs, positionSamples, left, right };
      sink.postMessage(chunk, [left.buffer, right.buffer]);
    };
  }
  const ring = new RingWriter(sink);
  return (placed, pcm) => {
    ring.write(placed, pcm);
  };
}
