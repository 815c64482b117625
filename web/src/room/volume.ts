// This listener's own volume, from 0 to 1, remembered on the device.

import { onDevice } from '../kept';

const KEY = 'musicspace.volume';
const within = (volume: number): number => Math.min(1, Math.max(0, volume || 0));

export const rememberedVolume = (): number => within(Number(onDevice.get(KEY) ?? '1'));

/** Returns what is remembered: the volume to a hundredth. */
export function rememberVolume(volume: number): number {
  const kept = within(Math.round(volume * 100) / 100);
  onDevice.set(KEY, String(kept));
  return kept;
}
