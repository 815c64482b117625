// Lists of tracks as files: M3U (https://datatracker.ietf.org/doc/html/rfc8216 has its extended form) and JSON. Pure.

import type { ListedTrack } from '../player/protocol';

const MOST = 500;
const isLink = (text: string): boolean => /^(https?:\/\/|library:|musicspace:)/.test(text);

export function toM3u(tracks: readonly ListedTrack[]): string {
  const lines = tracks.flatMap(({ link, title = '', artist = '', durationMs }) => {
    const name = [artist, title].filter(Boolean).join(' - ').replace(/[\r\n]/g, ' ');
    return [`#EXTINF:${String(durationMs ? Math.round(durationMs / 1000) : -1)},${name}`, link];
  });
  return ['#EXTM3U', ...lines, ''].join('\n');
}

export const toJson = (tracks: readonly ListedTrack[]): string => JSON.stringify({ tracks }, null, 2);

function fromM3u(text: string): ListedTrack[] {
  const tracks: ListedTrack[] = [];
  let name = '';
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    const info = /^#EXTINF:\s*(-?[\d.]+)[^,]*,(.*)$/.exec(line);
    if (info) name = info[2] ?? '';
    else if (isLink(line)) {
      tracks.push({ link: line, title: name.trim() });
      name = '';
    }
  }
  return tracks;
}

function fromJson(value: unknown): ListedTrack[] {
  const list: unknown = Array.isArray(value) ? value : typeof value === 'object' && value !== null ? (value as Record<string, unknown>).tracks : null;
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    const fields = (typeof each === 'object' && each !== null ? each : { link: each }) as Record<string, unknown>;
    const { link, title, artist, durationMs } = fields;
    if (typeof link !== 'string' || !isLink(link)) return [];
    return [{ link, title: typeof title === 'string' ? title : '', artist: typeof artist === 'string' ? artist : '', durationMs: typeof durationMs === 'number' ? durationMs : null }];
  });
}

/** The tracks in a file, 500 at most; none when it is no list of links. */
export function parseTrackList(text: string): ListedTrack[] {
  try {
    return fromJson(JSON.parse(text)).slice(0, MOST);
  } catch {
    return fromM3u(text).slice(0, MOST);
  }
}
