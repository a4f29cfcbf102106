import * as z from 'zod/mini';
import { usdInput } from '../../inputs/amounts.ts';
import { type Connection, connection, toConnection } from '../../inputs/connection.ts';
import type { InvalidInput } from '../../inputs/failures.ts';
import { durationOrWord, flag, idOrSlug } from '../../inputs/fields.ts';
import { readInputs } from '../../inputs/read-inputs.ts';
import { type InputLog, makeSlug, slugInputs, slugProblems } from '../../inputs/slug.ts';
import { formatExactUsd } from '../../lib/format-usd.ts';
import { LIKELY_SECRET } from '../../openrouter/resources/keys.ts';
import { CALENDAR_PERIODS, type Since } from './period.ts';
import type { RequestedSpender, UsageRequest } from './read-usage.ts';

const HASH_MESSAGE = 'must be the hash of an API key, and not the key itself';

const threshold = () => z.optional(usdInput('must be an amount in USD, 0 or more'));

const SINCE_WORDS = ['created', ...CALENDAR_PERIODS] as const;

/** The inputs of `usage/action.yml`, in the order in which their problems are reported. */
export const usageInputs = () =>
  z.object({
    management_key: connection.management_key,
    workspace: z.optional(idOrSlug()),
    ...slugInputs(),
    key_hash: z.optional(
      z
        .string()
        .check(
          z.refine((text) => /^[\w-]+$/.test(text) && text.search(LIKELY_SECRET) < 0, HASH_MESSAGE),
        ),
    ),
    since: z._default(
      durationOrWord<Since & string>({ min: '1m', max: '3650d' }, SINCE_WORDS),
      'created',
    ),
    warn_above_usd: threshold(),
    fail_above_usd: threshold(),
    fail_below_remaining_usd: threshold(),
    fail_if_incomplete: flag(),
    api_url: connection.api_url,
    timeout: connection.timeout,
  });

type UsageValues = z.infer<ReturnType<typeof usageInputs>>;

/** Checks the inputs against each other. */
function usageProblems(valid: Partial<UsageValues>, provided: ReadonlySet<string>): InvalidInput[] {
  const problems = slugProblems('workspace', valid, provided, { instead: 'key_hash' });
  const {
    warn_above_usd: warnAbove,
    fail_above_usd: failAbove,
    fail_below_remaining_usd: failBelowRemaining,
  } = valid;
  if (warnAbove !== undefined && failAbove !== undefined && warnAbove > failAbove) {
    const message = `must not exceed fail-above-usd, which is ${formatExactUsd(failAbove)}: lower or remove warn-above-usd`;
    problems.push({ input: 'warn-above-usd', message });
  }
  if (failBelowRemaining !== undefined && !provided.has('key_hash')) {
    const message = 'needs key-hash: only what remains of the limit of an API key is known';
    problems.push({ input: 'fail-below-remaining-usd', message });
  }
  return problems;
}

type UsageInputs = Connection & UsageRequest;

/** @throws {Failure} `invalid-inputs` */
export function readUsageInputs(log: InputLog): UsageInputs {
  const values = readInputs(usageInputs(), usageProblems);
  return {
    ...toConnection(values),
    ...readSpender(values, log),
    since: values.since,
    warnAbove: values.warn_above_usd,
    failAbove: values.fail_above_usd,
    failBelowRemaining: values.fail_below_remaining_usd,
    failIfIncomplete: values.fail_if_incomplete,
  };
}

function readSpender(values: UsageValues, log: InputLog): RequestedSpender {
  const { workspace, slug_from, key_hash: keyHash } = values;
  if (keyHash !== undefined && workspace === undefined && slug_from === undefined) {
    return { workspace, keyHash };
  }
  return { workspace: workspace ?? makeSlug(values, log), keyHash };
}
