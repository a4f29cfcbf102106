import { describe, expect, test } from '@jest/globals';
import type { Decision, FailedAttempt } from '../../src/creation/post-once.ts';
import { matchMembers, reconcileMembers } from '../../src/governance/members.ts';
import type { FailureClass } from '../../src/http/retry-policy.ts';
import { ADD_MEMBERS } from '../support/governance-harness.ts';
import { type GovernanceScene, openGovernanceScene } from '../support/governance-scene.ts';
import { beforeNth } from '../support/on-nth.ts';
import { storyOf } from '../support/simulation.ts';

const LIST = 'GET /workspaces/:id/members';

function addToWorkspace({ simulation: { account }, workspace }: GovernanceScene, userId: string) {
  const created_at = account.now().toISOString();
  const { id: workspace_id } = workspace;
  account.memberships.push({ id: 'm', workspace_id, user_id: userId, role: 'member', created_at });
}

const added = (scene: GovernanceScene) => scene.writes.map(([, body]) => body);
const memberIds = ({ simulation }: GovernanceScene) =>
  simulation.account.memberships.map(({ user_id }) => user_id);

test('an update adds the members that are missing, and logs how many there are, without their addresses', async () => {
  const scene = openGovernanceScene();
  await scene.update({ members: ['user_2bruno'] });
  scene.writes.length = 0;
  const members = ['bruno@example.com', 'user_2chandra', 'Chandra@Example.com', 'user_2nameless'];
  const { result, log } = await scene.update({ members });
  expect(storyOf(log).slice(2)).toEqual(['  members: 1 → 3', 'Added the members.']);
  expect(added(scene)).toEqual([{ user_ids: ['user_2chandra', 'user_2nameless'] }]);
  expect(result).toMatchObject({
    outcome: 'updated',
    governanceChanges: [{ kind: 'field', field: 'members', from: 1, to: 3 }],
  });
  const again = await scene.update({ members });
  expect(again.result).toMatchObject({ outcome: 'unchanged', governanceChanges: [] });
});

test.each<[string, string[]]>([
  ['DORA.NG@example.com', ['user_2dora']],
  ['user_2dora', ['user_2dora']],
  ['USER_2DORA', []],
  ['b@x.org', ['user_2ben', 'user_2bea']],
  ['user_2eve', ['user_2eve']],
  ['user_2fay', ['user_2fay']],
])('the members of the organization that %s stands for are %j', (text, ids) => {
  const organization = [
    { id: 'user_2dora', email: 'Dora.Ng@Example.COM' },
    { id: 'user_2ben', email: 'b@x.org' },
    { id: 'user_2bea', email: 'B@x.org' },
    { id: 'user_2eve', email: null },
    { id: 'user_2fay' },
  ];
  const [match] = matchMembers([text], organization);
  expect(match?.members.map(({ id }) => id)).toEqual(ids);
});

test('members are added in requests of at most 100', async () => {
  const scene = openGovernanceScene();
  const ids = Array.from({ length: 101 }, (_, at) => `user_${at}`);
  const { members } = scene.simulation.account;
  const [other] = members as [(typeof members)[0]];
  members.push(...ids.map((id) => ({ ...other, id, email: `${id}@example.com` })));
  const { error } = await scene.create({ members: ids });
  expect(error).toBeUndefined();
  const bodies = scene.writes.slice(1).map(([, body]) => (body as { user_ids: string[] }).user_ids);
  expect(bodies.map(({ length }) => length)).toEqual([100, 1]);
  expect(memberIds(scene)).toEqual(ids);
});

test('after a lost response, members are looked up, and only those that are missing are added again', async () => {
  const scene = openGovernanceScene({ on: ADD_MEMBERS, kind: 'reset' });
  beforeNth(scene.simulation, LIST, 2, () => addToWorkspace(scene, 'user_2bruno'));
  const { error } = await scene.update({ members: ['user_2bruno', 'user_2chandra'] });
  expect(error).toBeUndefined();
  expect(added(scene)).toEqual([
    { user_ids: ['user_2bruno', 'user_2chandra'] },
    { user_ids: ['user_2chandra'] },
  ]);
  expect(scene.calls().slice(-3)).toEqual([ADD_MEMBERS, LIST, ADD_MEMBERS]);
  expect(memberIds(scene)).toEqual(['user_2bruno', 'user_2chandra']);
});

