import { useState, type SubmitEvent } from 'react';
import type { Membership } from '../player/snapshot';
import type { Problem } from '../player/protocol';
import { createRoom, joinRoom, rememberedName, RequestFailed } from '../room/membership';
import { HostNote } from './HostNote';
import { ErrorNote } from '../ui/ErrorNote';
import { Logo } from '../ui/Logo';

interface Props {
  /** The room whose address was opened, if one was. */
  invitedTo: string | null;
  onJoined: (membership: Membership) => void;
}

export function Home({ invitedTo, onJoined }: Props) {
  const [name, setName] = useState(rememberedName);
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState<'create' | 'join' | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  const run = async (which: 'create' | 'join', request: () => Promise<Membership>) => {
    setBusy(which);
    setProblem(null);
    try {
      onJoined(await request());
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      setProblem(error.problem);
      setBusy(null);
    }
  };

  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    const target = invitedTo ?? code.trim();
    void (target ? run('join', () => joinRoom(target, name)) : run('create', () => createRoom(name)));
  };

  const nameField = (
    <label className="field">
      <span>Your name</span>
      <input value={name} onChange={(e) => { setName(e.target.value); }} autoComplete="nickname" placeholder="What friends call you" autoFocus />
    </label>
  );

  return (
    <main className="home">
      <Logo />
      <h1>{invitedTo ? 'You are invited' : 'Hear the same sound at the same instant'}</h1>
      <p className="lead">
        {invitedTo ? (
          <>
            Join room <strong className="code">{invitedTo}</strong> and listen along.
          </>
        ) : (
          'Open a room, share its code, paste a link. Everybody listens together.'
        )}
      </p>
      <HostNote />
      <form className="card" onSubmit={onSubmit} noValidate>
        {nameField}
        {problem && <ErrorNote problem={problem} />}
        {invitedTo ? (
          <button type="submit" className="primary" disabled={busy !== null}>
            {busy ? 'Joining…' : 'Join room'}
          </button>
        ) : (
          <>
            <button type="button" className="primary" disabled={busy !== null} onClick={() => void run('create', () => createRoom(name))}>
              {busy === 'create' ? 'Creating…' : 'Create room'}
            </button>
            <div className="or" aria-hidden="true">
              or
            </div>
            <div className="join-row">
              <label className="field">
                <span>Room code</span>
                <input
                  value={code}
                  onChange={(e) => { setCode(e.target.value.toUpperCase()); }}
                  className="code"
                  placeholder="ABC23"
                  autoComplete="off"
                  autoCapitalize="characters"
                  spellCheck={false}
                />
              </label>
              <button type="button" disabled={busy !== null || !code.trim()} onClick={() => void run('join', () => joinRoom(code, name))}>
                {busy === 'join' ? 'Joining…' : 'Join room'}
              </button>
            </div>
          </>
        )}
      </form>
      {invitedTo && (
        <p>
          <a href="/">Create a room of your own instead</a>
        </p>
      )}
    </main>
  );
}
