import * as z from 'zod/mini';

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

const SHAPE = 'a duration such as 90s, 15m, 48h or 14d';

interface Bounds {
  min: string;
  max: string;
}

/** A duration as text, which is milliseconds to the program; the bounds are durations too. */
export function duration(bounds: Bounds) {
  return z.pipe(
    z.string(`must be ${SHAPE}`),
    z.transform((text: string, context: z.core.ParsePayload) => read(text, context, { bounds })),
  );
}

/** The same, or the word `never`, which is null to the program. */
export function durationOrNever(bounds: Bounds) {
  const or = ', or never';
  return z.pipe(
    z.string(`must be ${SHAPE}${or}`),
    z.transform((text: string, context: z.core.ParsePayload) =>
      text === 'never' ? null : read(text, context, { bounds, or }),
    ),
  );
}

function read(
  text: string,
  context: z.core.ParsePayload,
  { bounds, or = '' }: { bounds: Bounds; or?: string },
): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= toMs(bounds.min) && ms <= toMs(bounds.max)) {
    return ms;
  }
  const message =
    ms === undefined ? shortcoming(text) : `must be from ${bounds.min} to ${bounds.max}`;
  context.issues.push({ code: 'custom', message: message + or, input: text });
  return z.NEVER;
}

function shortcoming(text: string): string {
  const wrong = /^\d+$/.test(text) ? 'is a number without a unit, and must be' : 'must be';
  return `${wrong} ${SHAPE}`;
}

/** The milliseconds in a duration that the program itself has. */
export function toMs(text: string): number {
  return parseDuration(text) ?? Number.NaN;
}
