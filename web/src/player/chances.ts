// When a browser that lets no sound out may let it out after all.
//
// Browsers want a tap or a key press first. Phones take the speakers away for a call, an alarm or another app, and give them back without asking the page: on
// iOS the context is "interrupted" meanwhile, and may be left suspended afterwards, in which case resume() works without another tap. What iOS does is coded by
// its documentation (https://www.w3.org/TR/audio-session, https://webaudio.github.io/web-audio-api/#AudioContextState): no such device was at hand.

type AudioSession = EventTarget & { state?: 'inactive' | 'active' | 'interrupted' };

/** Calls `listener` at each such moment, inside the event where that is a person's own. Returns what ends it. */
export function onChanceForSound(listener: () => void): () => void {
  const { audioSession } = navigator as { audioSession?: AudioSession };
  const onSession = (): void => {
    if (audioSession?.state !== 'interrupted') listener();
  };
  const documentEvents = ['pointerdown', 'keydown', 'visibilitychange'];
  const windowEvents = ['focus', 'pageshow'];
  for (const event of documentEvents) document.addEventListener(event, listener);
  for (const event of windowEvents) window.addEventListener(event, listener);
  // Some versions of iOS have the object and none of its events.
  if (audioSession && 'addEventListener' in audioSession) audioSession.addEventListener('statechange', onSession);
  return () => {
    for (const event of documentEvents) document.removeEventListener(event, listener);
    for (const event of windowEvents) window.removeEventListener(event, listener);
    if (audioSession && 'removeEventListener' in audioSession) audioSession.removeEventListener('statechange', onSession);
  };
}
