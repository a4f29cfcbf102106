import assert from 'node:assert/strict';
import { dispatchEvent } from '../../sandbox/github/events.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';

/** What the files of the recipe do, by a sentence that says what holds. */
export const TEAM_WORKSPACE: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'teams get their workspaces, a second run changes nothing, and they can be deleted'(
    sandbox,
  ) {
    const reader = await openReader('docs/recipes/team-workspace.md', sandbox);
    for (const outcome of [/Created in/, /No change of the guardrail: only written otherwise/]) {
      const run = await reader.run('Workspaces');
      assert.equal(run.exitCode, 0, run.log);
      assert.deepEqual(reader.slugs().toSorted(), ['team-search', 'team-support']);
      assert.equal(run.summaries.length, 4);
      assert.match(run.log, outcome);
    }
    const event = dispatchEvent(reader.github, reader.repository, { inputs: { team: 'search' } });
    const deleted = await reader.run('Delete the workspace of a team', { event });
    assert.equal(deleted.exitCode, 0, deleted.log);
    assert.deepEqual(reader.slugs(), ['team-support']);

    const other = dispatchEvent(reader.github, reader.repository, { inputs: { team: 'support' } });
    const unreported = await reader.run('Delete the workspace of a team', {
      event: other,
      down: 'POST /analytics/query',
      annotations: ['error usage: server error'],
    });
    assert.equal(unreported.exitCode, 1, unreported.log);
    assert.deepEqual(reader.slugs(), []);
    await reader.close();
  },
};
