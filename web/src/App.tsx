import { useCallback, useEffect, useRef, useState } from 'react';
import { Home } from './home/Home';
import type { Membership } from './player/snapshot';
import { Sound } from './player/sound';
import { RoomPage } from './room/RoomPage';
import { forgetMembership, rememberedMembership } from './room/membership';

/** A device that runs for nobody costs power. */
const UNUSED_SOUND_MS = 60_000;

/** The room's code in the address, if there is one: /r/CODE. */
const codeInAddress = (): string | null => /^\/r\/([^/]+)$/.exec(location.pathname)?.[1]?.toUpperCase() ?? null;

export function App() {
  const [code, setCode] = useState(codeInAddress);
  const [membership, setMembership] = useState<Membership | null>(() => (code ? rememberedMembership(code) : null));

  useEffect(() => {
    const onPopState = () => {
      const next = codeInAddress();
      setCode(next);
      setMembership(next ? rememberedMembership(next) : null);
    };
    window.addEventListener('popstate', onPopState);
    return () => {
      window.removeEventListener('popstate', onPopState);
    };
  }, []);

  // Made at the first tap or key press, which browsers want before they let sound out: while a name is typed the device gets going.
  const sound = useRef<Sound | null>(null);
  const takeSound = useCallback(() => {
    const taken = sound.current;
    sound.current = null;
    return taken;
  }, []);
  useEffect(() => {
    if (membership || !Sound.supported()) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const prepare = () => {
      sound.current ??= new Sound();
      if (!sound.current.output.running) void sound.current.output.resume();
      clearTimeout(timer);
      timer = setTimeout(() => takeSound()?.close(), UNUSED_SOUND_MS);
    };
    document.addEventListener('pointerdown', prepare);
    document.addEventListener('keydown', prepare);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('pointerdown', prepare);
      document.removeEventListener('keydown', prepare);
    };
  }, [membership, takeSound]);

  const onJoined = useCallback((joined: Membership) => {
    if (codeInAddress() !== joined.code) history.pushState(null, '', `/r/${joined.code}`);
    setCode(joined.code);
    setMembership(joined);
  }, []);

  const onLeft = useCallback(() => {
    if (code) forgetMembership(code);
    history.pushState(null, '', '/');
    setCode(null);
    setMembership(null);
  }, [code]);

  return membership ? (
    <RoomPage key={membership.token} membership={membership} takeSound={takeSound} onLeft={onLeft} />
  ) : (
    <Home invitedTo={code} onJoined={onJoined} />
  );
}
