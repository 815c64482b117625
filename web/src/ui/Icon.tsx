const PATHS = {
  play: 'M8 5.5v13l11-6.5z',
  pause: 'M7 5.5h3.5v13H7zM13.5 5.5H17v13h-3.5z',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  skip: 'M6 5.500v13l9-6.500zM16 5.500h2.500v13H16z',
  plus: 'M12 5.500v13M5.500 12h13',
  folder: 'M4 7.500a1.500 1.500 0 0 1 1.500-1.500H10l2 2.500h6.500A1.500 1.500 0 0 1 20 10v7a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17z',
  cross: 'm7 7 10 10M17 7 7 17',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  volume: 'M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4 4 0 0 1 0 6',
  note: 'M9 17.500V6l10-2v11.500M9 17.500a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0M19 15.500a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0',
} as const;

const FILLED = new Set<keyof typeof PATHS>(['play', 'pause', 'skip']);

export function Icon({ name, size = 20 }: { name: keyof typeof PATHS; size?: number }) {
  const filled = FILLED.has(name);
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={filled ? 'currentColor' : 'none'}
      stroke={filled ? 'none' : 'currentColor'}
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
