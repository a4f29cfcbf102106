import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CATALOGUE } from '../../live/catalogue.ts';
import { openSandbox, runInSandbox } from '../../live/sandbox.ts';
import { openVaried, VARIATIONS, type Variation } from '../support/live-variations.ts';
import { ROOT } from '../support/root.ts';

test('each assumption has an id of its own, and a variation of the sandbox', () => {
  expect(CATALOGUE.map(({ id }) => id).toSorted()).toEqual(Object.keys(VARIATIONS).sort());
});

test.each(CATALOGUE)('the assumption $id names code that exists', ({ reliedOnBy, sentence }) => {
  expect(readFileSync(join(ROOT, reliedOnBy.file), 'utf8')).toContain(reliedOnBy.name);
  expect(sentence).toMatch(/^[A-Z].*\.$/);
});

test('the sandbox agrees with each assumption, also without a request that costs something', async () => {
  for (const spend of [true, false]) {
    const { observations, undeleted } = await runInSandbox(CATALOGUE, openSandbox({ spend }));
    const others = observations.filter(({ verdict }) => verdict !== 'agrees');
    expect(others.map(({ observed }) => observed)).toEqual(
      spend ? [] : Array(8).fill('only with --spend'),
    );
    expect(observations).toHaveLength(CATALOGUE.length);
    expect(undeleted).toEqual([]);
  }
});

test.each(CATALOGUE)(
  'a sandbox that differs from the assumption $id is found out',
  async (assumption) => {
    const variation = VARIATIONS[assumption.id] as Variation;
    const { observations } = await runInSandbox([assumption], openVaried(variation));
    expect(observations).toEqual([expect.objectContaining({ assumption, verdict: 'differs' })]);
  },
);

test.each(globSync('docs/**/*.md', { cwd: ROOT }))(
  '%s names assumptions that exist, with their files',
  (page) => {
    const links = readFileSync(join(ROOT, page), 'utf8').matchAll(
      /\[`([a-z-]+)`\]\((?:\.\.\/)+(live\/assumptions\/\w+\.ts)\)/g,
    );
    for (const [, id, file = ''] of links) {
      expect(readFileSync(join(ROOT, file), 'utf8')).toContain(`id: '${id}',`);
    }
  },
);
