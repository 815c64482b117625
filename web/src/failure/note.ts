// Exceptions that happen outside of drawing, in a handler or a promise: the page is still there, and may go on working. A note says so, drawn
// without the page's own means.

import { tellServer } from './report';
import { failureWords } from './words';

const ID = 'failure-note';

function button(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = className;
  element.textContent = text;
  element.addEventListener('click', onClick);
  return element;
}

function show(): void {
  if (document.getElementById(ID)) return;
  const words = failureWords();
  const note = document.createElement('div');
  note.id = ID;
  note.className = 'error-note failure-note';
  note.setAttribute('role', 'alert');
  const text = document.createElement('div');
  const title = document.createElement('strong');
  title.textContent = words.noteTitle;
  const detail = document.createElement('p');
  detail.textContent = words.noteDetail;
  text.append(title, detail);
  note.append(
    text,
    button(words.reload, 'primary', () => {
      location.reload();
    }),
    button(words.dismiss, 'quiet', () => {
      note.remove();
    }),
  );
  document.body.append(note);
}

/** What engines report as an error though nothing has failed: an observer that answers a frame later. */
const HARMLESS = /^ResizeObserver loop/;

export function watchForFailures(): void {
  window.addEventListener('error', (event) => {
    if (HARMLESS.test(event.message) || !event.filename.startsWith(location.origin)) return; // an extension's scripts fail, too
    tellServer(event.error ?? event.message);
    show();
  });
  window.addEventListener('unhandledrejection', (event) => {
    tellServer(event.reason);
    show();
  });
}
