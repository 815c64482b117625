import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { Home } from './home/Home';
import { AccountStore } from './account/account';
import { AccountProvider } from './account/context';
import { preferredLanguage, stringsOf, StringsProvider } from './i18n';
import { en, type Strings } from './i18n/en';
import { missingForSound } from './player/features';
import type { Membership } from './player/snapshot';
import { Sound } from './player/sound';
import { ToastProvider } from './ui/Toasts';
import { forgetMembership, rememberedMembership } from './room/membership';

const loadRoom = () => import('./room/RoomPage');
const RoomPage = lazy(loadRoom);
const CheckPage = lazy(() => import('./check/CheckPage'));

const account = new AccountStore();
void account.start();

/** A device that runs for nobody costs power. */
const UNUSED_SOUND_MS = 60_000;

/** A page of its own beside rooms. */
const isCheck = location.pathname === '/check';

/** The room's code in the address, if there is one: /r/CODE. */
const codeInAddress = (): string | null => /^\/r\/([^/]+)$/.exec(location.pathname)?.[1]?.toUpperCase() ?? null;

/** The texts in the language that is chosen; null until they are here. */
function useLanguage(): Strings | null {
  const [strings, setStrings] = useState<Strings | null>(() => (preferredLanguage() === 'en' ? en : null));
  useEffect(() => {
    const load = () => {
      const language = preferredLanguage();
      document.documentElement.lang = language;
      stringsOf(language).then(setStrings, () => {
        setStrings(en);
      });
    };
    load();
    window.addEventListener('musicspace:language', load);
    return () => {
      window.removeEventListener('musicspace:language', load);
    };
  }, []);
  return strings;
}

export function App() {
  const [code, setCode] = useState(codeInAddress);
  const [membership, setMembership] = useState<Membership | null>(() => (code ? rememberedMembership(code) : null));

  // Here before it is wanted: who has typed a name should not wait for it.
  useEffect(() => {
    if (!isCheck) void loadRoom();
  }, []);
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
    if (isCheck || membership || missingForSound() !== null) return;
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

  const strings = useLanguage();
  if (!strings) return null;
  return (
    <StringsProvider value={strings}>
      <AccountProvider value={account}>
      <ToastProvider>
        <Suspense>{isCheck ? <CheckPage /> : membership ? <RoomPage key={membership.token} membership={membership} takeSound={takeSound} onLeft={onLeft} onJoined={onJoined} /> : <Home invitedTo={code} onJoined={onJoined} />}</Suspense>
      </ToastProvider>
      </AccountProvider>
    </StringsProvider>
  );
}
