// Opus packets -> PCM, off the main thread. PCM goes straight to the worklet over a port of its own, so that a busy page delays
// no sound. A decoder is kept for as long as frames follow each other without a gap; each break starts a fresh one.

import type { PcmChunk } from './worklet/messages';
import { PACKET_SAMPLES, SAMPLE_RATE, type AudioFrame } from './protocol';

export type DecoderRequest = { type: 'port'; port: MessagePort } | { type: 'frame'; frame: AudioFrame; speed: number } | { type: 'reset' };
export type DecoderReport = { type: 'failed'; reason: string };

interface Expected {
  epoch: number;
  playAtUs: number;
  positionSamples: number;
  heard: boolean;
}

const PACKET_US = (PACKET_SAMPLES * 1e6) / SAMPLE_RATE;

let port: MessagePort | null = null;
let current: Decoding | null = null;
/** What a frame has to be for the decoder to go on: it then follows the last one without a gap. */
let next: { epoch: number; playAtUs: number } | null = null;

const report = (message: DecoderReport): void => {
  self.postMessage(message);
};

/** One decoder and the packets that are in it. */
class Decoding {
  #expected: Expected[] = [];
  readonly #decoder = new AudioDecoder({
    output: (data) => {
      this.#deliver(data);
    },
    error: (error) => {
      report({ type: 'failed', reason: error.message });
    },
  });

  constructor() {
    this.#decoder.configure({ codec: 'opus', sampleRate: SAMPLE_RATE, numberOfChannels: 2 });
  }

  get usable(): boolean {
    return this.#decoder.state === 'configured';
  }

  decode(packet: Uint8Array, expected: Expected): void {
    if (!this.usable) return;
    this.#expected.push(expected);
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: expected.playAtUs, duration: PACKET_US, data: packet }));
  }

  /** What it has been given is still delivered: another track's sound may follow right behind it. */
  async end(): Promise<void> {
    if (!this.usable) return;
    try {
      await this.#decoder.flush();
    } catch {
      return; // it has failed, and said so
    }
    this.#decoder.close();
  }

  #deliver(data: AudioData): void {
    // A decoder may swallow a packet it cannot use; the output's time stamp tells which one this is.
    while (this.#expected[0] && this.#expected[0].playAtUs < data.timestamp - PACKET_US / 2) this.#expected.shift();
    const stamp = this.#expected.shift();
    if (stamp?.heard && port) {
      const left = new Float32Array(data.numberOfFrames);
      const right = new Float32Array(data.numberOfFrames);
      data.copyTo(left, { planeIndex: 0, format: 'f32-planar' });
      data.copyTo(right, { planeIndex: data.numberOfChannels > 1 ? 1 : 0, format: 'f32-planar' });
      const { epoch, playAtUs, positionSamples } = stamp;
      const chunk: PcmChunk = { type: 'pcm', epoch, playAtUs, positionSamples, left, right };
      port.postMessage(chunk, [left.buffer, right.buffer]);
    }
    data.close();
  }
}

function decode(frame: AudioFrame, speed: number): void {
  const follows = frame.preRoll === 0 && current?.usable && next?.epoch === frame.epoch && Math.abs(next.playAtUs - frame.playAtUs) < 1000;
  if (!follows || !current) {
    void current?.end();
    current = new Decoding();
  }
  for (const [index, packet] of frame.packets.entries()) {
    const positionSamples = frame.positionSamples + index * PACKET_SAMPLES * speed;
    const playAtUs = frame.playAtUs + index * PACKET_US;
    current.decode(packet, { epoch: frame.epoch, playAtUs, positionSamples, heard: index >= frame.preRoll });
  }
  next = { epoch: frame.epoch, playAtUs: frame.playAtUs + frame.packets.length * PACKET_US };
}

self.onmessage = (event: MessageEvent<DecoderRequest>) => {
  const request = event.data;
  switch (request.type) {
    case 'port':
      port = request.port;
      break;
    case 'frame':
      decode(request.frame, request.speed);
      break;
    case 'reset':
      next = null;
      break;
    default: {
      const never: never = request;
      throw new Error(`unknown request ${String(never)}`);
    }
  }
};
