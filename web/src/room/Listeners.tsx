interface Props {
  listeners: { id: string; name: string }[] | null;
  me: string;
}

const letters = new Intl.Segmenter();

/** The first letter or emoji as a reader sees it, which may be many code points. */
const initial = (name: string): string => letters.segment(name)[Symbol.iterator]().next().value?.segment.toUpperCase() ?? '';

export function Listeners({ listeners, me }: Props) {
  return (
    <aside className="card">
      <h2 id="listeners-title">Listeners{listeners ? <span className="count">{listeners.length}</span> : null}</h2>
      <ul aria-label="Listeners" className="listeners">
        {listeners?.map((listener) => (
          <li key={listener.id}>
            <span className="avatar" aria-hidden="true" data-hue={Number(listener.id) % 6}>
              {initial(listener.name)}
            </span>
            <span className="name">{listener.name}</span>
            {listener.id === me && <span className="muted">you</span>}
          </li>
        ))}
      </ul>
    </aside>
  );
}
