// What the browser knows of the line before anything has come over it. https://wicg.github.io/netinfo, https://wicg.github.io/savedata

export interface LineHints {
  saveData?: boolean;
  downlinkKbps?: number;
}

interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean;
  /** In Mbit/s, an estimate. */
  readonly downlink?: number;
}

export const networkInformation = (): NetworkInformation | undefined => (navigator as { connection?: NetworkInformation }).connection;

export function lineHints(): LineHints {
  const { saveData, downlink } = networkInformation() ?? {};
  return { ...(saveData ? { saveData } : {}), ...(typeof downlink === 'number' && downlink > 0 ? { downlinkKbps: Math.round(downlink * 1000) } : {}) };
}
