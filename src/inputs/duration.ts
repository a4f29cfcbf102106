const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The milliseconds in `90s`, `15m`, `48h` or `14d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const unit = UNITS[text.slice(-1)];
  const count = text.slice(0, -1);
  return unit !== undefined && /^\d+$/.test(count) ? Number(count) * unit : undefined;
}
