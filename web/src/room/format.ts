/** 3:07, 1:02:09. */
export function formatTime(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(total % 60).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${String(hours)}:${String(minutes).padStart(2, '0')}:${seconds}` : `${String(minutes)}:${seconds}`;
}

/** A link as people read it: a library file by its path. */
export function shownLink(link: string): string {
  if (!link.startsWith('library:')) return link;
  try {
    return decodeURIComponent(link.slice('library:'.length));
  } catch {
    return link;
  }
}
