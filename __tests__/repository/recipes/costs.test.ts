import { expect, test } from '@jest/globals';
import { dispatchEvent } from '../../../sandbox/github/events.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import { openRecipeJobs, recipeOf, SKIPPED } from '../../support/recipe-harness.ts';

const EVALUATION = recipeOf('docs/costs.md', 'Evaluation with a key of its own');

const { harness, gitHub } = openPreviewHarness({ followsSteps: true });
const { runAll } = openRecipeJobs({ harness, gitHub });

test('an evaluation has a key of 20 USD, which is deleted after it, until the month has cost more than 80 USD', async () => {
  const { sandbox } = harness;
  const workspace = seedWorkspace(sandbox, { slug: 'evaluation-web' });
  const earlier = seedKey(sandbox, workspace);
  const event = dispatchEvent(gitHub.server.github, gitHub.repository);
  seedUsage(sandbox, earlier, { credits: 80, age: 3_600_000 });
  const given: unknown[] = [];
  const { end } = await runAll(EVALUATION, event, {
    onScript({ env }) {
      given.push(env['OPENROUTER_API_KEY'], sandbox.account.keys[0]?.['limit']);
      return true;
    },
  });
  expect([end?.result, given]).toEqual(['success', [expect.stringMatching(/^sk-or-v1-/), 20]]);
  expect(sandbox.account.keys).toEqual([earlier]);
  seedUsage(sandbox, earlier, { credits: 0.01, age: 3_600_000 });
  const refused = await runAll(EVALUATION, event);
  expect(refused).toMatchObject({ key: { result: 'failure' }, evaluate: SKIPPED, end: SKIPPED });
  expect(sandbox.account.keys).toEqual([earlier]);
});
