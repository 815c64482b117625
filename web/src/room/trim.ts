// The trim of this device, remembered by its browser.

import { onDevice } from '../kept';

const KEY = 'musicspace.trimMs';

export function rememberedTrim(): number {
  const ms = Number(onDevice.get(KEY) ?? '0');
  return Number.isFinite(ms) ? Math.max(-500, Math.min(500, Math.round(ms))) : 0;
}

export function rememberTrim(ms: number): void {
  onDevice.set(KEY, String(ms));
}
