import { useState, type SubmitEvent } from 'react';
import { useStrings } from '../i18n';
import { useAbout } from '../about';
import { AccountCorner } from '../account/AccountCorner';
import { useAccount } from '../account/context';
import { Appearance } from '../ui/Appearance';
import type { Membership } from '../player/snapshot';
import type { Problem } from '../player/protocol';
import { createRoom, joinRoom, rememberedCreateKey, rememberedName, RequestFailed } from '../room/membership';
import { HostNote } from './HostNote';
import { ErrorNote } from '../ui/ErrorNote';
import { Logo } from '../ui/Logo';

interface Props {
  /** The room whose address was opened, if one was. */
  invitedTo: string | null;
  onJoined: (membership: Membership) => void;
}

export function Home({ invitedTo, onJoined }: Props) {
  const strings = useStrings();
  const [password, setPassword] = useState<string | null>(null);
  const [name, setName] = useState(rememberedName);
  const [code, setCode] = useState('');
  const [createKey, setCreateKey] = useState(rememberedCreateKey);
  const about = useAbout();
  const { account, store } = useAccount();
  const needsAccount = about?.create === 'accounts' && !account;
  const [busy, setBusy] = useState<'create' | 'join' | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);

  const run = async (which: 'create' | 'join', request: () => Promise<Membership>) => {
    setBusy(which);
    setProblem(null);
    try {
      await store.ready();
      onJoined(await request());
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      // Asked for where one is needed, and only then.
      if (error.problem.code === 'password-needed' && password === null) setPassword('');
      else setProblem(error.problem);
      setBusy(null);
    }
  };

  const create = () => createRoom(name, about?.create === 'key' ? createKey : '');

  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    const target = invitedTo ?? code.trim();
    void (target ? run('join', () => joinRoom(target, name, password ?? '')) : run('create', create));
  };

  const nameField = (
    <label className="field">
      <span>{strings.home.name}</span>
      <input dir="auto" value={name} onChange={(e) => { setName(e.target.value); }} autoComplete="nickname" placeholder={strings.home.namePlaceholder} autoFocus />
    </label>
  );

  return (
    <main className="home">
      <Logo />
      <h1>{invitedTo ? strings.home.invited : strings.home.headline}</h1>
      <p className="lead">
        {invitedTo ? strings.home.leadInvited(invitedTo) : strings.home.lead}
      </p>
      <HostNote />
      <form className="card" onSubmit={onSubmit} noValidate>
        {nameField}
        {password !== null && (
          <label className="field">
            <span>{strings.home.password}</span>
            <input type="password" value={password} onChange={(e) => { setPassword(e.target.value); }} autoComplete="off" autoFocus />
          </label>
        )}
        {problem && <ErrorNote problem={problem} />}
        {invitedTo ? (
          <button type="submit" className="primary" disabled={busy !== null}>
            {busy ? strings.home.joining : strings.home.join}
          </button>
        ) : (
          <>
            {about?.create === 'key' && (
              <label className="field">
                <span>{strings.home.createKey}</span>
                <input type="password" value={createKey} onChange={(e) => { setCreateKey(e.target.value); }} autoComplete="off" />
              </label>
            )}
            {about?.create === 'key' && <p className="muted">{strings.home.createKeyHint}</p>}
            {needsAccount && <p className="muted">{strings.home.createNeedsAccount}</p>}
            <button type="button" className="primary" disabled={busy !== null || needsAccount} onClick={() => void run('create', create)}>
              {busy === 'create' ? strings.home.creating : strings.home.create}
            </button>
            <div className="or" aria-hidden="true">
              {strings.home.or}
            </div>
            <div className="join-row">
              <label className="field">
                <span>{strings.home.code}</span>
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
              <button type="button" disabled={busy !== null || !code.trim()} onClick={() => void run('join', () => joinRoom(code, name, password ?? ''))}>
                {busy === 'join' ? strings.home.joining : strings.home.join}
              </button>
            </div>
          </>
        )}
      </form>
      {invitedTo && (
        <p>
          <a href="/">{strings.home.own}</a>
        </p>
      )}
      <AccountCorner withRooms={!invitedTo} />
      <p>
        <a href="/check">{strings.check.link}</a>
      </p>
      <Appearance />
    </main>
  );
}
