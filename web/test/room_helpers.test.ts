import { describe, expect, test } from 'vitest';
import { parseServerMessage } from '../src/player/protocol';
import type { QueueItem, RoomState } from '../src/player/room_state';
import { may, presetOf } from '../src/room/permissions';
import { duplicates, inOrder, totalMs } from '../src/room/queue_order';
import { parseTrackList, toJson, toM3u } from '../src/room/track_lists';

function room(changes: object): RoomState {
  const message = parseServerMessage(JSON.stringify({ type: 'state', status: 'idle', timeline: {}, ...changes }));
  if (message?.type !== 'state') throw new Error('no state');
  return message;
}
const item = (id: string, votes = 0, link = id, durationMs: number | null = null): QueueItem => ({ id, link, title: '', artist: '', durationMs, requestedBy: '', member: '', listing: false, unplayable: '', votes, voters: [] });

describe('the queue as it is shown', () => {
  test('is in its own order, or by votes with the oldest first', () => {
    const queue = [item('4', 1), item('9', 2), item('11', 2), item('5', 0)];
    expect(inOrder({ ...room({}), queue }).map(({ id }) => id)).toEqual(['4', '9', '11', '5']);
    expect(inOrder({ ...room({ rights: { byVotes: true } }), queue }).map(({ id }) => id)).toEqual(['9', '11', '4', '5']);
  });

  test('points out what is there already, and how long it takes', () => {
    const items = [item('1', 0, 'a', 1000), item('2', 0, 'b'), { ...item('3', 0, 'a', 500), unplayable: 'Gone.' }];
    expect([...duplicates(items)]).toEqual(['3']);
    expect(totalMs(items)).toBe(1000);
  });
});

describe('rights', () => {
  const listeners = [{ id: '1', name: 'A', role: 'host' }, { id: '2', name: 'B', role: 'dj' }, { id: '3', name: 'C' }];
  test('are those of the least role', () => {
    const djs = room({ listeners, rights: { control: 'dj', add: 'listener', reorder: 'dj', skip: 'host', byVotes: false } });
    expect(['1', '2', '3', '4'].map((member) => may(djs, member, 'control'))).toEqual([true, true, false, false]);
    expect(['1', '2', '3', '4'].map((member) => may(djs, member, 'skip'))).toEqual([true, false, false, false]);
    expect(['1', '2', '3', '4'].map((member) => may(djs, member, 'host'))).toEqual([true, false, false, false]);
    expect(may(djs, '4', 'add')).toBe(true);
    expect(presetOf(djs.rights)).toBeNull();
  });
  test('have names where they are a preset', () => {
    expect(presetOf(room({}).rights)).toBe('everyone');
    expect(presetOf(room({ rights: { control: 'dj', add: 'listener', reorder: 'dj', skip: 'dj', byVotes: true } }).rights)).toBe('vote');
  });
});

describe('lists of tracks as files', () => {
  const tracks = [{ link: 'https://a.example/1', title: 'One,\ntwo', artist: 'Who', durationMs: 61_400 }, { link: 'library:b.mp3', title: '', artist: '', durationMs: null }];
  test('come back from M3U and from JSON', () => {
    expect(parseTrackList(toM3u(tracks))).toEqual([{ link: 'https://a.example/1', title: 'Who - One, two' }, { link: 'library:b.mp3', title: '' }]);
    expect(parseTrackList(toJson(tracks))).toEqual(tracks);
    expect(parseTrackList('["https://a.example/2"]')).toEqual([{ link: 'https://a.example/2', title: '', artist: '', durationMs: null }]);
  });
  test('hold nothing but links, and no more than a queue', () => {
    for (const text of ['', 'hello', '{}', '[3, null]', 'javascript:alert(1)', '#EXTM3U\n/etc/passwd', '{"tracks":[{"link":"file:///etc/passwd"}]}']) expect(parseTrackList(text)).toEqual([]);
    expect(parseTrackList('https://a.example/x\n'.repeat(900))).toHaveLength(500);
  });
});
