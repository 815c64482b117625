// What the Sync panel shows when it is open. Loaded then.

import { useRef, useState } from 'react';
import { useStrings } from '../i18n';
import type { Player } from '../player/player';
import { TIER_WISHES } from '../player/protocol';
import type { SyncPoint } from '../player/sync_history';
import { ScreenLock } from '../player/system_controls';
import { tapsBehindMs } from '../player/worklet/metronome';
import { rememberedQuality, rememberQuality } from './quality';
import type { SyncProps } from './SyncPanel';
import { useTicks } from './ticks';
import { rememberedTrim, rememberTrim } from './trim';

export default function SyncDetails(props: SyncProps) {
  const strings = useStrings();
  const { player } = props;
  return (
    <>
      <Meter player={player} />
      <Quality player={player} />
      <Trim {...props} />
      {ScreenLock.supported() && <ScreenSwitch player={player} />}
      {!window.isSecureContext && <HttpsHint />}
      <p>
        <a href="/check" target="_blank" rel="noreferrer">
          {strings.check.link}
        </a>
      </p>
    </>
  );
}

const rounded = (value: number | null, digits = 0): string => (value === null ? '–' : value.toFixed(digits));

function Meter({ player }: { player: Player }) {
  useTicks(250);
  const { sync } = useStrings();
  const stats = player.stats();
  const rows: [string, string][] = [
    [sync.offBy, `${rounded(stats.syncErrorMs, 1)} ms`],
    [sync.roundTrip, `${rounded(stats.rttMs)} ms`],
    [sync.buffered, `${rounded(stats.bufferMs / 1000, 1)} s`],
    [sync.bitRate, `${rounded(stats.tier)} kbit/s`],
    [sync.holes, `${String(stats.underruns)}, ${String(stats.resyncs)}`],
    [sync.path, `${stats.decoder}, ${stats.output}`],
  ];
  return (
    <>
      <Sparkline player={player} />
      <dl className="figures">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const WIDTH = 240;
const HEIGHT = 40;
const MINUTE_MS = 60_000;
/** The line leaves the picture beyond this. */
const REACH_MS = 10;

function Sparkline({ player }: { player: Player }) {
  const { sync } = useStrings();
  const points = player.syncPoints();
  const last = points.at(-1)?.atMs ?? 0;
  const place = ({ atMs, errorMs }: SyncPoint): string => {
    const x = WIDTH - ((last - atMs) / MINUTE_MS) * WIDTH;
    const y = HEIGHT / 2 - (Math.max(-REACH_MS, Math.min(REACH_MS, errorMs ?? 0)) / REACH_MS) * (HEIGHT / 2 - 1);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  // A line for each stretch of sound.
  const stretches: string[][] = [[]];
  for (const point of points) {
    if (point.errorMs === null) stretches.push([]);
    else stretches.at(-1)?.push(place(point));
  }
  return (
    <svg className="sparkline" preserveAspectRatio="none" viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} role="img" aria-label={sync.curve}>
      <line x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
      {stretches.filter((each) => each.length > 1).map((each) => (
        <polyline key={each[0]} points={each.join(' ')} />
      ))}
    </svg>
  );
}

function Quality({ player }: { player: Player }) {
  const { sync } = useStrings();
  const [wish, setWish] = useState(rememberedQuality);
  return (
    <label className="quality">
      <span>{sync.quality}</span>
      <select
        value={wish}
        onChange={(event) => {
          const chosen = TIER_WISHES.find((each) => String(each) === event.target.value) ?? 'auto';
          setWish(chosen);
          rememberQuality(chosen);
          player.setTierWish(chosen);
        }}
      >
        {TIER_WISHES.map((each) => (
          <option key={each} value={each}>
            {each === 'auto' ? sync.auto : `${String(each)} kbit/s`}
          </option>
        ))}
      </select>
    </label>
  );
}

const MOST_TRIM_MS = 500;

function Trim({ player, metronome, mayClick, onCommand }: SyncProps) {
  const { sync } = useStrings();
  const [trimMs, setTrimMs] = useState(rememberedTrim);
  const change = (ms: number) => {
    const kept = Math.round(Math.max(-MOST_TRIM_MS, Math.min(MOST_TRIM_MS, ms)));
    setTrimMs(kept);
    rememberTrim(kept);
    player.setTrim(kept);
  };
  return (
    <>
      <label className="trim">
        <span>{sync.late}</span>
        <input
          type="range"
          aria-label={sync.lateLabel}
          min={-MOST_TRIM_MS}
          max={MOST_TRIM_MS}
          step={1}
          value={trimMs}
          onChange={(event) => {
            change(Number(event.target.value));
          }}
        />
        <output>{trimMs} ms</output>
      </label>
      <label className="check">
        <input type="checkbox" checked={metronome} disabled={!mayClick} onChange={(event) => void onCommand({ op: 'metronome', on: event.target.checked })} />
        {sync.click}
      </label>
      {metronome && <TapAlong player={player} trimMs={trimMs} onTrim={change} />}
    </>
  );
}

const MOST_TAPS = 12;

/** People tap a little early; as early to one speaker as to another, so that the difference is the speakers' own. */
function TapAlong({ player, trimMs, onTrim }: { player: Player; trimMs: number; onTrim: (ms: number) => void }) {
  const { sync } = useStrings();
  const [step, setStep] = useState<'other' | 'this'>('other');
  const [reference, setReference] = useState<number | null>(null);
  const [count, setCount] = useState(0);
  const taps = useRef<number[]>([]);
  const start = (next: 'other' | 'this') => {
    taps.current = [];
    setCount(0);
    setStep(next);
  };
  const behind = tapsBehindMs(taps.current);
  return (
    <div className="tap-along">
      <p className="muted">
        {step === 'other'
          ? sync.tapOther
          : sync.tapThis}
      </p>
      <button
        type="button"
        className="tap"
        onPointerDown={() => {
          taps.current = [...taps.current, player.serverNowUs()].slice(-MOST_TAPS);
          setCount(taps.current.length);
        }}
        onKeyDown={(event) => {
          if (event.repeat || (event.key !== ' ' && event.key !== 'Enter')) return;
          taps.current = [...taps.current, player.serverNowUs()].slice(-MOST_TAPS);
          setCount(taps.current.length);
        }}
      >
        {sync.tap}{count > 0 && ` (${String(count)})`}
      </button>
      <div className="row">
        {step === 'other' ? (
          <button
            type="button"
            disabled={behind === null}
            onClick={() => {
              setReference(behind);
              start('this');
            }}
          >
            {sync.next}
          </button>
        ) : (
          <button
            type="button"
            disabled={behind === null || reference === null}
            onClick={() => {
              if (behind !== null && reference !== null) onTrim(trimMs + behind - reference);
              start('other');
            }}
          >
            {sync.trim}
          </button>
        )}
        <button
          type="button"
          className="quiet"
          onClick={() => {
            start('other');
          }}
        >
          {sync.startOver}
        </button>
      </div>
    </div>
  );
}

function ScreenSwitch({ player }: { player: Player }) {
  const { sync } = useStrings();
  const [on, setOn] = useState(false);
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          setOn(event.target.checked);
          player.setScreenLock(event.target.checked);
        }}
      />
      {sync.screenOn}
    </label>
  );
}

function HttpsHint() {
  const { sync } = useStrings();
  return (
    <p className="muted">
      {sync.https} <code>caddy reverse-proxy --from music.example.org --to localhost:8080</code>.
    </p>
  );
}
