// Names and titles inside of sentences: those that are written from right to left must not turn the words around them.

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** `text` between Unicode's first strong isolate and its end, where that makes a difference. */
export const isolated = (text: string): string => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text);

/** `strings`, whose functions isolate the texts that they are given. */
export function isolating<T extends object>(strings: T): T {
  const entries = Object.entries(strings).map(([key, value]: [string, unknown]) => {
    if (typeof value === 'function') {
      const sentence = value as (...parts: unknown[]) => unknown;
      return [key, (...parts: unknown[]) => sentence(...parts.map((part) => (typeof part === 'string' ? isolated(part) : part)))];
    }
    return [key, typeof value === 'object' && value !== null && !Array.isArray(value) ? isolating(value) : value];
  });
  return Object.fromEntries(entries) as T;
}
