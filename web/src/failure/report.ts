// Tells the server of an exception that nobody has caught, so that whoever hosts it can find it in the log. Nothing that people typed, no
// address of a room and no token goes along: the kind of error, where in the page's own files it happened, and which browser this is.

export interface FailureReport {
  /** "TypeError: x is not a function" */
  error: string;
  /** "RoomPage-Bx1.js:12:345", the innermost first. */
  at: string[];
  /** "Firefox 128" */
  browser: string;
}

const MOST_REPORTS = 5;
const MOST_PLACES = 6;
const MOST_LETTERS = 200;

/** Its own letters alone: messages of engines quote what they stumble over. */
function describe(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : typeof error === 'string' ? error : `a value of type ${typeof error}`;
  return text
    .replace(/[a-z]+:\/\/\S+/gi, 'URL')
    .replace(/\/r\/\w+/g, '/r/CODE')
    .replace(/"[^"]*"|“[^”]*”/g, '"…"')
    .slice(0, MOST_LETTERS);
}

/** The places in a stack, of any engine's form. */
export function placesIn(stack: string): string[] {
  return Array.from(stack.matchAll(/\/([\w.-]+\.js):(\d+)(?::(\d+))?/g), ([, file, line, column]) => [file, line, column].filter(Boolean).join(':')).slice(0, MOST_PLACES);
}

/** "Firefox 128" of a browser's long name for itself. */
export function browserOf(userAgent: string): string {
  for (const [name, pattern] of [
    ['Edge', /Edg\/(\d+)/],
    ['Firefox', /Firefox\/(\d+)/],
    ['Chrome', /Chrome\/(\d+)/],
    ['Safari', /Version\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari/],
  ] as const) {
    const version = pattern.exec(userAgent)?.[1];
    if (version) return `${name} ${version}`;
  }
  return 'another browser';
}

export const reportOf = (error: unknown, userAgent: string): FailureReport => ({
  error: describe(error),
  at: placesIn(error instanceof Error ? (error.stack ?? '') : ''),
  browser: browserOf(userAgent),
});

const told = new Set<string>();

/** Once for each failure, and a few times in all. Never throws, never rejects. */
export function tellServer(error: unknown): void {
  try {
    const report = reportOf(error, navigator.userAgent);
    const text = JSON.stringify(report);
    if (told.has(text) || told.size >= MOST_REPORTS) return;
    told.add(text);
    fetch('/api/reports', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: text, keepalive: true }).catch(() => undefined);
  } catch {
    return; // a browser without fetch: then nobody is told
  }
}
