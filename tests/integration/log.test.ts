// The log: a line each, nothing secret in it, and nobody waits for whoever reads it.

import { expect, test } from 'vitest';
import { Client, createRoom } from '../fixtures/client';
import type { MediaServer } from '../fixtures/media_server';
import type { TestServer } from '../fixtures/server';
import { withServerAndMedia } from '../fixtures/server_and_media';
import { until } from '../fixtures/until';

let server: TestServer;
let media: MediaServer;
withServerAndMedia((started) => {
  ({ server, media } = started);
});

test("what a site's page or yt-dlp says is a line, without the keys of addresses", async () => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  expect(await ada.command({ op: 'play', link: `${media.base}/html/x?key=SECRET` })).not.toBeNull();
  const line = await until('the line', () => server.log.split('\n').find((each) => each.includes('yt-dlp refused a link')));
  expect(line).toContain(`${media.base}/html/x?...`);
  expect(line).toMatch(/\\n$/);
  expect(server.log).not.toContain('SECRET');
  for (const each of server.log.trimEnd().split('\n')) expect(each).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} \w+ /);
  ada.close();
});

test('a client that sends nonsense is not logged each time', async () => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  for (let i = 0; i < 40; ++i) ada.send('{"type":"nonsense"}');
  await until('all answers', () => ada.errors.length === 40);
  await server.logs("a client's message is refused");
  expect(server.log.split("a client's message is refused").length - 1).toBe(1);
  ada.close();
});

test('the music plays on while nobody reads the log, and the server ends in time', async () => {
  const ada = await Client.join(server.base, await createRoom(server.base));
  await ada.command({ op: 'play', link: 'musicspace:demo' });
  await ada.status('playing');
  server.ignoreLog();
  // 400 bytes each: more than pipes and sockets hold.
  for (let batch = 0; batch < 60; ++batch) {
    const all = Array.from({ length: 50 }, () => new Client(server.base));
    await Promise.all(all.map((client) => client.opened()));
    for (const client of all) client.send({ type: 'command', id: 1, op: 'nonsense' });
    await Promise.all(all.map((client) => until('the close', () => client.closed)));
  }
  const before = ada.frames.length;
  ada.askTime();
  await until('an answer', () => ada.times.length > 0, 1_000);
  await until('more frames', () => ada.frames.length > before + 3, 5_000);
  expect(await ada.command({ op: 'volume', volume: 0.5 })).toBeNull();
  const begun = performance.now();
  await server.stopServer();
  expect(performance.now() - begun).toBeLessThan(5_000);
}, 60_000);
