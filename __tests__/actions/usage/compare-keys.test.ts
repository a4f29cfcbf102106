import { describe, expect, test } from '@jest/globals';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../../sandbox/openrouter/resources/workspaces.ts';
import {
  seedKey,
  seedUsage,
  seedWorkspace,
  type UsageFixture,
} from '../../../sandbox/openrouter/seed.ts';
import type { Since } from '../../../src/actions/usage/period.ts';
import { readUsage } from '../../../src/actions/usage/read-usage.ts';
import { describeGap } from '../../../src/actions/usage/usage-gap.ts';
import { exactUsd } from '../../../src/lib/usd.ts';
import { JITTER, openPlainSimulation } from '../../support/plain-simulation.ts';
import { connect, onNth, type Simulation, type StepConditions } from '../../support/simulation.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const QUERY = 'POST /analytics/query';
const LATE = "with OpenRouter's analytics, which may lag behind.";

interface Account {
  simulation: Simulation;
  workspace: Workspace;
  /** An API key of the workspace, which has spent each of `usages`. */
  spender(usages: UsageFixture[], age?: number): Key;
  remove(key: Key): void;
}

/** A workspace of noon, 20 days old, in which a deleted key has spent 4 USD. */
function openAccount(): Account {
  // A Wednesday.
  const start = Date.UTC(2026, 0, 21, 12);
  const simulation = openPlainSimulation([], { start });
  const workspace = seedWorkspace(simulation, { slug: 'preview-42', age: 20 * DAY });
  const { keys } = simulation.account;
  const account: Account = {
    simulation,
    workspace,
    spender(usages, age = 2 * DAY) {
      const key = seedKey(simulation, workspace);
      key.created_at = new Date(start - age).toISOString();
      for (const usage of usages) seedUsage(simulation, key, usage);
      return key;
    },
    remove: (key) => keys.splice(keys.indexOf(key), 1),
  };
  account.remove(account.spender([{ credits: 4, byok: 4, age: DAY }]));
  return account;
}

/** Spent 1 USD yesterday and 3 USD now, each also with own provider keys. */
const YESTERDAY = { credits: 1, byok: 1, age: DAY };
const NOW = { credits: 3, byok: 3 };

async function read(
  { simulation }: Account,
  request: { since?: Since; keyHash?: string } = {},
  conditions: Partial<StepConditions> = {},
) {
  const usage = await simulation.clock.run(
    readUsage(
      {
        workspace: 'preview-42',
        since: 'created',
        keyHash: undefined,
        warnAbove: undefined,
        failAbove: undefined,
        failBelowRemaining: undefined,
        failIfIncomplete: false,
        ...request,
      },
      connect(simulation, { timeout: 60_000, jitter: JITTER, ...conditions }),
    ),
  );
  return {
    figures: [exactUsd(usage.cost), exactUsd(usage.byok)],
    gaps: usage.gaps.map((gap) => describeGap(gap)),
    queries: simulation.network.calls.filter((call) => call === QUERY).length,
  };
}

const BEHIND =
  "OpenRouter's analytics has not yet reported what the counters of the API keys show: $3.00, and $3.00 with your own provider keys. The cost includes it; the figures by model lack it.";

describe('what analytics lacks of existing keys, although deleted ones have spent more', () => {
  test.each<Since>(['created', 'month', 'week', 30 * HOUR])(
    'is added to the cost and to what providers charged, since %s',
    async (since) => {
      const account = openAccount();
      account.spender([YESTERDAY, NOW]);
      account.simulation.account.analytics.lag = 10 * MINUTE;
      expect(await read(account, { since })).toEqual({
        figures: ['8', '8'],
        gaps: [BEHIND],
        queries: 2,
      });
    },
  );

  test('is found for each key apart from what another one spent before its counter begins', async () => {
    const account = openAccount();
    account.spender([{ credits: 9, byok: 9, age: 13 * HOUR }], 5 * DAY);
    account.spender([YESTERDAY, NOW], 25 * HOUR);
    account.simulation.account.analytics.lag = 10 * MINUTE;
    expect(await read(account, { since: 26 * HOUR })).toMatchObject({
      figures: ['17', '17'],
      gaps: [BEHIND],
    });
  });

  test('is found for disabled and expired keys, too', async () => {
    const account = openAccount();
    account.spender([{ credits: 1, byok: 1 }]).disabled = true;
    account.spender([{ credits: 2, byok: 2 }]).expires_at = new Date(0).toISOString();
    account.simulation.account.analytics.lag = 10 * MINUTE;
    expect(await read(account)).toMatchObject({ figures: ['7', '7'], gaps: [BEHIND] });
  });

  test('is found for one API key in a period that began before its counter', async () => {
    const account = openAccount();
    const { hash } = account.spender([{ ...YESTERDAY, credits: 9, byok: 9 }, NOW]);
    account.simulation.account.analytics.lag = 10 * MINUTE;
    const request = { since: 30 * HOUR, keyHash: hash };
    expect(await read(account, request)).toMatchObject({ figures: ['12', '12'], gaps: [BEHIND] });
  });

  test('is in the figures if it arrives between two queries', async () => {
    const account = openAccount();
    account.spender([YESTERDAY, NOW]);
    const { analytics } = account.simulation.account;
    analytics.lag = 10 * MINUTE;
    onNth(account.simulation, QUERY, 2, () => {
      analytics.lag = 0;
    });
    expect(await read(account)).toEqual({ figures: ['8', '8'], gaps: [], queries: 3 });
  });
});

