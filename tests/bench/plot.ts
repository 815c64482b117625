// Lines of JSON from `fanout` on stdin -> docs/fanout.svg: what a listener costs against how many there are, both axes logarithmic.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Row {
  peer: string;
  listeners: number;
  rooms?: number;
  usPerListenerSecond?: number;
  usOfAllThreads?: number;
}

/** Others share the work among threads; ours is the I/O thread's, the transcoding beside it costs the same for one as for all. */
const SHOWN: readonly { peer: string; colour: string; value: (row: Row) => number | undefined }[] = [
  { peer: 'music-space, io_uring', colour: '#7c3aed', value: (row) => row.usPerListenerSecond },
  { peer: 'floor, send', colour: '#6b7280', value: (row) => row.usPerListenerSecond },
  { peer: 'floor, io_uring', colour: '#b0b5bd', value: (row) => row.usPerListenerSecond },
  { peer: 'bun, 1 message/s', colour: '#f59e0b', value: (row) => row.usOfAllThreads },
  { peer: 'bun, 10 messages/s', colour: '#d97706', value: (row) => row.usOfAllThreads },
  { peer: 'ws, 10 messages/s', colour: '#0d9488', value: (row) => row.usOfAllThreads },
  { peer: 'icecast', colour: '#dc2626', value: (row) => row.usOfAllThreads },
];
const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 60;
const RIGHT = 190;
const TOP = 20;
const BOTTOM = 46;
const LEAST_US = 5;
const MOST_US = 500;
const COUNTS = [100, 1000, 5000, 10_000];

const rows = readFileSync(0, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Row);
const x = (listeners: number): number => LEFT + (Math.log(listeners / 100) / Math.log(100)) * (WIDTH - LEFT - RIGHT);
const y = (us: number): number => HEIGHT - BOTTOM - (Math.log(us / LEAST_US) / Math.log(MOST_US / LEAST_US)) * (HEIGHT - TOP - BOTTOM);
const mean = (values: number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

const parts: string[] = [];
for (const us of [5, 10, 20, 50, 100, 200, 500]) {
  parts.push(`<line x1="${String(LEFT)}" x2="${String(WIDTH - RIGHT)}" y1="${y(us).toFixed(1)}" y2="${y(us).toFixed(1)}" stroke="#8884"/><text x="${String(LEFT - 8)}" y="${(y(us) + 4).toFixed(1)}" text-anchor="end">${String(us)}</text>`);
}
for (const count of COUNTS) parts.push(`<text x="${x(count).toFixed(1)}" y="${String(HEIGHT - BOTTOM + 20)}" text-anchor="middle">${count.toLocaleString('en')}</text>`);
let labelAt = -Infinity;
const series = SHOWN.map(({ peer, colour, value }) => {
  const points = COUNTS.map((count) => ({ count, values: rows.filter((row) => row.peer === peer && row.listeners === count && row.rooms === 1).map(value).filter((each) => each !== undefined) }))
    .filter(({ values }) => values.length > 0)
    .map(({ count, values }) => ({ count, us: mean(values) }));
  return { peer, colour, points };
}).filter(({ points }) => points.length > 0);
for (const { peer, colour, points } of series.sort((a, b) => (b.points.at(-1)?.us ?? 0) - (a.points.at(-1)?.us ?? 0))) {
  const last = points.at(-1) ?? { count: 100, us: LEAST_US };
  labelAt = Math.max(labelAt + 16, y(last.us) + 4);
  parts.push(
    `<polyline fill="none" stroke="${colour}" stroke-width="2.5" points="${points.map(({ count, us }) => `${x(count).toFixed(1)},${y(us).toFixed(1)}`).join(' ')}"/>`,
    ...points.map(({ count, us }) => `<circle cx="${x(count).toFixed(1)}" cy="${y(us).toFixed(1)}" r="3.5" fill="${colour}"/>`),
    `<text x="${(x(last.count) + 10).toFixed(1)}" y="${labelAt.toFixed(1)}" fill="${colour}">${peer}: ${last.us.toFixed(last.us < 100 ? 1 : 0)}</text>`,
  );
}
writeFileSync(
  fileURLToPath(new URL('../../docs/fanout.svg', import.meta.url)),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" font-family="system-ui, sans-serif" font-size="12" fill="#6b7280">
<text x="${String(LEFT)}" y="12">Processor time for each listener, in microseconds a second, against listeners in one room</text>
${parts.join('\n')}
</svg>
`,
);
process.stdout.write('{"plot":"docs/fanout.svg"}\n');
