// The bit rate this device wants, remembered.

import { onDevice } from '../kept';
import { TIER_WISHES, type TierWish } from '../player/protocol';

const KEY = 'musicspace.quality';

export const rememberedQuality = (): TierWish => TIER_WISHES.find((each) => String(each) === onDevice.get(KEY)) ?? 'auto';

export function rememberQuality(wish: TierWish): void {
  onDevice.set(KEY, String(wish));
}
