// A pipeline over a source of ten hours, from its start to its end as fast as it goes: its memory after each hour, and the disk its spool took.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { partOf } from '../fixtures/byte_range';
import { print } from '../fixtures/measure';

const HOURS = 10;
const PROBE = fileURLToPath(new URL('../../build/release/tests/transcode_probe', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'musicspace-bench-'));
// One minute, over and over.
execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anoisesrc=color=pink:seed=9:amplitude=0.5:duration=60', '-ac', '2', '-c:a', 'libmp3lame', '-b:a', '128k', '-write_xing', '0', '-id3v2_version', '0', join(dir, 'minute.mp3')]);
const minute = readFileSync(join(dir, 'minute.mp3'));
const size = minute.length * HOURS * 60;

function* part(from: number, to: number): Generator<Buffer> {
  for (let at = from; at < to; ) {
    const start = at % minute.length;
    const piece = minute.subarray(start, Math.min(minute.length, start + to - at));
    yield piece;
    at += piece.length;
  }
}

let pulled = 0;
const site = createServer((request, response) => {
  const { from, to, status, headers } = partOf(request, size);
  response.writeHead(status, headers);
  const body = Readable.from(part(from, to));
  body.on('data', (piece: Buffer) => (pulled += piece.length));
  body.pipe(response);
  response.once('close', () => body.destroy());
});
await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
const { stdout } = await promisify(execFile)(PROBE, ['long', `http://127.0.0.1:${String((site.address() as AddressInfo).port)}/long.mp3`]);
const { hours, mostSpooledMb, spoolLimitMb } = JSON.parse(stdout) as { hours: number[]; mostSpooledMb: number; spoolLimitMb: number };
print({ bench: 'long', hours: HOURS, fileMb: size / 2 ** 20, firstHourMb: hours[0] ?? NaN, lastHourMb: hours[HOURS - 1] ?? NaN, mostMb: Math.max(...hours), mostSpooledMb, spoolLimitMb, pulledOfFile: pulled / size });
site.close();
rmSync(dir, { recursive: true });
