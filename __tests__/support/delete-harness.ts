import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedWorkspace, type WorkspaceFixture } from '../../sandbox/openrouter/seed.ts';
import { openEmptiedHarness } from './emptied-harness.ts';

export const SLUG = 'preview-42';
export const FIND_WORKSPACE = 'GET /workspaces/:id';
export const LIST_KEYS = 'GET /keys';
export const DELETE_KEY = 'DELETE /keys/:hash';
export const DELETE_WORKSPACE = 'DELETE /workspaces/:id';

/** A sandbox, emptied before each test, and delete steps for the workspace `preview-42` in it. */
export function openDeleteHarness() {
  const { harness, calls } = openEmptiedHarness();
  return {
    harness,
    seed: (fixture: Partial<WorkspaceFixture> = {}) =>
      seedWorkspace(harness.sandbox, { slug: SLUG, ...fixture }),
    runDelete: (inputs: Record<string, string> = {}) =>
      harness.run('delete', { workspace: SLUG, ...inputs }),
    exists: (slug = SLUG) =>
      harness.sandbox.account.workspaces.some((workspace) => workspace.slug === slug),
    keys: () => harness.sandbox.account.keys,
    calls,
  };
}

export const identityOf = ({ id, slug }: Workspace) => ({ id, slug });

export const NOTHING_DELETED = { deleted: 'false', 'deleted-keys': '0', 'keys-cost-usd': '0' };

export const outputsOfDeleted = (workspace: Workspace, deletedKeys = 0) => ({
  ...identityOf(workspace),
  deleted: 'true',
  'deleted-keys': String(deletedKeys),
  // Keys that worked until then have not settled.
  'keys-cost-usd': deletedKeys > 0 ? '' : '0',
});
