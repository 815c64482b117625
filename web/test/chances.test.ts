import { afterEach, expect, test, vi } from 'vitest';
import { onChanceForSound } from '../src/player/chances';

afterEach(() => {
  vi.unstubAllGlobals();
});

const stub = (audioSession?: EventTarget & { state: string }): [EventTarget, EventTarget] => {
  const [page, view] = [new EventTarget(), new EventTarget()];
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', view);
  vi.stubGlobal('navigator', audioSession ? { audioSession } : {});
  return [page, view];
};

test('taps, keys and coming back to the page are chances, until nobody wants them any more', () => {
  const [page, view] = stub();
  const listener = vi.fn();
  const end = onChanceForSound(listener);
  for (const name of ['pointerdown', 'keydown', 'visibilitychange']) page.dispatchEvent(new Event(name));
  for (const name of ['focus', 'pageshow']) view.dispatchEvent(new Event(name));
  expect(listener).toHaveBeenCalledTimes(5);
  end();
  page.dispatchEvent(new Event('pointerdown'));
  view.dispatchEvent(new Event('focus'));
  expect(listener).toHaveBeenCalledTimes(5);
});

test('the end of a call is a chance, its beginning is none', () => {
  const session = Object.assign(new EventTarget(), { state: 'interrupted' });
  stub(session);
  const listener = vi.fn();
  const end = onChanceForSound(listener);
  session.dispatchEvent(new Event('statechange'));
  expect(listener).not.toHaveBeenCalled();
  session.state = 'inactive';
  session.dispatchEvent(new Event('statechange'));
  expect(listener).toHaveBeenCalledTimes(1);
  end();
  session.dispatchEvent(new Event('statechange'));
  expect(listener).toHaveBeenCalledTimes(1);
});
