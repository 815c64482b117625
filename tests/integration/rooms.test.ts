// Rooms, members and controls against the real server: who sees what, in which order, and what Postgres keeps.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, Client, createRoom, joinRoom } from '../fixtures/client';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

const DEMO = 'musicspace:demo';
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start('--unused-room-grace', '1');
});
afterAll(() => server.stop());

async function roomOfTwo() {
  const ada = await createRoom(server.base, 'Ada');
  const ben = await joinRoom(server.base, ada.code, 'Ben');
  return { code: ada.code, ada: await Client.join(server.base, ada), ben: await Client.join(server.base, ben), token: ada.token };
}

describe('health', () => {
  test('tells that it is up, ready, and its figures', async () => {
    expect((await fetch(`${server.base}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.base}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${server.base}/metrics`)).text()).toMatch(/^musicspace_rooms \d+$/m);
  });
});

describe('a room', () => {
  test('is found by its code in any case, and shows its state', async () => {
    const { code } = await createRoom(server.base);
    const answer = await call(server.base, 'GET', `/api/rooms/${code.toLowerCase()}`);
    expect(answer.body).toMatchObject({ code, status: 'idle', track: null });
  });

  test('lists who is there, live, and tells people of one name apart', async () => {
    const { ada, ben, code } = await roomOfTwo();
    await until('both are listed', () => ada.state?.listeners.length === 2);
    const other = await Client.join(server.base, await joinRoom(server.base, code, 'Ben'));
    await until('the second Ben', () => ada.state?.listeners.some((each) => each.name === 'Ben (2)'));
    ben.close();
    await until('Ben has left', () => ada.state?.listeners.length === 2);
    for (const client of [ada, other]) client.close();
  });

  test('is removed a while after the last one has left, also from Postgres', async () => {
    const { ada, ben, code } = await roomOfTwo();
    ada.close();
    ben.close();
    await until('the room is gone', async () => (await call(server.base, 'GET', `/api/rooms/${code}`)).status === 404);
    await until('its row is gone', () => server.sql(`SELECT count(*) FROM rooms WHERE code = '${code}'`) === '0');
  });
});

describe('the time', () => {
  test('is told before the hello too', async () => {
    const client = new Client(server.base);
    await client.opened();
    client.askTime();
    const answer = await until('an answer', () => client.times[0]);
    expect(answer.serverSentUs).toBeGreaterThanOrEqual(answer.serverReceivedUs);
    client.close();
  });
});

describe('how well devices keep time', () => {
  test('is told to everybody, and counted', async () => {
    const { ada, ben, code } = await roomOfTwo();
    ada.send({ type: 'sync', errorMs: -3.26, rttMs: 12, bufferMs: 2900 });
    const seen = await until('Ben to know', () => ben.syncs.at(-1));
    expect([...seen.values()]).toEqual([-3.3]);
    ada.send({ type: 'sync', errorMs: 'late' });
    await until('a complaint', () => ada.errors.some(({ problem }) => problem.detail.includes('errorMs')));
    expect(await (await fetch(`${server.base}/metrics`)).text()).toMatch(/^musicspace_sync_error_ms_bucket\{le="5"\} [1-9]/m);
    expect((await call(server.base, 'GET', `/api/rooms/${code}`)).status).toBe(200);
    for (const client of [ada, ben]) client.close();
  });

  test('can be heard: a click on every device, for as long as somebody wants it', async () => {
    const { ada, ben } = await roomOfTwo();
    expect(await ada.command({ op: 'metronome', on: true })).toBeNull();
    await until('it is on for Ben', () => ben.state?.metronome);
    expect(await ben.command({ op: 'metronome', on: false })).toBeNull();
    await until('it is off for Ada', () => ada.state?.metronome === false);
    expect((await ada.command({ op: 'metronome' }))?.code).toBe('bad-message');
    for (const client of [ada, ben]) client.close();
  });
});

