import { useState, type SubmitEvent } from 'react';
import { shownLink } from './format';

interface Props {
  pending: { link: string; requestedBy: string } | null;
  /** True when the link plays. */
  onPlay: (link: string) => Promise<boolean>;
  /** True when it is in the queue. */
  onAdd: (link: string) => Promise<boolean>;
}

export function LinkForm({ pending, onPlay, onAdd }: Props) {
  const [link, setLink] = useState('');

  const give = (take: (link: string) => Promise<boolean>) => {
    const wanted = link;
    void take(wanted).then((taken) => {
      // What was refused stays there to be mended.
      if (taken) setLink((current) => (current === wanted ? '' : current));
    });
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    give(onPlay);
  };

  return (
    <form className="link-form card" onSubmit={onSubmit}>
      <div className="join-row">
        <input
          type="text"
          inputMode="url"
          aria-label="Paste a link or search"
          placeholder="Paste a link: YouTube, SoundCloud, an mp3…"
          value={link}
          onChange={(e) => {
            setLink(e.target.value);
          }}
          autoComplete="off"
          spellCheck={false}
        />
        <button type="submit" className="primary">
          Play now
        </button>
        <button
          type="button"
          onClick={() => {
            give(onAdd);
          }}
        >
          Add to queue
        </button>
      </div>
      <p className="pending" role="status">
        {pending && (
          <>
            <span className="spinner" aria-hidden="true" />
            Opening {pending.requestedBy ? `${pending.requestedBy}’s link` : 'the link'}… <span className="muted">{shortened(shownLink(pending.link))}</span>
          </>
        )}
      </p>
    </form>
  );
}

const shortened = (link: string): string => (link.length > 60 ? `${link.slice(0, 57)}…` : link);
