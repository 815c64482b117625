// What the system around the page shows and does: the lock screen with its media keys, and whether the screen stays on.

import type { Command } from './protocol';
import type { RoomState } from './room_state';

/** Browsers give media keys to pages with a playing media element that lasts at least five seconds. */
const SILENCE_S = 10;
const PATIENCE_MS = 8_000;
const SILENCE_RATE = 8_000;

/** Silence as a WAV file. */
function silentFile(): Blob {
  const samples = SILENCE_S * SILENCE_RATE;
  const view = new DataView(new ArrayBuffer(44 + samples));
  const text = (at: number, letters: string): void => {
    for (let i = 0; i < letters.length; i += 1) view.setUint8(at + i, letters.charCodeAt(i));
  };
  text(0, 'RIFF');
  view.setUint32(4, 36 + samples, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, SILENCE_RATE, true);
  view.setUint32(28, SILENCE_RATE, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true); // bits, unsigned: 128 is silence
  text(36, 'data');
  view.setUint32(40, samples, true);
  new Uint8Array(view.buffer, 44).fill(128);
  return new Blob([view.buffer], { type: 'audio/wav' });
}

export class SystemControls {
  readonly #element: HTMLAudioElement | null = null;
  readonly #url: string | null = null;
  readonly #send: (command: Command) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted = false;

  constructor(send: (command: Command) => void) {
    this.#send = send;
    // Where it exists (iOS), this is what lets sound out though the ring switch is on silent.
    const { audioSession } = navigator as { audioSession?: { type: string } };
    if (audioSession) audioSession.type = 'playback';
    if (!('mediaSession' in navigator) || typeof MediaMetadata === 'undefined' || typeof Audio === 'undefined') return;
    this.#url = URL.createObjectURL(silentFile());
    this.#element = new Audio(this.#url);
    this.#element.loop = true;
    this.#handle('play', () => {
      this.#send({ op: 'resume' });
    });
    this.#handle('pause', () => {
      this.#send({ op: 'pause' });
    });
    this.#handle('nexttrack', () => {
      this.#send({ op: 'skip' });
    });
    this.#handle('seekto', ({ seekTime }) => {
      if (seekTime !== undefined) this.#send({ op: 'seek', positionMs: seekTime * 1000 });
    });
  }

  /** What is shown follows the room. `positionMs` is that of now. */
  show(room: RoomState, positionMs: number): void {
    if (!this.#element) return;
    const { mediaSession } = navigator;
    const { track, status } = room;
    mediaSession.playbackState = !track ? 'none' : status === 'paused' ? 'paused' : 'playing';
    mediaSession.metadata = track
      ? new MediaMetadata({ title: track.title, artist: track.artist, artwork: track.artworkUrl ? [{ src: new URL(track.artworkUrl, location.href).href }] : [] })
      : null;
    const duration = (track?.durationMs ?? 0) / 1000;
    if (duration > 0 && 'setPositionState' in mediaSession) mediaSession.setPositionState({ duration, playbackRate: room.timeline.speed, position: Math.min(Math.max(0, positionMs / 1000), duration) });
    this.#wanted = track !== null && status !== 'paused';
    if (!this.#wanted) this.#element.pause();
    // Not while the sound itself begins: a second stream that is set up then could hold it up.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // Browsers that want a tap first refuse; the next state after it comes soon enough.
      if (this.#wanted) this.#element?.play().catch(() => undefined);
    }, PATIENCE_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    if (!this.#element) return;
    this.#element.pause();
    this.#element.removeAttribute('src');
    if (this.#url) URL.revokeObjectURL(this.#url);
    for (const action of ['play', 'pause', 'nexttrack', 'seekto'] as const) this.#handle(action, null);
    navigator.mediaSession.metadata = null;
    navigator.mediaSession.playbackState = 'none';
  }

  /** A browser may not know an action. */
  #handle(action: MediaSessionAction, handler: MediaSessionActionHandler | null): void {
    try {
      navigator.mediaSession.setActionHandler(action, handler);
    } catch {
      return;
    }
  }
}

/** Keeps the screen on for as long as it is asked to; browsers let go of it whenever the page is hidden. */
export class ScreenLock {
  #lock: WakeLockSentinel | null = null;
  #wanted = false;

  constructor() {
    document.addEventListener('visibilitychange', this.#follow);
  }

  static supported(): boolean {
    return 'wakeLock' in navigator;
  }

  set(on: boolean): void {
    this.#wanted = on;
    this.#follow();
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#follow);
    this.set(false);
  }

  readonly #follow = (): void => {
    if (!this.#wanted) {
      void this.#lock?.release();
      this.#lock = null;
    } else if (document.visibilityState === 'visible' && (!this.#lock || this.#lock.released)) {
      navigator.wakeLock.request('screen').then(
        (lock) => {
          this.#lock = lock;
          if (!this.#wanted) void lock.release();
        },
        () => undefined, // low battery, say: the screen goes off as usual
      );
    }
  };
}
