import { beforeEach } from '@jest/globals';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import {
  type KeyFixture,
  seedKey,
  seedUsage,
  seedWorkspace,
  type UsageFixture,
} from '../../sandbox/openrouter/seed.ts';
import { openEmptiedHarness } from './emptied-harness.ts';

export const SLUG = 'preview-42';
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const FIND_WORKSPACE = 'GET /workspaces/:id';
export const FIND_KEY = 'GET /keys/:hash';
export const LIST_KEYS = 'GET /keys';
export const QUERY = 'POST /analytics/query';

/** A Wednesday, which is neither the first day of its week nor of its month. */
export const NOW = Date.parse('2026-01-14T12:00:00.000Z');

/** A sandbox and a runner at `NOW`, emptied before each test, and usage steps for `preview-42` in it. */
export function openUsageHarness() {
  const { harness, calls } = openEmptiedHarness({ now: () => new Date(NOW), timeOfDay: NOW });
  beforeEach(() => {
    const { analytics } = harness.sandbox.account;
    const fresh = { lag: 0, maxRows: 10_000, queries: [], resolvesDeletedKeys: true };
    Object.assign(analytics, { cachedAt: undefined, ...fresh });
  });
  return {
    harness,
    seed: (age = 3 * DAY) => seedWorkspace(harness.sandbox, { slug: SLUG, age }),
    /** An API key in `workspace`, as old as that, which has spent each of `usages`. */
    seedSpender(workspace: Workspace, usages: UsageFixture[], fixture: KeyFixture = {}) {
      const key = seedKey(harness.sandbox, workspace, { name: 'CI', ...fixture });
      key.created_at = workspace.created_at;
      for (const usage of usages) seedUsage(harness.sandbox, key, usage);
      return key;
    },
    /** Removes a key from the account, but not what it has spent. */
    deleteKey(hash: string) {
      const { keys } = harness.sandbox.account;
      keys.splice(
        keys.findIndex((key) => key.hash === hash),
        1,
      );
    },
    /** Removes the workspaces from the account but for the default one, and no keys. */
    deleteWorkspace() {
      harness.sandbox.account.workspaces.length = 1;
    },
    runUsage: (inputs: Record<string, string> = {}, env?: Record<string, string>) =>
      harness.run('usage', { workspace: SLUG, ...inputs }, env),
    calls,
  };
}

/** The texts of the cells of each row of a summary, with the header first. */
export function rowsOf(summary: string): string[][] {
  return [...summary.matchAll(/<tr>(.*)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g)].map(([, cell = '']) =>
      cell.replace(/<\/?code>|<wbr>/g, ''),
    ),
  );
}

export function paragraphsOf(summary: string): string[] {
  return [...summary.matchAll(/<p>(.*)<\/p>/g)].map(([, text = '']) =>
    text.replaceAll('&#39;', "'").replaceAll('&quot;', '"'),
  );
}
