import { expect, test } from '@jest/globals';
import { annotations, openHarness } from '../../support/harness.ts';

const harness = openHarness();
const slugs = () => harness.sandbox.account.workspaces.slice(1).map(({ slug }) => slug);

test('the root action creates the workspace, and its post step deletes it after the text has changed', async () => {
  const inputs = { name: 'n'.repeat(101), 'slug-from': 'feature/Menü', 'delete-after-job': 'true' };
  const step = await harness.run('', inputs);
  const slug = 'feature-menu-b15fda22';
  expect(step.outputs).toMatchObject({ slug, name: 'n'.repeat(100), created: 'true' });
  expect(slugs()).toEqual([slug]);
  expect(step.log).toContain(`The slug is ${slug}, made from slug-from.`);
  expect(annotations(step, 'notice').map(({ data }) => data)).toEqual([
    'name was cut to 100 characters: OpenRouter accepts no more.',
  ]);
  await harness.end('', { ...inputs, 'slug-from': 'main' }, step);
  expect(slugs()).toEqual([]);
});
