// Opus packets -> PCM, off the main thread. PCM goes straight to where it is rendered, through shared memory or over a port of its own, so
// that a busy page delays no sound.

import { createDecoder, type DecoderKind } from './decoders';
import { PACKET_SAMPLES, SAMPLE_RATE, type AudioFrame } from './protocol';
import type { PcmChunk, PcmSource } from './worklet/messages';
import { RingWriter } from './worklet/pcm_ring';

export type DecoderRequest = { type: 'sink'; sink: PcmSource } | { type: 'frame'; frame: AudioFrame; speed: number } | { type: 'reset' };
export type DecoderReport = { type: 'ready'; kind: DecoderKind } | { type: 'failed'; reason: string };

interface Stamp {
  epoch: number;
  playAtUs: number;
  positionSamples: number;
  heard: boolean;
}

/** A packet of stereo silence. */
const SILENCE = Uint8Array.of(0xfc, 0xff, 0xfe);
const PACKET_US = (PACKET_SAMPLES * 1e6) / SAMPLE_RATE;

let write: ((chunk: PcmChunk) => void) | null = null;
/** What a frame has to be to follow the last one without a gap. */
let next: { epoch: number; playAtUs: number } | null = null;

const report = (message: DecoderReport): void => {
  self.postMessage(message);
};

function deliver({ heard, epoch, playAtUs, positionSamples }: Stamp, left: Float32Array<ArrayBuffer>, right: Float32Array<ArrayBuffer>): void {
  if (heard) write?.({ type: 'pcm', epoch, playAtUs, positionSamples, left, right });
}

/** Shared memory where there is any; a full ring loses what comes last, as a listener does who hears nothing anyway. */
function writerTo(sink: PcmSource): (chunk: PcmChunk) => void {
  if (sink instanceof MessagePort) {
    return (chunk) => {
      sink.postMessage(chunk, [chunk.left.buffer, chunk.right.buffer] as Transferable[]);
    };
  }
  const ring = new RingWriter(sink);
  return (chunk) => {
    ring.write(chunk);
  };
}

const created = createDecoder<Stamp>(deliver, (reason) => {
  report({ type: 'failed', reason });
});
created.then(
  ({ kind, decoder }) => {
    // Sets up what is slow the first time.
    for (let i = 0; i < 5; i += 1) decoder.decode(SILENCE, i * PACKET_US, { epoch: 0, playAtUs: i * PACKET_US, positionSamples: 0, heard: false }, i === 0);
    report({ type: 'ready', kind });
  },
  (error: unknown) => {
    report({ type: 'failed', reason: String(error) });
  },
);

async function decode(frame: AudioFrame, speed: number): Promise<void> {
  const { decoder } = await created;
  const follows = frame.preRoll === 0 && next?.epoch === frame.epoch && Math.abs(next.playAtUs - frame.playAtUs) < 1000;
  for (const [index, packet] of frame.packets.entries()) {
    const positionSamples = frame.positionSamples + index * PACKET_SAMPLES * speed;
    const playAtUs = frame.playAtUs + index * PACKET_US;
    decoder.decode(packet, playAtUs, { epoch: frame.epoch, playAtUs, positionSamples, heard: index >= frame.preRoll }, index === 0 && !follows);
  }
  next = { epoch: frame.epoch, playAtUs: frame.playAtUs + frame.packets.length * PACKET_US };
}

self.onmessage = (event: MessageEvent<DecoderRequest>) => {
  const request = event.data;
  switch (request.type) {
    case 'sink':
      write = writerTo(request.sink);
      break;
    case 'frame':
      decode(request.frame, request.speed).catch(() => undefined); // `created` has reported it
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
