// What this browser can do. Each feature is looked for by itself: that one of two which usually come together is missing is nothing rare.

/** Whether the page may share memory with its audio thread. WebKit's pages may be isolated and have no SharedArrayBuffer all the same. */
export function sharesMemory(): boolean {
  try {
    return self.crossOriginIsolated && typeof Atomics !== 'undefined' && new SharedArrayBuffer(8).byteLength === 8;
  } catch {
    return false;
  }
}

/** Whether sound can be rendered on an audio thread. Browsers have none on pages without https. */
export const rendersOnAudioThread = (): boolean => typeof AudioWorkletNode !== 'undefined' && 'audioWorklet' in AudioContext.prototype;

/** Whether the browser lends its own Opus decoder to pages. */
export const hasOwnDecoder = (): boolean => typeof AudioDecoder !== 'undefined' && typeof EncodedAudioChunk !== 'undefined';

/** For people: what they can do about a feature that is missing. */
export const missingWords = (missing: string): string => `This browser cannot play the sound: it lacks ${missing}. A current Chrome, Edge, Firefox or Safari can.`;

/** What sound cannot do without and this browser lacks: the name of the first such feature, or null. */
export function missingForSound(): string | null {
  const needed: [name: string, isThere: boolean][] = [
    ['Web Audio', typeof AudioContext !== 'undefined' && typeof AudioBufferSourceNode !== 'undefined' && typeof GainNode !== 'undefined'],
    ['WebAssembly', hasOwnDecoder() || typeof WebAssembly !== 'undefined'],
    ['MessageChannel', typeof MessageChannel !== 'undefined' || (rendersOnAudioThread() && sharesMemory())],
  ];
  return needed.find(([, isThere]) => !isThere)?.[0] ?? null;
}
