import { useState, type ReactNode, type SubmitEvent } from 'react';
import { AccountCorner } from '../account/AccountCorner';
import { useAccount } from '../account/context';
import { useStrings } from '../i18n';
import type { Command } from '../player/protocol';
import type { RoomState } from '../player/room_state';
import type { Membership } from '../player/snapshot';
import { Dialog } from '../ui/Dialog';
import { Appearance } from '../ui/Appearance';
import { may, PRESET_NAMES, presetOf } from './permissions';

interface Props {
  room: RoomState;
  membership: Membership;
  serverNowUs: () => number;
  onCommand: (command: Command) => Promise<boolean>;
  onClose: () => void;
}

const SLEEPS = [15, 30, 60, 120];

export default function SettingsDialog({ room, membership, serverNowUs, onCommand, onClose }: Props) {
  const strings = useStrings();
  const me = membership.member.id;
  const host = may(room, me, 'host');
  const preset = presetOf(room.rights);
  const minutesLeft = room.sleepAtUs === null ? 0 : Math.max(1, Math.round((room.sleepAtUs - serverNowUs()) / 60e6));
  return (
    <Dialog title={strings.settings.title} onClose={onClose}>
      <section aria-label={strings.settings.roomTitle}>
        <h2 className="small">{strings.settings.roomTitle}</h2>
        {!host && <p className="muted">{strings.settings.onlyHost}</p>}
        {host && (
          <>
            <TextSetting label={strings.settings.name} value={room.name} maxLength={60} button={strings.settings.save} onSave={(name) => onCommand({ op: 'name', name })} />
            <label className="field">
              <span>{strings.settings.who}</span>
              <select value={preset ?? ''} onChange={(event) => { const chosen = PRESET_NAMES.find((each) => each === event.target.value); if (chosen) void onCommand({ op: 'rights', preset: chosen }); }}>
                {!preset && <option value="">–</option>}
                {PRESET_NAMES.map((each) => (
                  <option key={each} value={each}>
                    {strings.settings.presets[each]}
                  </option>
                ))}
              </select>
            </label>
            {preset && <p className="muted">{strings.settings.presetHints[preset]}</p>}
            <label className="check">
              <input type="checkbox" checked={room.locked} onChange={(event) => void onCommand({ op: 'lock', on: event.target.checked })} />
              {strings.settings.locked}
            </label>
            <TextSetting label={strings.settings.password} type="password" value="" maxLength={128} button={strings.settings.setPassword} onSave={(password) => onCommand({ op: 'password', password })}>
              {room.hasPassword && (
                <p className="row middle">
                  <span className="muted">{strings.settings.passwordSet}</span>
                  <button type="button" className="quiet" onClick={() => void onCommand({ op: 'password', password: '' })}>
                    {strings.settings.removePassword}
                  </button>
                </p>
              )}
            </TextSetting>
            <Lifetime kept={room.kept} onCommand={onCommand} />
          </>
        )}
        {may(room, me, 'control') && (
          <label className="field">
            <span>{strings.settings.sleep}</span>
            <select value={minutesLeft} onChange={(event) => void onCommand({ op: 'sleep', minutes: Number(event.target.value) })}>
              <option value={0}>{strings.settings.sleepOff}</option>
              {[...new Set([...SLEEPS, ...(minutesLeft ? [minutesLeft] : [])])].sort((a, b) => a - b).map((minutes) => (
                <option key={minutes} value={minutes}>
                  {strings.settings.sleepIn(minutes)}
                </option>
              ))}
            </select>
          </label>
        )}
      </section>
      <Appearance />
      <AccountCorner />
      <Programs membership={membership} />
    </Dialog>
  );
}

/** How long the room lives. Only an account keeps one: somebody has to be there to close it again. */
function Lifetime({ kept, onCommand }: { kept: boolean; onCommand: Props['onCommand'] }) {
  const strings = useStrings();
  const { account } = useAccount();
  return (
    <>
      <label className="check">
        <input type="checkbox" checked={kept} disabled={!kept && !account} onChange={(event) => void onCommand({ op: 'keep', on: event.target.checked })} />
        {strings.settings.keep}
      </label>
      <p className="muted">{account || kept ? strings.settings.keepHint : strings.settings.keepNeedsAccount}</p>
      <details>
        <summary>{strings.settings.close}</summary>
        <p className="muted">{strings.settings.closeHint}</p>
        <button type="button" className="danger" onClick={() => void onCommand({ op: 'close' })}>
          {strings.settings.closeNow}
        </button>
      </details>
    </>
  );
}

interface TextSettingProps {
  label: string;
  type?: 'text' | 'password';
  value: string;
  maxLength: number;
  button: string;
  onSave: (text: string) => Promise<boolean>;
  children?: ReactNode;
}

function TextSetting({ label, type = 'text', value, maxLength, button, onSave, children }: TextSettingProps) {
  const strings = useStrings();
  const [text, setText] = useState(value);
  const [saved, setSaved] = useState(false);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    void onSave(text).then((taken) => {
      setSaved(taken);
      if (taken && type === 'password') setText('');
    });
  };
  return (
    <form onSubmit={onSubmit}>
      <div className="join-row">
        <label className="field">
          <span>{label}</span>
          <input type={type} dir="auto" value={text} maxLength={maxLength} autoComplete={type === 'password' ? 'new-password' : 'off'} onChange={(event) => { setText(event.target.value); setSaved(false); }} />
        </label>
        <button type="submit" disabled={text === value && !saved}>
          {button}
        </button>
      </div>
      <p role="status" className="muted">{saved ? strings.settings.saved : ''}</p>
      {children}
    </form>
  );
}

/** A command that works as it stands here. */
function Programs({ membership: { code, token } }: { membership: Membership }) {
  const strings = useStrings();
  const [shown, setShown] = useState(false);
  const commandWith = (key: string) => `curl ${location.origin}/api/rooms/${code}/commands \\\n  -H 'Authorization: Bearer ${key}' \\\n  -d '{"op":"add","link":"musicspace:demo"}'`;
  return (
    <details className="programs">
      <summary>{strings.settings.programs}</summary>
      <p className="muted">{strings.settings.programsText}</p>
      <pre tabIndex={0}>{commandWith(shown ? token : '•'.repeat(12))}</pre>
      <div className="row">
        <button type="button" aria-pressed={shown} onClick={() => { setShown(!shown); }}>
          {strings.settings.showToken}
        </button>
        <button type="button" onClick={() => void navigator.clipboard.writeText(commandWith(token))} disabled={!window.isSecureContext}>
          {strings.settings.copyCommand}
        </button>
      </div>
    </details>
  );
}