describe('a response that names only some of the added members', () => {
  const body = '{"data":[{"user_id":"user_2bruno"}],"added_count":1}';
  const response = { on: ADD_MEMBERS, kind: 'response' as const, status: 200, body };

  test('is checked by a lookup, and the step succeeds if all are members', async () => {
    const scene = openGovernanceScene({ ...response, applied: true });
    const { error } = await scene.update({ members: ['user_2bruno', 'user_2chandra'] });
    expect(error).toBeUndefined();
    expect(scene.calls().slice(-2)).toEqual([ADD_MEMBERS, LIST]);
  });

  test('fails the step if the others are not members, and names those', async () => {
    const scene = openGovernanceScene(response);
    beforeNth(scene.simulation, LIST, 2, () => addToWorkspace(scene, 'user_2bruno'));
    const { error } = await scene.update({ members: ['user_2bruno', 'user_2chandra'] });
    expect(error).toMatchObject({
      code: 'partly-applied',
      details: {
        error: {
          code: 'members-not-added',
          details: {
            workspace: { id: scene.workspace.id },
            userIds: ['user_2chandra'],
          },
        },
        applied: [],
        notApplied: ['the members'],
      },
    });
  });
});

/** A round whose attempt failed as `kind`; `missing` is what the lookup after it found. */
function round(kind: FailureClass, missing?: readonly string[]): FailedAttempt<readonly string[]> {
  return {
    failure: {
      server: 'OpenRouter',
      operation: 'add',
      method: 'POST',
      path: '/members/add',
      kind,
      reason: 'failed',
    },
    ...(missing && { found: missing }),
  };
}

type Outcome = Decision<'all are members'>;

const DONE: Outcome = { kind: 'done', result: 'all are members' };
const LOOKUP: Outcome = { kind: 'check', ambiguous: true };
const RETRY: Outcome = { kind: 'retry', ambiguous: false };
const RETRY_AMBIGUOUS: Outcome = { kind: 'retry', ambiguous: true };
const GIVE_UP: Outcome = { kind: 'give-up', ambiguous: false };
const GIVE_UP_AMBIGUOUS: Outcome = { kind: 'give-up', ambiguous: true };

const unknown = round('ambiguous');
const lost = round('ambiguous', ['user_1', 'user_2']);
const foundAll = round('ambiguous', []);

test.each([
  ['an attempt in conflict is retried', RETRY, [round('conflict')]],
  ['an unexpected response is looked up', LOOKUP, [round('unexpected')]],
  // No time is left for a lookup.
  ['an aborted attempt is given up', GIVE_UP_AMBIGUOUS, [round('aborted')]],
  ['a lost attempt is done if a lookup finds all', DONE, [foundAll]],
  ['an unexpected response is done if a lookup finds all', DONE, [round('unexpected', [])]],
  ['a lost attempt is retried if a lookup misses one', RETRY_AMBIGUOUS, [lost]],
  ['an unexpected response is given up', GIVE_UP_AMBIGUOUS, [round('unexpected', ['user_1'])]],
  ['throttled and unsent attempts are retried', RETRY, [round('throttled'), round('unsent')]],
  ['a rejection after throttling is certain', GIVE_UP, [round('throttled'), round('rejected')]],
  ['a lost attempt is looked up after throttling', LOOKUP, [round('throttled'), unknown]],
  ['throttling leaves a lost attempt open', RETRY_AMBIGUOUS, [lost, round('throttled')]],
  ['an unsent attempt leaves a lost one open', RETRY_AMBIGUOUS, [lost, round('unsent')]],
  ['a rejection leaves a lost attempt open', GIVE_UP_AMBIGUOUS, [lost, round('rejected')]],
  ['an aborted attempt leaves a lost one open', GIVE_UP_AMBIGUOUS, [lost, round('aborted')]],
  ['a second lost attempt is looked up too', LOOKUP, [lost, unknown]],
  ['two lost attempts are done if a lookup finds all', DONE, [lost, foundAll]],
  ['two lost attempts are retried if it misses one', RETRY_AMBIGUOUS, [lost, lost]],
])('reconcileMembers: %s', (_, decision, attempts) => {
  expect(reconcileMembers(attempts)).toEqual(decision);
});
