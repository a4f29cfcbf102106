import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../live/catalogue.ts';
import { openSandbox, runInSandbox } from '../../live/sandbox.ts';
import { onCall, openVaried, VARIATIONS, type Variation } from '../support/live-variations.ts';
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

describe('how late analytics is', () => {
  const probe = async (variation: Variation) => {
    const assumptions = CATALOGUE.filter(({ id }) => id === 'analytics-of-deleted-key');
    const { observations } = await runInSandbox(assumptions, openVaried(variation));
    return observations.map(({ verdict, observed }) => [verdict, observed]);
  };

  test.each([
    [0, 'agrees', 'at once'],
    [30, 'agrees', 'after at most 31 min'],
    // The documents promise a cost after an hour.
    [70, 'differs', 'after at most 71 min'],
    [130, 'differs', 'not in the time of this probe'],
  ])('is observed in minutes: %d min', async (minutes, verdict, delay) => {
    const late: Variation = ({ account, respond }) => {
      account.analytics.lag = minutes * 60_000;
      return respond();
    };
    expect(await probe(late)).toEqual([[verdict, `existing: ${delay}; deleted: ${delay}`]]);
  });

  test('is observed with its warnings, with which usage rejects what analytics has', async () => {
    const warned = onCall('POST /analytics/query', (response) => {
      const { data } = JSON.parse(response.body) as { data: object };
      return { ...response, body: JSON.stringify({ data: { ...data, warnings: ['Sampled'] } }) };
    });
    const [[verdict, observed] = []] = await probe(warned);
    expect(verdict).toBe('differs');
    expect(observed).toMatch(/; deleted: .*, with the warning "Sampled"$/);
  });
});

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