describe('controls', () => {
  test('reach everybody as one state, slightly ahead of their time', async () => {
    const { ada, ben } = await roomOfTwo();
    expect(await ada.command({ op: 'play', link: DEMO })).toBeNull();
    const [seenByAda, seenByBen] = await Promise.all([ada.status('playing'), ben.status('playing')]);
    expect(seenByBen.timeline).toEqual(seenByAda.timeline);
    expect(await ben.command({ op: 'pause' })).toBeNull();
    expect((await ada.status('paused')).timeline).toEqual((await ben.status('paused')).timeline);
    for (const client of [ada, ben]) client.close();
  });

  test('pause keeps the sample, resume goes on from it in a new epoch', async () => {
    const { ada, ben } = await roomOfTwo();
    await ada.command({ op: 'play', link: DEMO });
    const playing = await ada.status('playing');
    await ada.command({ op: 'pause' });
    const paused = await ada.status('paused');
    const expected = Math.floor(((paused.timeline.atUs - playing.timeline.atUs) * 48) / 1000);
    expect(paused.timeline.positionSamples).toBe(Math.max(0, expected));
    await ada.command({ op: 'resume' });
    const resumed = await ada.status('playing');
    expect(resumed.timeline.positionSamples).toBe(paused.timeline.positionSamples);
    expect(resumed.epoch).toBe(paused.epoch + 1);
    for (const client of [ada, ben]) client.close();
  });

  test('work over REST as over the WebSocket', async () => {
    const { ada, ben, code, token } = await roomOfTwo();
    const path = `/api/rooms/${code}/commands`;
    expect((await call(server.base, 'POST', path, { op: 'play', link: DEMO }, token)).body).toMatchObject({ status: 'playing' });
    expect((await call(server.base, 'POST', path, { op: 'seek', positionMs: 30_000 }, token)).body).toMatchObject({ positionMs: 30_000 });
    await until('the seek reaches Ben', () => ben.state?.timeline.positionSamples === 1_440_000);
    expect((await call(server.base, 'POST', path, { op: 'stop' }, token)).body).toMatchObject({ status: 'idle', track: null });
    expect((await call(server.base, 'POST', path, { op: 'pause' }, token)).status).toBe(409);
    for (const client of [ada, ben]) client.close();
  });

  test('of two at once, the one that saw an old state is told so', async () => {
    const { ada, ben } = await roomOfTwo();
    await ada.command({ op: 'play', link: DEMO });
    const { epoch } = await ben.status('playing');
    const results = await Promise.all([
      ada.command({ op: 'seek', positionMs: 10_000, epoch }),
      ben.command({ op: 'seek', positionMs: 20_000, epoch }),
    ]);
    expect(results.filter((result) => result === null)).toHaveLength(1);
    expect(results.find((result) => result !== null)).toMatchObject({ code: 'stale-epoch' });
    for (const client of [ada, ben]) client.close();
  });

  test('are all stored, with their results', async () => {
    const { ada, ben, code } = await roomOfTwo();
    await ada.command({ op: 'pause' });
    await ada.command({ op: 'play', link: DEMO });
    await ben.command({ op: 'seek', positionMs: 5000 });
    const query = `SELECT m.name, op, arguments, result FROM room_events e JOIN members m ON m.id = member_id
      JOIN rooms r ON r.id = e.room_id WHERE code = '${code}' ORDER BY e.id`;
    const expected = [
      'Ada|pause|{}|nothing-playing',
      `Ada|play|{"link": "${DEMO}"}|ok`,
      'Ben|seek|{"positionMs": 5000}|ok',
    ].join('\n');
    await until('the events are stored', () => server.sql(query) === expected);
    expect(server.sql(`SELECT title FROM plays JOIN rooms r ON r.id = room_id WHERE code = '${code}'`)).toBe('Demo track');
    for (const client of [ada, ben]) client.close();
  });
});

describe('frames', () => {
  test('are the same bytes for all, contiguous, and arrive before they are due', async () => {
    const { ada, ben } = await roomOfTwo();
    await ada.command({ op: 'play', link: DEMO });
    await until('three seconds of frames', () => Math.min(ada.frames.length, ben.frames.length) >= 8);
    for (const [i, frame] of ada.frames.slice(0, 8).entries()) {
      expect(ben.frames[i]).toEqual(frame);
      const before = ada.frames[i - 1];
      if (before) {
        expect(frame.positionSamples).toBe(before.positionSamples + before.packets.length * 960);
        expect(frame.playAtUs).toBe(before.playAtUs + before.packets.length * 20_000);
      }
    }
    for (const client of [ada, ben]) client.close();
  });

  test('that a late joiner gets cover the present at once', async () => {
    const { ada, ben, code } = await roomOfTwo();
    await ada.command({ op: 'play', link: DEMO });
    const playing = await ada.status('playing');
    await until('a second has been played', async () => ((await call(server.base, 'GET', `/api/rooms/${code}`)).body.positionMs ?? 0) > 1000);
    const late = await Client.join(server.base, await joinRoom(server.base, code, 'Cem'));
    await until('frames for the late one', () => late.frames.length > 2);
    const first = late.frames[0];
    const sample = await call(server.base, 'GET', `/api/rooms/${code}`);
    const presentUs = playing.timeline.atUs + (sample.body.positionMs ?? 0) * 1000;
    expect(first?.playAtUs).toBeLessThan(presentUs);
    expect(late.frames.map((frame) => frame.epoch)).toEqual(late.frames.map(() => playing.epoch));
    for (const client of [ada, ben, late]) client.close();
  });

  test('on a weak line a time answer waits for what was sent before it, and for no longer', async () => {
    const joined = await createRoom(server.base);
    const weak = new Client(server.base);
    await weak.opened();
    weak.send({ type: 'hello', code: joined.code, token: joined.token, downlinkKbps: 30 });
    await until('the first state', () => weak.state);
    weak.askTime();
    await until('an answer while nothing plays', () => weak.times[0]);
    expect(await weak.command({ op: 'play', link: 'musicspace:demo' })).toBeNull();
    await until('frames', () => weak.frames.length > 3);
    expect(weak.frames[0]?.tier).toBe(0);
    for (let asked = 0; asked < 6; asked += 1) weak.askTime();
    await until('all answers', () => weak.times.length === 7);
    for (const { serverReceivedUs, serverSentUs } of weak.times) {
      expect(serverSentUs).toBeGreaterThanOrEqual(serverReceivedUs);
      expect(serverSentUs - serverReceivedUs).toBeLessThan(1_600_000);
    }
    weak.close();
  });

  test('time answers carry all four stamps in order', async () => {
    const { ada, ben } = await roomOfTwo();
    const before = performance.now() * 1000;
    ada.askTime();
    const answer = await until('a time answer', () => ada.times[0]);
    expect(answer.clientSentUs).toBeGreaterThanOrEqual(Math.floor(before));
    expect(answer.serverSentUs).toBeGreaterThanOrEqual(answer.serverReceivedUs);
    for (const client of [ada, ben]) client.close();
  });
});
