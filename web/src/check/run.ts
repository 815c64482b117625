// The check itself: a room of its own in which the demo track plays through everything that music goes through, while the player's figures are read.

import { missingForSound, hasOwnDecoder, rendersOnAudioThread, sharesMemory } from '../player/features';
import { Player } from '../player/player';
import type { Problem } from '../player/protocol';
import { Sound } from '../player/sound';
import { createRoomForOnce, RequestFailed } from '../room/membership';
import { rememberedVolume } from '../room/volume';
import type { Measured, Sample } from './findings';

const DEMO_LINK = 'musicspace:demo';
const EVERY_MS = 100;
/** The output is known by then, and a hole or jump has had time to show itself. */
const SOUND_MS = 12_000;
/** A slow line has brought its first packets by then. */
const PATIENCE_MS = 20_000;
const CLOSING_MS = 2_000;
const LEAST_LEVEL = 0.0005;

export type Outcome = { measured: Measured } | { problem: Problem };

const NO_SOUND: Problem = { code: 'no-sound', title: 'No sound is possible here', detail: '' };

/** Which of the features that shape the sound's way this browser has, and how exact its clock is. */
export function featuresHere(): Record<string, boolean | string> {
  return {
    browser: navigator.userAgent, secure: window.isSecureContext, isolated: self.crossOriginIsolated, 'shared memory': sharesMemory(), 'audio thread': rendersOnAudioThread(), 'own decoder': hasOwnDecoder(),
    'output timestamps': typeof AudioContext !== 'undefined' && 'getOutputTimestamp' in AudioContext.prototype, 'output latency': typeof AudioContext !== 'undefined' && 'outputLatency' in AudioContext.prototype,
    'output can be chosen': typeof AudioContext !== 'undefined' && 'setSinkId' in AudioContext.prototype,
  };
}

/** Call it from a tap or key press. `onProgress`: from 0 to 1. Ends early, with what it has, once `signal` is aborted. */
export async function runCheck(onProgress: (part: number) => void, signal: AbortSignal): Promise<Outcome> {
  const missing = missingForSound();
  if (missing) return { problem: { ...NO_SOUND, detail: `This browser lacks ${missing}. A current Chrome, Edge, Firefox or Safari has it.` } };
  const sound = new Sound();
  void sound.output.resume();
  let player: Player | null = null;
  try {
    const membership = await createRoomForOnce('Check');
    player = new Player(membership, rememberedVolume(), 'auto', sound);
    return await listen(player, onProgress, signal);
  } catch (error) {
    if (error instanceof RequestFailed) return { problem: error.problem };
    throw error;
  } finally {
    if (player) {
      // In vain where the server is away; then the room goes by itself.
      await Promise.race([player.command({ op: 'close' }), new Promise((done) => setTimeout(done, CLOSING_MS))]);
      player.close();
    } else {
      sound.close();
    }
  }
}

async function listen(player: Player, onProgress: (part: number) => void, signal: AbortSignal): Promise<Outcome> {
  const startedMs = performance.now();
  const refused = await player.command({ op: 'play', link: DEMO_LINK });
  if (refused) return { problem: refused };
  const samples: Sample[] = [];
  let firstMs: number | null = null;
  for (;;) {
    const atMs = performance.now();
    const { silentReason, ended } = player.snapshot();
    if (ended) return { problem: ended };
    if (silentReason) return { problem: { ...NO_SOUND, detail: silentReason } };
    const stats = player.stats();
    if (stats.level > LEAST_LEVEL) firstMs ??= atMs;
    if (firstMs !== null) samples.push({ ...stats, atMs });
    const isOver = firstMs === null ? atMs - startedMs > PATIENCE_MS : atMs - firstMs > SOUND_MS;
    onProgress(firstMs === null ? 0 : Math.min(1, (atMs - firstMs) / SOUND_MS));
    if (isOver || signal.aborted) break;
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
  return { measured: { firstSoundMs: firstMs === null ? null : firstMs - startedMs, samples, output: player.outputFacts(), isSecure: window.isSecureContext } };
}
