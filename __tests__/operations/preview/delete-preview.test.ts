import { expect, test } from '@jest/globals';
import { closePull, commentBy, openPull } from '../../../sandbox/github/people.ts';
import { seedKey, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { isDisabled } from '../../../src/openrouter/resources/keys.ts';
import { formatMarker, NO_DATA, readComment } from '../../../src/operations/preview/comment.ts';
import { cleanUpJob, runJob } from '../../support/preview-jobs.ts';
import { openWorld } from '../../support/preview-world.ts';

/** A closed pull request whose workspace has three API keys, and a job that has to delete it. */
function openDeletion() {
  const world = openWorld({ takenSlugStatus: 409, skew: 0, lags: [0], squatter: undefined });
  const { simulation, github, repository } = world;
  openPull(github, repository, { number: 1 });
  closePull(github, repository, 1);
  const description = `Preview of https://github.com/octo-org/shop/pull/1 (repository ${repository.id})`;
  const workspace = seedWorkspace(simulation, { slug: 'demo-1', description, keys: 3 });
  const job = cleanUpJob();
  return { world, workspace, job };
}

test.each([
  ['finished', 'were all disabled before', false],
  ['unfinished', 'include one that worked until then, and may have spent more', true],
])('the comment says that a deletion is %s if its keys %s', async (deletion, _, isLate) => {
  const { world, workspace, job } = openDeletion();
  const { simulation, github, repository } = world;
  const { account, clock } = simulation;
  commentBy(github, repository, {
    by: 'github-actions[bot]',
    pull: 1,
    body: formatMarker(NO_DATA),
  });
  const { handle } = account;
  let lists = 0;
  account.handle = (request) => {
    const call = account.callOf(request.method, request.path);
    // The list of the deletion is the second one after the keys were disabled.
    if (call === 'PATCH /keys/:hash') lists = 0;
    if (call === 'GET /keys') lists += 1;
    if (isLate && call === 'GET /keys' && lists === 2 && account.keys.some(isDisabled)) {
      account.handle = handle;
      seedKey(simulation, workspace);
    }
    return handle(request);
  };
  await clock.run(runJob(world, job));
  const [comment] = repository.comments.now();
  expect(readComment(comment?.body ?? '')?.workspaces[workspace.id]).toMatchObject({ deletion });
});
