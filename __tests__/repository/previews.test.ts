import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { closePull, openPull } from '../../sandbox/github/people.ts';
import { identify, lockOf } from '../../src/actions/preview/naming.ts';
import { SHOP } from '../support/known-repositories.ts';
import { openPreviewHarness } from '../support/preview-harness.ts';
import { openRecipeJobs, recipeOf } from '../support/recipe-harness.ts';
import { ROOT } from '../support/root.ts';

const RECIPE = recipeOf('docs/previews.md', 'Preview for another service');

const { harness, gitHub, slugs } = openPreviewHarness();
const { run } = openRecipeJobs({ harness, gitHub });

describe('the file for code without the management key in docs/previews.md', () => {
  test('gives the next job a workspace while the pull request is open, and no API key', async () => {
    const { github } = gitHub.server;
    const workspaceOf = async () => {
      const { result, main } = await run(RECIPE, opened, { job: 'preview' });
      expect(result).toBe('success');
      return main['preview']?.outputs['id'];
    };
    const [opened] = openPull(github, gitHub.repository);
    expect(await workspaceOf()).toBe(harness.sandbox.account.workspaces[1]?.id);
    expect(harness.sandbox.account.keys).toEqual([]);
    closePull(github, gitHub.repository, 1);
    expect((await workspaceOf()) ?? '').toBe('');
    expect(slugs()).toEqual(['preview-shop-1']);
  });

  test('has an environment only in the job that creates the workspace', () => {
    const environments = Object.entries(RECIPE.jobs).map(([name, job]) => [
      name,
      'environment' in job,
    ]);
    expect(environments).toEqual([
      ['preview', true],
      ['use', false],
    ]);
  });
});

test('docs/reference.md says what a preview is called, and what once it is locked', () => {
  const reference = readFileSync(join(ROOT, 'docs/reference.md'), 'utf8');
  const preview = { ...identify({ kind: 'pull', number: 42 }, SHOP, undefined), id: '' };
  const { slug, description } = lockOf(preview);
  const words = [preview.slug, preview.name, preview.description, slug];
  for (const word of [...words, description.slice(preview.description.length)]) {
    expect(reference).toContain(`\`${word}\``);
  }
});
