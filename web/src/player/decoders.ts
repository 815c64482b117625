// Opus packets -> PCM: by the browser's own decoder where it lends one to pages, else by libopus in WebAssembly.

import { hasOwnDecoder } from './features';
import { PACKET_SAMPLES, SAMPLE_RATE } from './protocol';
import type { Pcm } from './worklet/messages';

export type OnPcm<Stamp> = (stamp: Stamp, pcm: Pcm) => void;

export interface PacketDecoder<Stamp> {
  /** `fresh`: the packet does not follow the last one. `playAtUs` orders packets. */
  decode(packet: Uint8Array, playAtUs: number, stamp: Stamp, fresh: boolean): void;
}

export type DecoderKind = 'webcodecs' | 'wasm';

const PACKET_US = (PACKET_SAMPLES * 1e6) / SAMPLE_RATE;

export async function createDecoder<Stamp>(
  onPcm: OnPcm<Stamp>,
  onError: (reason: string) => void,
): Promise<{ kind: DecoderKind; decoder: PacketDecoder<Stamp> }> {
  if (hasOwnDecoder() && (await takesOpus())) {
    return { kind: 'webcodecs', decoder: new WebCodecsDecoder(onPcm, onError) };
  }
  const { OpusDecoder } = await import('opus-decoder');
  const opus = new OpusDecoder({ channels: 2, streamCount: 1, coupledStreamCount: 1, channelMappingTable: [0, 1], preSkip: 0 });
  await opus.ready;
  // A break needs no new one: the packets ahead of what is heard let it converge.
  const decoder: PacketDecoder<Stamp> = {
    decode(packet, _playAtUs, stamp) {
      const { channelData, samplesDecoded } = opus.decodeFrame(packet);
      const [left, right] = channelData;
      if (!left || !right || samplesDecoded === 0) return;
      onPcm(stamp, {
        samples: samplesDecoded,
        copyTo: (toLeft, toRight) => {
          toLeft.set(left);
          toRight.set(right);
        },
      });
    },
  };
  return { kind: 'wasm', decoder };
}

async function takesOpus(): Promise<boolean> {
  try {
    return (await AudioDecoder.isConfigSupported(CONFIG)).supported ?? false;
  } catch {
    return false;
  }
}

const CONFIG: AudioDecoderConfig = { codec: 'opus', sampleRate: SAMPLE_RATE, numberOfChannels: 2 };

/** A decoder is kept for as long as packets follow each other; each break starts a fresh one. */
class WebCodecsDecoder<Stamp> implements PacketDecoder<Stamp> {
  readonly #onPcm: OnPcm<Stamp>;
  readonly #onError: (reason: string) => void;
  #current: Decoding<Stamp> | null = null;

  constructor(onPcm: OnPcm<Stamp>, onError: (reason: string) => void) {
    this.#onPcm = onPcm;
    this.#onError = onError;
  }

  decode(packet: Uint8Array, playAtUs: number, stamp: Stamp, fresh: boolean): void {
    if (fresh || !this.#current?.usable) {
      void this.#current?.end();
      this.#current = new Decoding(this.#onPcm, this.#onError);
    }
    this.#current.decode(packet, playAtUs, stamp);
  }
}

/** One decoder and the packets that are in it. */
class Decoding<Stamp> {
  #expected: { playAtUs: number; stamp: Stamp }[] = [];
  readonly #onPcm: OnPcm<Stamp>;
  readonly #decoder: AudioDecoder;

  constructor(onPcm: OnPcm<Stamp>, onError: (reason: string) => void) {
    this.#onPcm = onPcm;
    this.#decoder = new AudioDecoder({
      output: (data) => {
        this.#deliver(data);
      },
      error: (error) => {
        onError(error.message);
      },
    });
    this.#decoder.configure(CONFIG);
  }

  get usable(): boolean {
    return this.#decoder.state === 'configured';
  }

  decode(packet: Uint8Array, playAtUs: number, stamp: Stamp): void {
    this.#expected.push({ playAtUs, stamp });
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: playAtUs, duration: PACKET_US, data: packet }));
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
    const expected = this.#expected.shift();
    if (expected) {
      this.#onPcm(expected.stamp, {
        samples: data.numberOfFrames,
        copyTo: (left, right) => {
          data.copyTo(left, { planeIndex: 0, format: 'f32-planar' });
          data.copyTo(right, { planeIndex: data.numberOfChannels > 1 ? 1 : 0, format: 'f32-planar' });
        },
      });
    }
    data.close();
  }
}
