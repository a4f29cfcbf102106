import * as z from 'zod/mini';
import { reject } from '../lib/schema.ts';
import { isIdOrSlug } from '../openrouter/resources/workspaces.ts';

/** A boolean input, `preset` by default. */
export const flag = (preset = false) => z._default(z.boolean('must be true or false'), preset);

/** A whole number, 1 or more. */
export const count = (message: string) =>
  z.number(message).check(z.refine((value) => Number.isSafeInteger(value) && value > 0, message));

/** How many workspaces a step may delete. */
export const maxDeletions = () => z._default(count('must be a whole number, 1 or more'), 50);

const ID_OR_SLUG_MESSAGE = 'must be the id or slug of a workspace';

/**
 * An input that names an existing workspace. Accepts `default`: each action decides by the slug that
 * the server reports whether it refuses the default workspace.
 */
export const idOrSlug = () =>
  z.string(ID_OR_SLUG_MESSAGE).check(z.refine(isIdOrSlug, ID_OR_SLUG_MESSAGE));

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Parses `90s`, `15m`, `48h` or `14d` to milliseconds; returns undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const unit = UNITS[text.slice(-1)];
  const count = text.slice(0, -1);
  return unit !== undefined && /^\d+$/.test(count) ? Number(count) * unit : undefined;
}

const EXAMPLES = 'a duration such as 90s, 15m, 48h or 14d';

/** The accepted range, as durations. */
interface Bounds {
  min: string;
  max: string;
}

/** An input for a duration. Parses to milliseconds. */
export function duration(bounds: Bounds) {
  return z.pipe(
    z.string(`must be ${EXAMPLES}`),
    z.transform((text: string, context: z.core.ParsePayload) =>
      parseWithin(text, context, { bounds }),
    ),
  );
}

/** An input for a duration, or for one of `words`, which parses to itself. */
export function durationOrWord<Word extends string>(bounds: Bounds, words: readonly Word[]) {
  const or = `, or ${words.join(', ')}`;
  return z.pipe(
    z.string(`must be ${EXAMPLES}${or}`),
    z.transform((text: string, context: z.core.ParsePayload): Word | number => {
      const word = words.find((other) => other === text);
      return word ?? parseWithin(text, context, { bounds, or });
    }),
  );
}

/** The input for the lifetime of an API key. */
export const lifetime = () => durationOrWord({ min: '1m', max: '3650d' }, ['never']);

function parseWithin(
  text: string,
  context: z.core.ParsePayload,
  { bounds, or = '' }: { bounds: Bounds; or?: string },
): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= toMs(bounds.min) && ms <= toMs(bounds.max)) {
    return ms;
  }
  const accepted = ms === undefined ? EXAMPLES : `from ${bounds.min} to ${bounds.max}`;
  return reject(context, text, `must be ${accepted}${or}`);
}

/** Parses a duration that is written in the source code. */
export function toMs(text: string): number {
  return parseDuration(text) ?? Number.NaN;
}