describe('figures are incomplete if keys cannot be compared with analytics', () => {
  test('because there are too many, which takes no request', async () => {
    const account = openAccount();
    const { keys } = account.simulation.account;
    const key = account.spender([]);
    const others = Array.from({ length: 1_000 }, (_, at) => ({ ...key, hash: `${key.hash}${at}` }));
    keys.push(...others);
    for (const other of [key, ...others]) seedUsage(account.simulation, other, { credits: 0.001 });
    expect(await read(account)).toEqual({
      figures: ['5.001', '4'],
      gaps: [`Could not compare 1001 API keys ${LATE} At most 1000 API keys are compared.`],
      queries: 1,
    });
  });

  test('because one of them is deleted before it is compared, and nothing counts twice', async () => {
    const account = openAccount();
    const key = account.spender([YESTERDAY, NOW]);
    onNth(account.simulation, QUERY, 2, () => account.remove(key));
    expect(await read(account)).toEqual({
      figures: ['8', '8'],
      gaps: [
        `Could not compare 1 API key ${LATE} OpenRouter's analytics warns: Could not resolve api_key_id "${key.hash}"`,
      ],
      queries: 2,
    });
  });

  test.each<[string, (account: Account) => void, reason: string]>([
    [
      'stored',
      ({ simulation: { account } }) => {
        account.analytics.cachedAt = account.now().getTime() - HOUR;
      },
      'OpenRouter returned figures that it stored at 2026-01-21T11:00:00Z. Later requests are missing.',
    ],
    [
      'truncated',
      ({ simulation: { account } }) => {
        account.analytics.maxRows = 0;
      },
      'There are more models than OpenRouter returns. The least expensive ones are missing.',
    ],
  ])(
    'because a later result is %s, and nothing counts twice or is lost',
    async (_, change, reason) => {
      for (const queries of [2, 3]) {
        const account = openAccount();
        account.spender([YESTERDAY, NOW]);
        onNth(account.simulation, QUERY, queries, () => change(account));
        expect(await read(account)).toEqual({
          figures: ['8', '8'],
          gaps: [`Could not compare 1 API key ${LATE} ${reason}`],
          queries,
        });
      }
    },
  );

  test.each([2, 3])('because query number %d fails', async (n) => {
    const account = openAccount();
    account.spender([YESTERDAY, NOW]);
    const { network } = account.simulation;
    onNth(account.simulation, QUERY, n, () => {
      network.schedule.push({ on: QUERY, kind: 'response', status: 400 });
    });
    expect(await read(account)).toEqual({
      figures: ['8', '8'],
      gaps: [`Could not compare 1 API key ${LATE} POST /analytics/query: HTTP 400 Bad Request`],
      queries: n,
    });
  });

  test('because no response arrives, long before the timeout of the step', async () => {
    const account = openAccount();
    account.spender([YESTERDAY, NOW]);
    const { clock, network } = account.simulation;
    onNth(account.simulation, QUERY, 2, () => {
      const silence = { on: QUERY, kind: 'silence' } as const;
      network.schedule.push(...Array.from({ length: 20 }, () => silence));
    });
    const { figures, gaps } = await read(account);
    expect([figures, gaps.length]).toEqual([['8', '8'], 1]);
    expect(clock.now()).toBeLessThan(31_000);
  });
});

test('a comparison that a cancellation ends, fails the step', async () => {
  const account = openAccount();
  account.spender([YESTERDAY, NOW]);
  onNth(account.simulation, QUERY, 2, () => {
    account.simulation.network.schedule.push({ on: QUERY, kind: 'silence' });
  });
  await expect(read(account, {}, { cancelledAfter: 1_000 })).rejects.toMatchObject({
    details: { kind: 'aborted' },
  });
});
