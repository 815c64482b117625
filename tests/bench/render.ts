// Measures how long the audio thread works on a block of 128 samples, in Node: while sound simply plays, beside holes, where one track follows another without
// a gap, and while a jump is cross-faded. Prints the median, the 99th percentile and the longest time of each; a block is due every 2,667 µs.

import { nowMs, print, quantile } from '../fixtures/measure';
import { Renderer } from '../../web/src/player/worklet/renderer';
import type { PcmChunk } from '../../web/src/player/worklet/messages';

const BLOCK = 128;
const PACKET = 960;
const PACKET_US = 20_000;
const SECONDS = 120;
const samples = Float32Array.from({ length: PACKET }, (_, i) => Math.sin(i / 7));

interface Case {
  name: string;
  /** Whether the packet of that number is there. */
  has?: (packet: number) => boolean;
  /** Seconds between one track and the next. */
  trackS?: number;
  /** The server time of context time 0, in microseconds. */
  mappingUs?: (contextS: number) => number;
}

const CASES: Case[] = [
  { name: 'plain' },
  { name: 'holes', has: (packet) => packet % 10 !== 7 },
  { name: 'seams', trackS: 1 },
  { name: 'jumps', mappingUs: (s) => (Math.floor(s) % 2) * 40_000 },
];

function blocksOf({ has = () => true, trackS = SECONDS, mappingUs = () => 3 }: Case): number[] {
  const renderer = new Renderer(48_000);
  const [left, right] = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
  const gateOf = (epoch: number) => ({ epoch, running: true, atUs: epoch * trackS * 1e6, gain: 1 });
  const times: number[] = [];
  let added = 0;
  for (let at = 0; at < SECONDS * 48_000; at += BLOCK) {
    const second = at / 48_000;
    const track = Math.floor(second / trackS);
    if (renderer.queue.gate.epoch !== track) renderer.queue.setGate(gateOf(track), gateOf(track + 1));
    // Ten seconds are there ahead, as the server sends them.
    for (; added * PACKET_US < (second + 10) * 1e6; added += 1) {
      const chunk: PcmChunk = { type: 'pcm', epoch: Math.floor((added * PACKET_US) / (trackS * 1e6)), playAtUs: added * PACKET_US, positionSamples: added * PACKET, left: samples, right: samples };
      if (has(added)) renderer.queue.add(chunk);
    }
    renderer.serverAtContextZeroUs = mappingUs(second);
    const from = nowMs();
    renderer.render(left, right, second);
    times.push((nowMs() - from) * 1000);
  }
  return times;
}

for (const each of CASES) {
  blocksOf(each); // compiled by now
  const times = blocksOf(each);
  print({ bench: 'render', what: each.name, blocks: times.length, medianUs: quantile(times, 0.5), p99Us: quantile(times, 0.99), mostUs: Math.max(...times) });
}
