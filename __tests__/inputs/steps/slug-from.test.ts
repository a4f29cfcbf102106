import { expect, test } from '@jest/globals';
import { pushTo } from '../../../sandbox/github/people.ts';
import { annotations } from '../../support/harness.ts';
import { openPreviewHarness } from '../../support/preview-steps.ts';

const { harness, gitHub, job, slugs } = openPreviewHarness();

const BRANCH = 'feature/Menü';
const PREVIEW = { 'slug-from': BRANCH, 'slug-prefix': 'preview-shop-' };
const SLUG = 'preview-shop-feature-menu-b15fda22';
const LINE = `The slug is ${SLUG}, made from slug-from.`;

const create = (inputs = {}) => harness.run('', { name: 'Menu', ...PREVIEW, ...inputs });

test('usage, key, the root action and delete find the workspace that preview made of a branch', async () => {
  const [event] = pushTo(gitHub.server.github, gitHub.repository, BRANCH);
  const preview = await job(event, {}, 0.5);
  const { id, slug } = preview.main.outputs;
  expect(slug).toBe(SLUG);

  const usage = await harness.run('usage', PREVIEW);
  expect(usage.outputs).toMatchObject({ 'cost-usd': '0.5', requests: '1' });
  const key = await harness.run('key', PREVIEW);
  expect(key.outputs).toMatchObject({ 'workspace-id': id, 'workspace-slug': SLUG });
  const reused = await create({ 'if-exists': 'reuse' });
  expect(reused.outputs).toMatchObject({ id, slug: SLUG, created: 'false' });
  const deleted = await harness.run('delete', { ...PREVIEW, 'delete-keys': 'true' });
  expect(deleted.outputs).toMatchObject({ id, slug: SLUG, deleted: 'true', 'deleted-keys': '2' });

  expect(slugs()).toEqual([]);
  for (const { log } of [usage, key, reused, deleted]) {
    expect(log.split('\n').filter((line) => line === LINE)).toHaveLength(1);
  }
});

test('the root action creates the workspace, and its post step deletes it after the text has changed', async () => {
  const name = 'n'.repeat(101);
  const step = await create({ name, 'delete-after-job': 'true' });
  expect(step.outputs).toMatchObject({ slug: SLUG, name: 'n'.repeat(100), created: 'true' });
  expect(slugs()).toEqual([SLUG]);
  expect(annotations(step, 'notice').map(({ data }) => data)).toEqual([
    'name was cut to 100 characters: OpenRouter accepts no more.',
  ]);
  await harness.end('', { name, 'slug-from': 'main', 'delete-after-job': 'true' }, step);
  expect(slugs()).toEqual([]);
});
