// Listeners on narrow lines, each in a network namespace of its own behind a token bucket. `lowband [MINUTES]`: how long the 32 kbit/s one
// listens. Bytes are counted where they enter the line, all headers from IP on included.

import { hears, launchBehind, stats } from '../fixtures/browser';
import { Speakers } from '../fixtures/speakers';
import { Client, createRoom } from '../fixtures/client';
import { MediaServer } from '../fixtures/media_server';
import { nowMs, print } from '../fixtures/measure';
import { NarrowLine } from '../fixtures/narrow_line';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';
import { Crowd, type CrowdReport } from './load/crowd';

/** As the page does on a weak line. */
const ASK_SECONDS = 2;
/** After which a line is known. */
const SETTLE_SECONDS = 25;
const BROWSER_SECONDS = 90;
/** A page of 120 kB takes half a minute. */
const PATIENCE_MS = 120_000;

const minutes = Number(process.argv.slice(2).find((each) => each !== '--') ?? 10);
const [server, media] = await Promise.all([TestServer.start('--address', '::'), MediaServer.start()]);
media.addLong('long.mp3', 3600);
const host = await Client.join(server.base, await createRoom(server.base));
const problem = await host.command({ op: 'play', link: `${media.base}/ranges/long.mp3` });
if (problem) throw new Error(problem.detail);
const code = host.state?.code ?? '';

const shown = (report: CrowdReport): Record<string, string | number> => ({
  holesMs: report.holesMs, late: report.late, gaps: report.gaps, closed: report.closed, aheadLeastMs: report.aheadLeastMs ?? NaN, tiers: report.tiers.join('/'), texts: report.texts, timeAnswers: report.timeAnswers,
});

async function on(kbps: number, run: (line: NarrowLine, crowd: Crowd) => Promise<void>): Promise<void> {
  const line = new NarrowLine(kbps);
  const crowd = new Crowd(server.port, [code], { host: line.host, askSeconds: ASK_SECONDS, within: line.within });
  try {
    const joined = await crowd.join(1, 1);
    print({ bench: 'lowband', line: `${String(kbps)} kbit/s`, part: 'join', firstFrameMs: joined.firstFrameMedianMs ?? NaN });
    print({ bench: 'lowband', line: `${String(kbps)} kbit/s`, part: `the first ${String(SETTLE_SECONDS)} s`, ...shown(await crowd.watch(SETTLE_SECONDS)) });
    await run(line, crowd);
  } finally {
    await crowd.end();
    line.remove();
  }
}

async function watch(line: NarrowLine, crowd: Crowd, name: string, part: string, seconds: number): Promise<void> {
  const before = line.downBytes();
  const report = await crowd.watch(seconds);
  print({ bench: 'lowband', line: name, part, seconds, kbps: ((line.downBytes() - before) * 8) / 1000 / seconds, ...shown(report) });
}

await on(32, (line, crowd) => watch(line, crowd, '32 kbit/s', 'then', minutes * 60));
await on(64, async (line, crowd) => {
  const name = '64, 20, 64 kbit/s';
  await watch(line, crowd, name, '64', 30);
  line.kbps = 20;
  await watch(line, crowd, name, '20', 20);
  line.kbps = 64;
  await watch(line, crowd, name, '64', 60);
});

/** The page itself, with an empty cache, on a line of so many kbit/s: from opening the invitation on. */
async function page(kbps: number): Promise<void> {
  const line = new NarrowLine(kbps);
  const speakers = await Speakers.start();
  const base = `http://${line.host}:${String(server.port)}`;
  const browser = await launchBehind(line, base, speakers);
  const name = `${String(kbps)} kbit/s, a browser`;
  try {
    const tab = await browser.newPage();
    tab.setDefaultTimeout(PATIENCE_MS);
    const opened = nowMs();
    await tab.goto(`${base}/r/${code}`);
    await tab.getByRole('textbox', { name: 'Your name' }).fill('Nell');
    const shown = nowMs();
    await tab.getByRole('button', { name: 'Join room' }).click();
    await tab.getByRole('list', { name: 'Listeners' }).getByText('Nell').waitFor();
    await hears(tab, PATIENCE_MS);
    const heard = nowMs();
    print({ bench: 'lowband', line: name, part: 'join', shownS: (shown - opened) / 1000, soundAfterClickS: (heard - shown) / 1000, tierKbps: (await stats(tab)).tier ?? NaN });
    for (const [part, seconds] of [[`the first ${String(SETTLE_SECONDS)} s`, SETTLE_SECONDS], ['then', BROWSER_SECONDS]] as const) {
      const before = await stats(tab);
      const bytes = line.downBytes();
      const after = await until(`${String(seconds)} s more of the track`, async () => {
        const now = await stats(tab);
        return now.positionMs >= before.positionMs + seconds * 1000 && now;
      }, seconds * 1000 + PATIENCE_MS);
      print({ bench: 'lowband', line: name, part, seconds, kbps: ((line.downBytes() - bytes) * 8) / (after.atMs - before.atMs), holes: after.underruns - before.underruns, jumps: after.resyncs - before.resyncs, syncErrorMs: after.syncErrorMs ?? NaN, tierKbps: after.tier ?? NaN });
    }
  } finally {
    await browser.close();
    speakers.stop();
    line.remove();
  }
}

await page(32);
await page(64);
host.close();
await server.stop();
media.stop();
process.exit(0);
