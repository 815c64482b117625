// The server's own library, over HTTP.

import type { Membership } from '../player/snapshot';
import { parseProblem, type Problem } from '../player/protocol';

export interface LibraryListing {
  folder: string;
  folders: string[];
  files: { path: string; link: string }[];
  /** There are more than are listed. */
  more: boolean;
}

const strings = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []);

function parseListing(value: unknown): LibraryListing {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const files = Array.isArray(fields.files) ? (fields.files as unknown[]) : [];
  return {
    folder: typeof fields.folder === 'string' ? fields.folder : '',
    folders: strings(fields.folders),
    files: files.flatMap((each) => {
      const { path, link } = (typeof each === 'object' && each !== null ? each : {}) as Record<string, unknown>;
      return typeof path === 'string' && typeof link === 'string' ? [{ path, link }] : [];
    }),
    more: fields.more === true,
  };
}

/** What lies in `folder`, or what `words` find anywhere. */
export async function browseLibrary({ code, token }: Membership, folder: string, words: string, signal: AbortSignal): Promise<LibraryListing | Problem> {
  const query = new URLSearchParams(words ? { q: words } : { folder });
  const response = await fetch(`/api/rooms/${code}/library?${query.toString()}`, { headers: { Authorization: `Bearer ${token}` }, signal });
  const body: unknown = await response.json();
  return response.ok ? parseListing(body) : parseProblem(body);
}
