// The audio thread must hardly allocate: a garbage collection there is a hole in the sound.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { PcmChunk } from '../src/player/worklet/messages';
import { Renderer } from '../src/player/worklet/renderer';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const BLOCK = 128;
const PACKET = 960;
const PACKET_US = 20_000;
const SECONDS = 60;

/** Packets of a minute: each tenth is missing, and a track follows another without a gap each ten seconds. */
function packets(): PcmChunk[] {
  const samples = new Float32Array(PACKET).fill(0.5);
  return Array.from({ length: SECONDS * 50 }, (_, i) => i).filter((i) => i % 10 !== 7).map((i) => ({
    type: 'pcm', epoch: Math.floor(i / 500), playAtUs: i * PACKET_US, positionSamples: i * PACKET, left: samples, right: samples,
  }));
}

/** Renders a minute; returns how many bytes that has left on the heap. Messages, which may allocate, come before each ten seconds. */
function rendered(): number {
  const renderer = new Renderer(48_000);
  const [left, right] = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
  const all = packets();
  renderer.serverAtContextZeroUs = 3;
  const gateOf = (epoch: number) => ({ epoch, running: true, atUs: epoch * 500 * PACKET_US, gain: 1 });
  let bytes = 0;
  for (let part = 0; part < SECONDS / 10; part += 1) {
    renderer.queue.setGate(gateOf(part), gateOf(part + 1));
    for (const packet of all) if (packet.epoch === part || (packet.epoch === part + 1 && packet.playAtUs < (part + 1) * 10e6 + 1e6)) renderer.queue.add(packet);
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let block = 0; block < (10 * 48_000) / BLOCK; block += 1) renderer.render(left, right, part * 10 + (block * BLOCK) / 48_000);
    bytes += process.memoryUsage().heapUsed - before;
  }
  expect(renderer.report(SECONDS).underruns).toBeGreaterThan(100);
  return bytes;
}

test('rendering allocates nothing for a sample, through holes and from track to track', () => {
  // The first minutes are interpreted, and compiled.
  for (let i = 0; i < 3; i += 1) rendered();
  const blocks = (SECONDS * 48_000) / BLOCK;
  // Some numbers that pass from function to function for each block; one for each sample would be 2048.
  expect(rendered() / blocks).toBeLessThan(512);
}, 60_000);
