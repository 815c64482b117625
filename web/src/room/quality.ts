// The bit rate this device wants, remembered.

import { TIER_WISHES, type TierWish } from '../player/protocol';

const KEY = 'musicspace.quality';

export const rememberedQuality = (): TierWish => TIER_WISHES.find((each) => String(each) === localStorage.getItem(KEY)) ?? 'auto';

export function rememberQuality(wish: TierWish): void {
  localStorage.setItem(KEY, String(wish));
}
