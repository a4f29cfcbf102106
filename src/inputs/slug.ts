import * as z from 'zod/mini';
import type { Log } from '../lib/log.ts';
import { slugFrom } from '../shared/slug.ts';
import type { InvalidInput } from './failures.ts';

/** Where a reader of inputs logs what it made of them. */
export type InputLog = Pick<Log, 'info' | 'notice'>;

const PREFIX_MESSAGE =
  'must be 2 to 30 lower-case letters, digits and single hyphens, and end with a hyphen';

/** The input for what a slug begins with. Its length leaves space for a hash. */
export const slugPrefix = () =>
  z.optional(
    z
      .string(PREFIX_MESSAGE)
      .check(
        z.refine(
          (text) => text.length <= 30 && /^[a-z0-9]+(?:-[a-z0-9]+)*-$/.test(text),
          PREFIX_MESSAGE,
        ),
      ),
  );

/**
 * The inputs from which a slug is made, in place of an input that has the slug itself. A text that was
 * probably made from an empty expression would give each run the same workspace. Doubled hyphens do not
 * show that: names of branches have them.
 */
export const slugInputs = () => ({
  slug_from: z.optional(
    z
      .string()
      .check(
        z.refine(
          (text) => !/^[-_/]|[-_/#:]$/.test(text),
          'must not begin or end with a separator such as - or /',
        ),
      ),
  ),
  slug_prefix: slugPrefix(),
});

interface SlugValues {
  slug_from?: string | undefined;
  slug_prefix?: string | undefined;
}

/**
 * Checks that either `slug-from` or the input `named` is provided, and `slug-prefix` only with the first.
 * @param instead an input without which one of the two is required; by default, one always is
 */
export function slugProblems(
  named: 'slug' | 'workspace',
  valid: SlugValues,
  provided: ReadonlySet<string>,
  { instead }: { instead?: 'key_hash' } = {},
): InvalidInput[] {
  const problems: InvalidInput[] = [];
  const isMade = provided.has('slug_from');
  const isReplaced = instead !== undefined && provided.has(instead);
  if (!isMade && !provided.has(named) && !isReplaced) {
    const without = instead ? ` without ${instead.replace('_', '-')}` : '';
    problems.push({ input: named, message: `or slug-from is required${without}` });
  }
  if (isMade && provided.has(named)) {
    const message = `must not be combined with ${named}: remove one of them`;
    problems.push({ input: 'slug-from', message });
  }
  if (!isMade && valid.slug_prefix !== undefined) {
    const message = `needs slug-from: ${named} is used as it is written`;
    problems.push({ input: 'slug-prefix', message });
  }
  return problems;
}

/** Makes the slug of a workspace from `slug-from`. Nothing else knows whether a slug was made from a text. */
export function makeSlug(
  { slug_from: text = '', slug_prefix: prefix }: SlugValues,
  log: InputLog,
): string {
  const slug = slugFrom(text, prefix);
  log.info(`The slug is ${slug}, made from slug-from.`);
  return slug;
}
