import { describeError, gradeOf } from './sync_words';

interface Props {
  listeners: { id: string; name: string }[] | null;
  /** Of all; fewer may be listed. */
  count: number;
  me: string;
  /** By how much each one's sound is off, in ms, as their devices tell. */
  errorsMs: ReadonlyMap<string, number>;
}

const letters = new Intl.Segmenter();

/** The first letter or emoji as a reader sees it, which may be many code points. */
const initial = (name: string): string => letters.segment(name)[Symbol.iterator]().next().value?.segment.toUpperCase() ?? '';

export function Listeners({ listeners, count, me, errorsMs }: Props) {
  return (
    <aside className="card">
      <h2 id="listeners-title">Listeners{listeners ? <span className="count">{count}</span> : null}</h2>
      <ul aria-label="Listeners" className="listeners">
        {listeners?.map((listener) => (
          <li key={listener.id}>
            <span className="avatar" aria-hidden="true" data-hue={Number(listener.id) % 6}>
              {initial(listener.name)}
            </span>
            <span className="name">{listener.name}</span>
            {listener.id === me && <span className="muted">you</span>}
            <SyncDot errorMs={errorsMs.get(listener.id)} />
          </li>
        ))}
      </ul>
      {listeners && count > listeners.length && <p className="muted">and {count - listeners.length} more</p>}
    </aside>
  );
}

function SyncDot({ errorMs }: { errorMs: number | undefined }) {
  if (errorMs === undefined) return null;
  const words = `${describeError(errorMs)} (${Math.abs(errorMs).toFixed(1)} ms)`;
  return <span className="dot" role="img" aria-label={words} title={words} data-grade={gradeOf(errorMs)} />;
}
