import { expect, test } from '@jest/globals';
import { openGovernanceHarness } from '../../support/governance.ts';
import { expectFailure } from '../../support/harness.ts';

const { harness, create, calls, writes } = openGovernanceHarness();

test('entries that no member or several members match fail the step before any write, by name', async () => {
  const { members: organization } = harness.sandbox.account;
  organization.push({ ...(organization[1] as (typeof organization)[0]), id: 'user_2namesake' });
  const members = 'bruno@example.com, user_2chandra, unknown@example.com';
  const { title, lines } = expectFailure(await create({ members }));
  organization.pop();
  expect(title).toBe('Not all members belong to the organization');
  expect(lines).toEqual([
    'members: 2 people in the organization have the id or e-mail address bruno@example.com',
    'members: no one in the organization has the id or e-mail address unknown@example.com',
    'Each entry must be the user id or the e-mail address of one member of the organization.',
    'Nothing was changed at OpenRouter.',
  ]);
  expect(calls()).toEqual(['GET /organization/members']);
});

test('members for a personal account fail the step before any write', async () => {
  harness.sandbox.faults.push({ kind: 'response', status: 403 });
  const { message } = expectFailure(await create({ members: 'bruno@example.com' }));
  expect(message).toContain('Only an organization has members');
  expect(writes()).toEqual([]);
});
