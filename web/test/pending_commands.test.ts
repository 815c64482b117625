import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { offline, PendingCommands } from '../src/player/pending_commands';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('what is wanted while the room is being entered is sent once one is in, in order', async () => {
  const commands = new PendingCommands();
  commands.entering();
  const sent: number[] = [];
  const send = (id: number): boolean => sent.push(id) > 0;
  const [one, other] = [commands.start(send), commands.start(send)];
  expect(sent).toEqual([]);
  commands.entered();
  expect(sent).toEqual([1, 2]);
  commands.settle(2, { code: 'refused', title: '', detail: '' });
  commands.settle(1, null);
  expect(await one).toBeNull();
  expect((await other)?.code).toBe('refused');
});

test('what cannot be sent is refused at once where no connection is being made', async () => {
  const commands = new PendingCommands();
  expect(await commands.start(() => false)).toBe(offline);
});

test('a connection that is lost, or that does not come about, answers for all of them', async () => {
  const commands = new PendingCommands();
  const answers = [commands.start(() => true)];
  commands.entering();
  const send = vi.fn(() => true);
  answers.push(commands.start(send));
  commands.giveUp();
  expect(await Promise.all(answers)).toEqual([offline, offline]);
  commands.entering();
  commands.entered();
  expect(send).not.toHaveBeenCalled();
});

test('what was held for too long is not sent any more', async () => {
  const commands = new PendingCommands();
  commands.entering();
  const send = vi.fn(() => true);
  const answer = commands.start(send);
  vi.advanceTimersByTime(10_000);
  expect(await answer).toBe(offline);
  commands.entered();
  expect(send).not.toHaveBeenCalled();
});

test('a held command has the usual time for its answer once it was sent', async () => {
  const commands = new PendingCommands();
  commands.entering();
  const answer = commands.start(() => true);
  vi.advanceTimersByTime(9_000);
  commands.entered();
  vi.advanceTimersByTime(59_000);
  commands.settle(1, null);
  expect(await answer).toBeNull();
});
