// The entries of all rows of docs/limits.md, by its sections.

import { accounts, rooms } from './rooms';
import { database } from './database';
import type { Entry } from './entry';
import { http, websocket } from './http';
import { media } from './media';
import { text } from './text';
import { ytdlp } from './ytdlp';

export const TABLE: Record<string, readonly Entry[]> = {
  HTTP: http,
  WebSocket: websocket,
  Media: media,
  Text: text,
  'yt-dlp': ytdlp,
  Rooms: rooms,
  Accounts: accounts,
  Database: database,
};
