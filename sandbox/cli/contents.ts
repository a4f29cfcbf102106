import { createHash } from 'node:crypto';
import type { Key } from '../openrouter/resources/keys.ts';
import {
  COUNTER_DELAY,
  type CounterDelay,
  counterDelayFrom,
} from '../openrouter/resources/usage.ts';
import { updateWorkspaceRequest, type Workspace } from '../openrouter/resources/workspaces.ts';
import { type AccountAccess, seedKey, seedUsage, seedWorkspace } from '../openrouter/seed.ts';
import { type Options, UsageError } from './arguments.ts';

/** What an account has before anything runs. */
export interface Contents {
  /** The slugs of previews that are in use. */
  existing: readonly string[];
  /** The number of previews that a teardown should have deleted. */
  stale: number;
  /** The number of API keys in each workspace. */
  keys: number;
  /** What each API key has spent, in USD. */
  spent: number;
}

export const EMPTY: Contents = { existing: [], stale: 0, keys: 0, spent: 0 };

/** The options that change an account. */
export const ACCOUNT_OPTIONS = {
  existing: {
    type: 'string',
    value: 'SLUG',
    multiple: true,
    description: 'Slug of a workspace that exists, 3 days old. Can be repeated.',
  },
  stale: {
    type: 'string',
    value: 'N',
    description:
      'Number of stale workspaces that exist, 30 days old or older: tests-web-stale-1 and so on.',
  },
  keys: {
    type: 'string',
    value: 'N',
    description: 'Number of API keys in each workspace, which block its deletion.',
  },
  spent: { type: 'string', value: 'USD', description: 'What each API key has spent.' },
  'counter-delay': {
    type: 'string',
    value: 'S',
    description: `Seconds until the counters of an API key show what it has spent; up to a quarter more, by key. Limits hold at once. Default: ${COUNTER_DELAY.from / 1000}`,
  },
} as const satisfies Options;

type ContentsValues = { [Name in keyof Contents]?: Name extends 'existing' ? string[] : string };

/**
 * `defaults`, as the values of options change them.
 * @throws {UsageError} about the first value that is invalid.
 */
export function readContents(values: ContentsValues, defaults: Contents): Contents {
  const contents = {
    existing: [...defaults.existing, ...(values.existing ?? [])],
    stale: readCount('stale', values.stale) ?? defaults.stale,
    keys: readCount('keys', values.keys) ?? defaults.keys,
    spent: readAmount(values.spent) ?? defaults.spent,
  };
  for (const slug of values.existing ?? []) {
    if (!updateWorkspaceRequest.shape.slug.safeParse(slug).success) {
      throw new UsageError(`--existing ${slug} is not a slug, such as preview-42.`);
    }
  }
  const slugs = ['default', ...contents.existing, ...staleSlugs(contents)];
  const repeated = slugs.find((slug, at) => slugs.indexOf(slug) !== at);
  if (repeated !== undefined) {
    throw new UsageError(
      `--existing ${repeated} is once too many: that workspace exists without it.`,
    );
  }
  return contents;
}

/**
 * Refuses an option that would change nothing.
 * @param workspaceOptions what adds a workspace
 * @throws {UsageError}
 */
export function refuseUnused(
  values: ContentsValues,
  provided: { workspaces: boolean; keys: boolean; workspaceOptions: string },
): void {
  if (values.keys !== undefined && !provided.workspaces) {
    throw new UsageError(`--keys needs a workspace: add ${provided.workspaceOptions}.`);
  }
  if (values.spent !== undefined && !provided.keys) {
    throw new UsageError('--spent needs API keys that have spent it: add --keys N.');
  }
}

/** Two pages of a list: so many workspaces with so many keys each are still created in a moment. */
const MAX_COUNT = 200;

/**
 * The value of the option `name`.
 * @throws {UsageError} when it is not a whole number.
 */
export function readCount(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,3}$/.test(value) || Number(value) > MAX_COUNT) {
    throw new UsageError(`--${name} ${value} is not a whole number from 0 to ${MAX_COUNT}.`);
  }
  return Number(value);
}

/**
 * How late the counters of keys are, by the value of the option `counter-delay`.
 * @throws {UsageError} when it is not a whole number of seconds.
 */
export function readCounterDelay(value: string | undefined): CounterDelay {
  const seconds = readCount('counter-delay', value);
  return seconds === undefined ? COUNTER_DELAY : counterDelayFrom(1000 * seconds);
}

function readAmount(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,6}(\.\d{1,9})?$/.test(value)) {
    throw new UsageError(`--spent ${value} is not an amount in USD, such as 0.25, below 1000000.`);
  }
  return Number(value);
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/** How long ago the keys that exist have spent something: long enough for all counters to show it. */
const SPENT_AGE = 10 * MINUTE;

/** Creates `contents` in an account. */
export function seedContents(access: AccountAccess, contents: Contents): void {
  const stale = staleSlugs(contents);
  const ages = [
    ...stale.map((slug, at) => ({ slug, days: 30 + stale.length - 1 - at })),
    ...contents.existing.map((slug) => ({ slug, days: 3 })),
  ];
  for (const { slug, days } of ages) {
    // Not a moment less than these days, by a clock that counts whole seconds.
    const workspace = seedWorkspace(access, { slug, name: slug, age: days * DAY + MINUTE });
    for (const key of seedKeys(access, workspace, contents)) {
      key.created_at = workspace.created_at;
      spend(access, key, { amount: contents.spent, age: SPENT_AGE });
    }
  }
}

function staleSlugs({ stale }: Contents): string[] {
  return Array.from({ length: stale }, (_, at) => `tests-web-stale-${at + 1}`);
}

/** Creates the API keys that each workspace of `contents` has, which have spent nothing yet. */
export function seedKeys(
  access: AccountAccess,
  { id, slug }: Pick<Workspace, 'id' | 'slug'>,
  { keys }: Contents,
): Key[] {
  return Array.from({ length: keys }, (_, at) => {
    const name = `octo-org/app / CI / ${at + 1}`;
    const key = seedKey(access, { id }, { name, limit: 5 });
    // The same in each run, so that it can be copied from one to the arguments of the next.
    key.hash = createHash('sha256').update(`${slug} ${name}`).digest('hex');
    return key;
  });
}

/** Bills `amount` USD to `key`, `age` milliseconds ago: most to a large model, and the rest to a small one. */
export function spend(
  access: AccountAccess,
  key: Key,
  { amount, age = 0 }: { amount: number; age?: number },
): void {
  if (amount === 0) return;
  const large = Math.round(amount * 0.7 * 1e9) / 1e9;
  for (const [model, credits, requests] of [
    ['anthropic/claude-4.5-haiku-20251001', large, 21],
    ['openai/gpt-5-mini-2025-08-07', amount - large, 64],
  ] as const) {
    seedUsage(access, key, {
      model,
      age,
      credits,
      requests,
      prompt: 4_100 * requests,
      completion: 730 * requests,
    });
  }
}

/** A line about each workspace in an account but the default one, and about each of its API keys. */
export function describeContents({ account }: AccountAccess): string[] {
  const now = account.now().getTime();
  return account.workspaces
    .filter(({ slug }) => slug !== 'default')
    .flatMap(({ id, slug, created_at }) => [
      `${slug}, ${Math.floor((now - Date.parse(created_at)) / DAY)} days old`,
      ...account.keys
        .filter(({ workspace_id }) => workspace_id === id)
        .toReversed()
        .map(({ name, hash }) => `  API key ${name}, hash ${hash}`),
    ]);
}
