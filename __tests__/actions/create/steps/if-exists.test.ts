import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, expectFailure, openHarness } from '../../../support/harness.ts';

const harness = openHarness();

const SLUG = 'existing';
const EXISTING = { name: 'Existing', slug: SLUG, description: 'As it was' };

const workspace = () =>
  harness.sandbox.account.workspaces.find(({ slug }) => slug === SLUG) as Workspace;

let before: Workspace;

beforeEach(() => {
  harness.sandbox.account.workspaces.length = 1;
  seedWorkspace(harness.sandbox, { ...EXISTING, io_logging_api_key_ids: [3, 1] });
  before = structuredClone(workspace());
  harness.sandbox.requests.length = 0;
});

const calls = () => harness.sandbox.requests.map(({ method }) => method);

describe('if-exists: fail', () => {
  test('fails, names the workspace with the slug, and reports what the other policies would do', async () => {
    const step = await harness.create({ name: 'Mine', slug: SLUG, description: 'Another' });
    const { title, message } = expectFailure(step);
    expect(title).toBe(`The slug ${SLUG} is taken`);
    expect(message.split('\n')).toEqual([
      `It belongs to the workspace "Existing", id ${before.id}, created at ${before.created_at}: https://openrouter.ai/workspaces/${SLUG}`,
      'It may belong to another repository. When that deletes its preview, this repository loses the workspace too.',
      'With if-exists: reuse, the step would use it unchanged.',
      'With if-exists: update, the step would change name, description.',
      'Nothing was changed at OpenRouter.',
      expect.stringMatching(/^See https:.*\/docs\/troubleshooting\.md#slug-taken$/),
    ]);
    expect(workspace()).toEqual(before);
    expect(calls()).toEqual(['POST', 'GET']);
  });

  test('reports that an update would change nothing', async () => {
    const { message } = expectFailure(await harness.create(EXISTING));
    expect(message).toContain('With if-exists: update, the step would change nothing.');
  });
});

describe('if-exists: reuse', () => {
  test('uses the workspace unchanged, with one request', async () => {
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
    expect(workspace()).toEqual(before);
    expect(calls()).toEqual(['GET']);
    expect(step.summary).toContain('✅ Unchanged: the OpenRouter workspace Existing');
  });
});

describe('if-exists: update', () => {
  const update = (inputs: Record<string, string>) =>
    harness.create({ name: 'Existing', slug: SLUG, 'if-exists': 'update', ...inputs });

  test('sets the provided fields that differ, and reports them', async () => {
    const step = await update({
      description: 'As it is',
      'io-logging-sampling-rate': '0.5',
      'io-logging-api-key-ids': '1\n3',
    });
    expect(step.outputs).toMatchObject({ id: before.id, created: 'false', outcome: 'updated' });
    expect(calls()).toEqual(['GET', 'PATCH']);
    expect(JSON.parse(harness.sandbox.requests[1]?.body ?? '')).toEqual({
      description: 'As it is',
      io_logging_sampling_rate: 0.5,
    });
    expect(step.log).toContain('description: "As it was" → "As it is"');
    expect(step.log).toContain('io_logging_sampling_rate: 1 → 0.5');
    expect(step.log).toContain('Updated description, io_logging_sampling_rate.');
    expect(step.summary).toContain('<td><code>was As it was</code></td>');
    const { updated_at, ...rest } = workspace();
    expect(updated_at).not.toBeNull();
    expect(rest).toEqual({
      ...before,
      updated_at: undefined,
      description: 'As it is',
      io_logging_sampling_rate: 0.5,
    });
  });

  test('of the name sets the outputs again, so that they agree', async () => {
    const step = await update({ name: 'Renamed' });
    expect(step.exitCode).toBe(0);
    const { id, slug, name } = JSON.parse(step.outputs['workspace'] ?? '');
    expect(name).toBe('Renamed');
    const url = `https://openrouter.ai/workspaces/${slug}`;
    expect(step.outputs).toMatchObject({ id, slug, name, url, created: 'false' });
  });

  test('of the name is in the outputs even if a later write fails', async () => {
    harness.sandbox.faults.push({ on: 'PATCH /guardrails/:id', kind: 'response', status: 422 });
    const step = await update({ name: 'Renamed', 'enforce-zdr': 'true' });
    expect(step.exitCode).toBe(1);
    expect(workspace().name).toBe('Renamed');
    expect(step.outputs).toMatchObject({ id: before.id, slug: SLUG, name: 'Renamed' });
  });

  test('that fails has set the outputs of the workspace', async () => {
    harness.sandbox.faults.push({ on: 'PATCH /workspaces/:id', kind: 'response', status: 403 });
    const step = await update({ description: 'Never' });
    expect(step.exitCode).toBe(1);
    expect(annotations(step)).toHaveLength(1);
    expect(annotations(step)[0]?.properties['title']).toBe(
      `Could not update the workspace ${SLUG}`,
    );
    expect(step.outputs).toMatchObject({ id: before.id, slug: SLUG, created: 'false' });
    expect(step.outputs).not.toHaveProperty('outcome');
  });
});

describe('a dry run', () => {
  const dryRun = (inputs: Record<string, string>) =>
    harness.create({ 'dry-run': 'true', ...inputs });

  test('reports that it would create the workspace', async () => {
    const step = await dryRun({ name: 'New', slug: 'new-one' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toEqual({
      slug: 'new-one',
      name: 'New',
      url: 'https://openrouter.ai/workspaces/new-one',
      created: 'false',
      outcome: 'would-create',
    });
    expect(calls()).toEqual(['GET', 'GET']);
    expect(step.log).toContain('It does not exist and would be created.');
    expect(step.summary).toContain('🔎 Dry run: would create the OpenRouter workspace New');
    expect(step.summary).toContain(
      '<tr><td><code>name</code></td><td><code>New</code></td><td>would be set</td></tr>',
    );
  });

  test('reports each field that it would change, with both values', async () => {
    const step = await dryRun({ ...EXISTING, 'if-exists': 'update', description: 'Better' });
    const outcome = 'would-update';
    expect(step.outputs).toMatchObject({ id: before.id, created: 'false', outcome });
    expect(step.summary).toContain('🔎 Dry run: would update the OpenRouter workspace Existing');
    expect(step.log).toContain('description: "As it was" → "Better"');
    expect(step.log).toContain('Dry run: nothing was written.');
    expect(step.summary).toContain('<td><code>would be Better</code></td>');
    expect(calls()).toEqual(['GET']);
  });

  test('reports that nothing would change', async () => {
    const step = await dryRun({ ...EXISTING, 'if-exists': 'update' });
    expect(step.outputs).toMatchObject({ id: before.id, outcome: 'unchanged' });
    expect(step.summary).toContain('🔎 Dry run: would not change the OpenRouter workspace');
    expect(step.log).toContain('Dry run: nothing was written.');
    expect(calls()).toEqual(['GET']);
  });

  test('leaves nothing to its post step', async () => {
    const step = await dryRun({ slug: 'new-one', 'delete-after-job': 'true' });
    expect(step.state).not.toHaveProperty('task');
  });
});
