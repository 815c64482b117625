import { useState, type SubmitEvent } from 'react';
import { useAbout } from '../about';
import { useStrings } from '../i18n';
import type { Problem } from '../player/protocol';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { useToast } from '../ui/Toasts';
import { useAccount } from './context';

const SHORTEST = 8;

/** Signing in or up; or, for who is signed in, everything about the account. */
export default function AccountDialog({ onClose }: { onClose: () => void }) {
  const strings = useStrings();
  const { account } = useAccount();
  return (
    <Dialog title={strings.account.title} onClose={onClose}>
      {account ? <Signed name={account.name} /> : <SignIn onClose={onClose} />}
    </Dialog>
  );
}

function SignIn({ onClose }: { onClose: () => void }) {
  const strings = useStrings();
  const { store } = useAccount();
  const about = useAbout();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (request: Promise<Problem | null>) => {
    setBusy(true);
    const result = await request;
    setBusy(false);
    setProblem(result);
    if (!result) onClose();
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    void run(store.signIn(name, password));
  };
  return (
    <form className="account" onSubmit={onSubmit}>
      <p className="muted">{strings.account.what}</p>
      <label className="field">
        <span>{strings.account.name}</span>
        <input dir="auto" value={name} onChange={(event) => { setName(event.target.value); }} autoComplete="username" required maxLength={40} />
      </label>
      <PasswordField label={strings.account.password} value={password} onChange={setPassword} complete="current-password" />
      {problem && <ErrorNote problem={problem} />}
      <div className="row">
        <button type="submit" className="primary" disabled={busy}>
          {strings.account.signIn}
        </button>
        {about?.registration !== false && (
          <button type="button" disabled={busy || !name} onClick={() => void run(store.create(name, password))}>
            {strings.account.create}
          </button>
        )}
      </div>
      {about?.registration === false && <p className="muted">{strings.account.byOperator}</p>}
    </form>
  );
}

function PasswordField({ label, value, onChange, complete }: { label: string; value: string; onChange: (text: string) => void; complete: string }) {
  const strings = useStrings();
  return (
    <label className="field">
      <span>{label}</span>
      <input type="password" value={value} onChange={(event) => { onChange(event.target.value); }} autoComplete={complete} placeholder={strings.account.atLeast(SHORTEST)} maxLength={128} required />
    </label>
  );
}

function Signed({ name }: { name: string }) {
  const strings = useStrings();
  const toast = useToast();
  const { store } = useAccount();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [password, setPassword] = useState('');
  const [next, setNext] = useState('');
  const run = (request: Promise<Problem | null>, done: string) =>
    void request.then((result) => {
      setProblem(result);
      if (result) return;
      setPassword('');
      setNext('');
      toast({ text: done });
    });
  return (
    <>
      <p>
        {strings.account.signedIn} <strong><bdi>{name}</bdi></strong>
      </p>
      {problem && <ErrorNote problem={problem} />}
      <div className="row">
        <button type="button" onClick={() => { run(store.signOut(false), strings.account.signedOut); }}>
          {strings.account.signOut}
        </button>
        <button type="button" onClick={() => { run(store.signOut(true), strings.account.signedOut); }}>
          {strings.account.signOutEverywhere}
        </button>
      </div>
      <details>
        <summary>{strings.account.changePassword}</summary>
        <form className="account" onSubmit={(event) => { event.preventDefault(); run(store.changePassword(password, next), strings.account.changed); }}>
          <input type="text" hidden readOnly value={name} autoComplete="username" />
          <PasswordField label={strings.account.password} value={password} onChange={setPassword} complete="current-password" />
          <PasswordField label={strings.account.newPassword} value={next} onChange={setNext} complete="new-password" />
          <button type="submit">{strings.account.changePassword}</button>
        </form>
      </details>
      <details>
        <summary>{strings.account.remove}</summary>
        <form className="account" onSubmit={(event) => { event.preventDefault(); run(store.remove(password), strings.account.removed); }}>
          <p className="muted">{strings.account.removeHint}</p>
          <input type="text" hidden readOnly value={name} autoComplete="username" />
          <PasswordField label={strings.account.password} value={password} onChange={setPassword} complete="current-password" />
          <button type="submit" className="danger">{strings.account.remove}</button>
        </form>
      </details>
    </>
  );
}
