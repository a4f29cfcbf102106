import { expect, test } from '@jest/globals';
import { ADD_MEMBERS, openGovernanceHarness } from '../../support/governance.ts';
import { expectFailure } from '../../support/harness.ts';

const { harness, create, calls, writes, bodiesOf, members } = openGovernanceHarness();

test('an address that two members of the organization have fails the step', async () => {
  const { members: organization } = harness.sandbox.account;
  organization.push({ ...(organization[1] as (typeof organization)[0]), id: 'user_2namesake' });
  const { message } = expectFailure(await create({ members: 'bruno@example.com' }));
  organization.pop();
  expect(message).toContain(
    'members: 2 people in the organization have the id or e-mail address bruno@example.com',
  );
});

test('the step fails before any write, and names each entry that no member matches', async () => {
  const { title, message } = expectFailure(
    await create({ members: 'bruno@example.com, unknown@example.com, user_x' }),
  );
  expect(title).toBe('Not all members belong to the organization');
  expect(message).toContain('unknown@example.com');
  expect(message).toContain('user_x');
  expect(message).not.toContain('bruno');
  expect(message).toContain('Nothing was changed at OpenRouter.');
  expect(calls()).toEqual(['GET /organization/members']);
});

test('members for a personal account fail the step before any write', async () => {
  harness.sandbox.faults.push({ kind: 'response', status: 403 });
  const { message } = expectFailure(await create({ members: 'bruno@example.com' }));
  expect(message).toContain('Only an organization has members');
  expect(writes()).toEqual([]);
});

test('150 members are added in two requests, each member once', async () => {
  const { members: organization } = harness.sandbox.account;
  const people = Array.from({ length: 150 }, (_, at) => ({
    id: `user_${at}`,
    email: `${at}@example.com`,
    first_name: null,
    last_name: null,
    role: 'org:member' as const,
  }));
  organization.push(...people);
  const written = [...people.map(({ email }) => email), 'user_3', '3@example.com'];
  await create({ members: written.join('\n') });
  organization.length -= people.length;
  expect(bodiesOf(ADD_MEMBERS).map(({ user_ids }) => user_ids.length)).toEqual([100, 50]);
  expect(members()).toHaveLength(150);
});

test('a request to add members that may have been applied is looked up, not sent again', async () => {
  harness.sandbox.faults.push({ on: ADD_MEMBERS, kind: 'reset', applied: true });
  const step = await create({ members: 'user_2bruno' });
  expect(step.exitCode).toBe(0);
  expect(calls().slice(-2)).toEqual([ADD_MEMBERS, 'GET /workspaces/:id/members']);
});
