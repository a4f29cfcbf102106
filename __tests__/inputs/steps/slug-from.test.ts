import { expect, test } from '@jest/globals';
import { MAX_LENGTH } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { annotations, openHarness } from '../../support/harness.ts';

const harness = openHarness();
const slugs = () => harness.sandbox.account.workspaces.slice(1).map(({ slug }) => slug);

test('the root action creates the workspace, and its post step deletes it after the text has changed', async () => {
  const longest = 'n'.repeat(MAX_LENGTH.name);
  const inputs = { name: `${longest}n`, 'slug-from': 'feature/Menü', 'delete-after-job': 'true' };
  const step = await harness.run('', inputs);
  const slug = 'feature-menu-b15fda22';
  expect(step.outputs).toMatchObject({ slug, name: longest, created: 'true' });
  expect(slugs()).toEqual([slug]);
  expect(step.log).toContain(`The slug is ${slug}, made from slug-from.`);
  expect(annotations(step, 'notice').map(({ data }) => data)).toEqual([
    `name was cut to ${MAX_LENGTH.name} characters: OpenRouter accepts no more.`,
  ]);
  await harness.end('', { ...inputs, 'slug-from': 'main' }, step);
  expect(slugs()).toEqual([]);
});
