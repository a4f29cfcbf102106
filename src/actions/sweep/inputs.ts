import * as z from 'zod/mini';
import { type Connection, connection, timeout, toConnection } from '../../inputs/connection.ts';
import { duration, flag, maxDeletions } from '../../inputs/fields.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { fixedPrefix } from '../../lib/glob.ts';
import type { SweepRequest } from './sweep-workspaces.ts';

const GLOB_MESSAGE = 'must be a slug, in which * matches any characters and ? matches one';
const glob = () => z.string(GLOB_MESSAGE).check(z.regex(/^[a-z0-9?*-]+$/, GLOB_MESSAGE));

const MIN_PREFIX = 2;

/** The inputs of `sweep/action.yml`, in the order in which their problems are reported. */
export const sweepInputs = () =>
  z.object({
    management_key: connection.management_key,
    slug_pattern: glob().check(
      z.refine(
        (pattern) => fixedPrefix(pattern).length >= MIN_PREFIX,
        `must begin with at least ${MIN_PREFIX} characters of a slug before the first * or ?`,
      ),
    ),
    older_than: duration({ min: '1m', max: '3650d' }),
    keep: z._default(z.array(glob(), 'must be a list of slugs with optional wildcards'), []),
    delete_keys: flag(),
    max_deletions: maxDeletions(),
    dry_run: flag(),
    api_url: connection.api_url,
    timeout: timeout('10m'),
  });

interface SweepInputs extends Connection, SweepRequest {}

/** @throws {Failure} `invalid-inputs` */
export function readSweepInputs(): SweepInputs {
  const values = readInputs(sweepInputs());
  return {
    ...toConnection(values),
    slugPattern: values.slug_pattern,
    olderThanMs: values.older_than,
    keep: values.keep,
    deleteKeys: values.delete_keys,
    maxDeletions: values.max_deletions,
    dryRun: values.dry_run,
  };
}
