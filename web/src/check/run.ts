// The check itself: a room of its own in which the demo track plays through everything that music goes through, while the player's figures are read.

import { hasOwnDecoder, missingForSound, missingWords, rendersOnAudioThread, sharesMemory } from '../player/features';
import { Player } from '../player/player';
import { DEMO_LINK, type Problem } from '../player/protocol';
import type { Membership } from '../player/snapshot';
import { Sound } from '../player/sound';
import { createRoomForOnce, RequestFailed } from '../room/membership';
import { rememberedVolume } from '../room/volume';
import type { Measured, Sample } from './findings';

const EVERY_MS = 100;
/** The output is known by then, and a hole or jump has had time to show itself. */
const SOUND_MS = 12_000;
/** A slow line has brought its first packets by then. */
const PATIENCE_MS = 20_000;
const CLOSING_MS = 2_000;
const LEAST_LEVEL = 0.0005;
/** Whoever has muted rooms presses the button to hear something. */
const LEAST_VOLUME = 0.2;

/** `silent`: why no sound is possible here. */
export type Outcome = { measured: Measured } | { problem: Problem } | { silent: string };

const offers = (name: string): boolean => typeof AudioContext !== 'undefined' && name in AudioContext.prototype;

/** Which of the features that shape the sound's way this browser has. */
export function featuresHere(): Record<string, boolean | string> {
  return {
    browser: navigator.userAgent, secure: window.isSecureContext, isolated: self.crossOriginIsolated, 'shared memory': sharesMemory(), 'audio thread': rendersOnAudioThread(), 'own decoder': hasOwnDecoder(),
    'output timestamps': offers('getOutputTimestamp'), 'output latency': offers('outputLatency'), 'output can be chosen': offers('setSinkId'),
  };
}

/** Call it from a tap or key press. `onProgress`: from 0 to 1. `accountReady`: whoever is signed in is known then. Ends early, with what it has, once `signal` is aborted. */
export async function runCheck(onProgress: (part: number) => void, accountReady: Promise<unknown>, signal: AbortSignal): Promise<Outcome> {
  const missing = [missingForSound(), typeof WebSocket === 'undefined' ? 'WebSocket' : null].find(Boolean);
  if (missing) return { silent: missingWords(missing) };
  let membership: Membership;
  // Begun in the press itself: later, browsers do not let it out.
  const sound = new Sound();
  void sound.output.resume();
  try {
    await accountReady;
    membership = await createRoomForOnce('Check');
  } catch (error) {
    sound.close();
    if (error instanceof RequestFailed) return { problem: error.problem };
    throw error;
  }
  const player = new Player(membership, Math.max(LEAST_VOLUME, rememberedVolume()), 'auto', sound);
  try {
    return await listen(player, onProgress, signal);
  } finally {
    // In vain where the server is away; then the room goes by itself.
    await Promise.race([player.command({ op: 'close' }), new Promise((done) => setTimeout(done, CLOSING_MS))]);
    player.close();
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
    if (silentReason) return { silent: silentReason };
    const stats = player.stats();
    if (stats.level > LEAST_LEVEL) firstMs ??= atMs;
    if (firstMs !== null) samples.push({ ...stats, atMs, latencyMs: player.outputLatencyMs() });
    const isOver = firstMs === null ? atMs - startedMs > PATIENCE_MS : atMs - firstMs > SOUND_MS;
    onProgress(firstMs === null ? 0 : Math.min(1, (atMs - firstMs) / SOUND_MS));
    if (isOver || signal.aborted) break;
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
  return { measured: { firstSoundMs: firstMs === null ? null : firstMs - startedMs, samples, output: player.outputFacts(), isSecure: window.isSecureContext } };
}
