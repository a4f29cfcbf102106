/** `1.5 s` */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
];

/** `15 d 3 h`: the two largest units of `ms` milliseconds that there are, rounded down. */
export function formatAge(ms: number): string {
  let rest = Math.max(0, ms);
  const parts = UNITS.map(({ ms: unit, name }) => {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    return { count, text: `${count} ${name}` };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first < 0) return '0 s';
  const shown = parts.slice(first, first + 2).filter(({ count }) => count > 0);
  return shown.map(({ text }) => text).join(' ');
}

/** As many of `lines` as an annotation has room for, and how many more there are. */
export function truncateList(lines: readonly string[], most = 20): string[] {
  const rest = lines.length - most;
  return [...lines.slice(0, most), ...(rest > 0 ? [`… and ${rest} more`] : [])];
}

/** `1 workspace`, `2 workspaces` */
export function countWorkspaces(count: number): string {
  return count === 1 ? '1 workspace' : `${count} workspaces`;
}
