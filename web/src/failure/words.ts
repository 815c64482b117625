// What is said when the page has failed. Apart from the page's other texts, which may be what has failed.

interface Words {
  /** Of a page that cannot be drawn any more. */
  title: string;
  detail: string;
  /** Of one that is still there. */
  noteTitle: string;
  noteDetail: string;
  reload: string;
  dismiss: string;
}

const WORDS: Record<'en' | 'de', Words> = {
  en: {
    title: 'This page has failed',
    detail: 'Something in it does not work in this browser, or is broken. The music goes on for the others. Reload the page; if that does not help, update the browser or try another one.',
    noteTitle: 'Something on this page has failed',
    noteDetail: 'The rest may go on working. If it does not, reload the page; if that does not help, update the browser or try another one.',
    reload: 'Reload',
    dismiss: 'Dismiss',
  },
  de: {
    title: 'Diese Seite hat versagt',
    detail: 'Etwas darin funktioniert in diesem Browser nicht oder ist kaputt. Für die anderen geht die Musik weiter. Lade die Seite neu; wenn das nicht hilft, aktualisiere den Browser oder nimm einen anderen.',
    noteTitle: 'Etwas auf dieser Seite hat versagt',
    noteDetail: 'Der Rest funktioniert vielleicht weiter. Wenn nicht, lade die Seite neu; wenn das nicht hilft, aktualisiere den Browser oder nimm einen anderen.',
    reload: 'Neu laden',
    dismiss: 'Ausblenden',
  },
};

export const failureWords = (): Words => (document.documentElement.lang.startsWith('de') ? WORDS.de : WORDS.en);
