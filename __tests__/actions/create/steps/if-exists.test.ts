import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { formatMinute } from '../../../../src/openrouter/time.ts';
import { openEmptiedHarness } from '../../../support/emptied-harness.ts';
import { expectFailure } from '../../../support/harness.ts';

const { harness, calls } = openEmptiedHarness();

const SLUG = 'existing';
const EXISTING = { name: 'Existing', slug: SLUG, description: 'As it was' };
const GET = 'GET /workspaces/:id';
const PATCH = 'PATCH /workspaces/:id';

const workspace = () => harness.sandbox.account.workspaces[1] as Workspace;

let before: Workspace;

beforeEach(() => {
  seedWorkspace(harness.sandbox, { ...EXISTING, io_logging_api_key_ids: [3, 1] });
  before = structuredClone(workspace());
});

test('if-exists: fail names the workspace with the slug, and what the other policies would do', async () => {
  const inputs = { name: 'Mine', slug: SLUG, 'default-text-model': 'a/b', 'enforce-zdr': 'true' };
  const step = await harness.create(inputs);
  const { title, message } = expectFailure(step);
  expect(title).toBe(`The slug "${SLUG}" is taken`);
  expect(message.split('\n')).toEqual([
    'If this workspace is yours, set if-exists: reuse or update. If not, choose another slug.',
    `It belongs to the workspace "Existing", id ${before.id}, created ${formatMinute(Date.parse(before.created_at), { withYear: true })}: https://openrouter.ai/workspaces/${SLUG}`,
    'It may belong to another repository, which can delete it at any time.',
    'if-exists: reuse uses it unchanged.',
    'if-exists: update changes these inputs:',
    'name: "Existing" → "Mine"',
    'default-text-model: null → "a/b"',
    'if-exists: update applies enforce-zdr, where that differs.',
    'Nothing was changed at OpenRouter.',
    expect.stringMatching(/^See https:.*\/docs\/troubleshooting\.md#slug-taken$/),
  ]);
  expect(workspace()).toEqual(before);
  const same = expectFailure(await harness.create(EXISTING));
  expect(same.message).toContain('if-exists: update does, too.');
});

test('if-exists: reuse uses the workspace unchanged, with one request', async () => {
  const step = await harness.create({ name: 'Mine', slug: SLUG, 'if-exists': 'reuse' });
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toMatchObject({
    id: before.id,
    slug: SLUG,
    name: 'Existing',
    created: 'false',
    outcome: 'unchanged',
  });
  expect(JSON.parse(step.outputs['workspace'] ?? '')).toEqual(before);
  expect(calls()).toEqual([GET]);
  expect(step.summary).toContain(
    '⚠️ Reused the OpenRouter workspace &quot;Existing&quot;: 1 input not applied',
  );
  expect(step.summary).toContain('\n<p>To apply them: if-exists: update.</p>\n');
  const same = await harness.create({ ...EXISTING, 'if-exists': 'reuse' });
  expect(same.summary).toContain('✅ Reused the OpenRouter workspace &quot;Existing&quot;');
  expect(same.summary).not.toContain('⚠️');
});

describe('if-exists: update', () => {
  const update = (inputs: Record<string, string>) =>
    harness.create({ name: 'Existing', slug: SLUG, 'if-exists': 'update', ...inputs });

  test('sets the provided fields that differ, and reports them', async () => {
    const step = await update({ description: 'As it is', 'io-logging-api-key-ids': '1\n3' });
    expect(step.outputs).toMatchObject({ id: before.id, created: 'false', outcome: 'updated' });
    expect(calls()).toEqual([GET, PATCH]);
    expect(JSON.parse(harness.sandbox.requests[1]?.body ?? '')).toEqual({
      description: 'As it is',
    });
    expect(step.log).toContain('description: "As it was" → "As it is"');
    expect(step.log).toContain('Updated description.');
    expect(step.summary).toContain(
      '✅ Updated the OpenRouter workspace &quot;Existing&quot;: 1 change<',
    );
    expect(step.summary).toContain(
      '<td><code>description: &quot;As it was&quot; → &quot;As it is&quot;</code></td>',
    );
  });

  test('of the name sets the outputs again, so that they agree', async () => {
    const step = await update({ name: 'Renamed' });
    expect(step.outputs).toMatchObject({ id: before.id, name: 'Renamed', created: 'false' });
    expect(JSON.parse(step.outputs['workspace'] ?? '')).toMatchObject({ name: 'Renamed' });
  });

  test('of the name is in the outputs even if a later write fails', async () => {
    harness.sandbox.faults.push({ on: 'PATCH /guardrails/:id', kind: 'response', status: 422 });
    const step = await update({ name: 'Renamed', 'enforce-zdr': 'true' });
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ id: before.id, slug: SLUG, name: 'Renamed' });
  });

  test('that fails has set the outputs of the workspace', async () => {
    harness.sandbox.faults.push({ on: PATCH, kind: 'response', status: 403 });
    const step = await update({ description: 'Never' });
    const { title } = expectFailure(step, step.outputs);
    expect(title).toBe(
      `Could not update the workspace "${SLUG}": OpenRouter does not allow it (HTTP 403)`,
    );
    expect(step.outputs).toMatchObject({ id: before.id, slug: SLUG, created: 'false' });
    expect(step.outputs).not.toHaveProperty('outcome');
  });
});

describe('a dry run', () => {
  const dryRun = (inputs: Record<string, string>) =>
    harness.create({ 'dry-run': 'true', 'delete-after-job': 'true', ...inputs });

  test('reports that it would create the workspace, and leaves nothing to its post step', async () => {
    const step = await dryRun({ name: 'New', slug: 'new-one', description: 'Soon' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toEqual({
      slug: 'new-one',
      name: 'New',
      url: 'https://openrouter.ai/workspaces/new-one',
      created: 'false',
      outcome: 'would-create',
    });
    expect(step.summary).toContain(
      '🔎 Dry run: would create the OpenRouter workspace &quot;New&quot;',
    );
    expect(step.summary).toContain('<td><code>description: &quot;Soon&quot;</code></td>');
    expect(step.state).not.toHaveProperty('task');
  });

  test.each([
    [
      'would-update',
      'Better',
      'would update',
      '<td><code>description: &quot;As it was&quot; → &quot;Better&quot;</code></td>',
    ],
    ['unchanged', 'As it was', 'would not change', 'Slug: <code>'],
  ])('reports the outcome %s, and writes nothing', async (outcome, description, title, cell) => {
    const step = await dryRun({ ...EXISTING, 'if-exists': 'update', description });
    expect(step.outputs).toMatchObject({ id: before.id, created: 'false', outcome });
    expect(step.summary).toContain(
      `🔎 Dry run: ${title} the OpenRouter workspace &quot;Existing&quot;`,
    );
    expect(step.summary).toContain(cell);
    expect(calls()).toEqual([GET]);
  });
});
