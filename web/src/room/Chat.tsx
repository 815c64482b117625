import { Send } from 'lucide-react';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { useStrings } from '../i18n';
import { REACTIONS, type Command } from '../player/protocol';
import type { ChatLine, RoomState } from '../player/room_state';
import type { PlayerSnapshot } from '../player/snapshot';

interface Props {
  lines: readonly ChatLine[];
  listeners: RoomState['listeners'];
  me: string;
  onCommand: (command: Command) => Promise<boolean>;
}

const LONGEST = 500;
/** Of the log: then one reads what is older, and new lines leave it where it is. */
const AT_END_PX = 40;

export function Chat({ lines, listeners, me, onCommand }: Props) {
  const strings = useStrings();
  const [text, setText] = useState('');
  const log = useRef<HTMLDivElement>(null);
  const followed = useRef(true);
  const lastTop = useRef(0);
  const notices = useComings(listeners, me);
  const entries = [...lines.map((line) => ({ ...line, notice: '' })), ...notices].sort((a, b) => a.atMs - b.atMs);

  useEffect(() => {
    if (followed.current) log.current?.scrollTo({ top: log.current.scrollHeight });
  }, [entries.length]);

  // A line that is followed stays in sight when the log becomes smaller or larger.
  useEffect(() => {
    const element = log.current;
    if (!element || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => {
      if (followed.current) element.scrollTo({ top: element.scrollHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, []);

  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    void onCommand({ op: 'chat', text }).then((taken) => {
      if (taken) setText((current) => (current === text ? '' : current));
    });
  };
  return (
    <section className="card chat" aria-labelledby="chat-title">
      <h2 id="chat-title">{strings.chat.title}</h2>
      <div
        ref={log}
        className="log"
        role="log"
        tabIndex={0}
        aria-label={strings.chat.log}
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          // Only who scrolls up stops following; a log that has become smaller scrolls too.
          if (scrollHeight - scrollTop - clientHeight < AT_END_PX) followed.current = true;
          else if (scrollTop < lastTop.current) followed.current = false;
          lastTop.current = scrollTop;
        }}
      >
        {lines.length === 0 && <p className="muted">{strings.chat.empty}</p>}
        {entries.map((entry) =>
          entry.notice ? (
            <p key={`${entry.notice}${String(entry.atMs)}`} className="muted coming">
              <bdi>{entry.notice}</bdi>
            </p>
          ) : (
            <p key={`${entry.member}${String(entry.atMs)}${entry.text}`} data-mine={entry.member === me}>
              <strong>
                <bdi>{entry.name}</bdi>
              </strong>{' '}
              <time className="muted" dateTime={new Date(entry.atMs).toISOString()}>
                {new Date(entry.atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
              </time>
              <bdi className="said">{entry.text}</bdi>
            </p>
          ),
        )}
      </div>
      <div className="reactions" role="group" aria-label={strings.chat.reactions}>
        {REACTIONS.map((reaction) => (
          <button key={reaction} type="button" className="icon" aria-label={strings.chat.react(reaction)} onClick={() => void onCommand({ op: 'react', reaction })}>
            {reaction}
          </button>
        ))}
      </div>
      <form className="say" onSubmit={onSubmit}>
        <input id="chat-box" dir="auto" aria-label={strings.chat.label} placeholder={strings.chat.placeholder} maxLength={LONGEST} value={text} onChange={(event) => { setText(event.target.value); }} autoComplete="off" />
        <button type="submit" className="icon" aria-label={strings.chat.send}>
          <Send aria-hidden="true" />
        </button>
      </form>
    </section>
  );
}

const MOST_NOTICES = 20;
interface Notice extends ChatLine {
  notice: string;
}

/** Who has come and gone since this page is here. */
function useComings(listeners: RoomState['listeners'], me: string): Notice[] {
  const strings = useStrings();
  const [notices, setNotices] = useState<Notice[]>([]);
  const [known, setKnown] = useState<RoomState['listeners'] | null>(null);
  if (known !== listeners) {
    setKnown(listeners);
    if (known && known.length > 0) {
      const ids = (list: RoomState['listeners']) => new Set(list.map((each) => each.id));
      const [before, after] = [ids(known), ids(listeners)];
      const atMs = Date.now();
      const notice = (words: string): Notice => ({ member: '', name: '', text: '', atMs, notice: words });
      const come = listeners.filter((each) => !before.has(each.id) && each.id !== me).map((each) => notice(strings.people.joined(each.name)));
      const gone = known.filter((each) => !after.has(each.id) && each.id !== me).map((each) => notice(strings.people.left(each.name)));
      if (come.length + gone.length > 0) setNotices([...notices, ...come, ...gone].slice(-MOST_NOTICES));
    }
  }
  return notices;
}

const FLIGHT_MS = 3_000;

/** Reactions rise over the page and fade. */
export function FlyingReactions({ reactions }: { reactions: PlayerSnapshot['reactions'] }) {
  const [, setTick] = useState(0);
  const last = reactions.at(-1)?.at ?? 0;
  useEffect(() => {
    if (last === 0) return;
    const timer = setTimeout(() => {
      setTick((tick) => tick + 1);
    }, FLIGHT_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [last]);
  const now = performance.now();
  return (
    <div className="flying" aria-live="polite">
      {reactions
        .filter((each) => now - each.at < FLIGHT_MS)
        .map((each) => (
          <span key={each.at} style={{ insetInlineStart: `${String(10 + ((each.at * 7) % 80))}%` }}>
            {each.reaction}{' '}
            <small>
              <bdi>{each.name}</bdi>
            </small>
          </span>
        ))}
    </div>
  );
}
