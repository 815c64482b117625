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
let decoder: AudioDecoder | null = null;
let expected: Expected[] = [];
/** What a frame has to be for the decoder to go on: it then follows the last one without a gap. */
let next: { epoch: number; playAtUs: number } | null = null;

const report = (message: DecoderReport): void => {
  self.postMessage(message);
};

function deliver(data: AudioData): void {
  // A decoder may swallow a packet it cannot use; the output's time stamp tells which one this is.
  while (expected[0] && expected[0].playAtUs < data.timestamp - PACKET_US / 2) expected.shift();
  const stamp = expected.shift();
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

function freshDecoder(): AudioDecoder {
  if (decoder && decoder.state !== 'closed') decoder.close();
  expected = [];
  const fresh = new AudioDecoder({
    output: deliver,
    error: (error) => {
      report({ type: 'failed', reason: error.message });
      decoder = null;
    },
  });
  fresh.configure({ codec: 'opus', sampleRate: SAMPLE_RATE, numberOfChannels: 2 });
  return fresh;
}

function decode(frame: AudioFrame, speed: number): void {
  const follows =
    frame.preRoll === 0 && decoder?.state === 'configured' && next?.epoch === frame.epoch && Math.abs(next.playAtUs - frame.playAtUs) < 1000;
  if (!follows || !decoder) decoder = freshDecoder();
  frame.packets.forEach((packet, index) => {
    const positionSamples = frame.positionSamples + index * PACKET_SAMPLES * speed;
    const playAtUs = frame.playAtUs + index * PACKET_US;
    expected.push({ epoch: frame.epoch, playAtUs, positionSamples, heard: index >= frame.preRoll });
    decoder?.decode(new EncodedAudioChunk({ type: 'key', timestamp: playAtUs, duration: PACKET_US, data: packet }));
  });
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
