import { expect, test } from '@jest/globals';
import { expectFailure } from '../../support/harness.ts';
import { openSweepHarness } from '../../support/sweep.ts';

const { seedSome, runSweep, calls } = openSweepHarness();

const PREFIX = 'must begin with at least 2 characters of a slug before the first * or ?';

test.each<[string, Record<string, string>, string]>([
  ['no pattern', { 'slug-pattern': '' }, 'slug-pattern is required'],
  ['the pattern *', { 'slug-pattern': '*' }, PREFIX],
  ['a pattern with a prefix of one character', { 'slug-pattern': 'p*' }, PREFIX],
  ['a pattern with a wildcard too early', { 'slug-pattern': 'p?eview-*' }, PREFIX],
  [
    'a pattern with alternatives',
    { 'slug-pattern': '{preview,pr}-*' },
    'must be a slug, in which *',
  ],
  ['no age', { 'older-than': '' }, 'older-than is required, and must be a duration such as'],
  ['an age without a unit', { 'older-than': '14' }, 'given: "14"\n'],
  ['an age in months', { 'older-than': '6M' }, 'given: "6M"\n'],
  ['an age in capitals', { 'older-than': '14 D' }, 'try: 14d'],
  ['two amounts as a number', { 'max-deletions': '$5$5' }, 'given: "$5$5"\n'],
  ['an invalid entry in keep', { keep: 'preview-1, Preview_2' }, 'keep (entry 2) must be a slug'],
  ['an age of 0', { 'older-than': '0d' }, 'older-than must be from 1m to 3650d'],
  ['0 deletions', { 'max-deletions': '0' }, 'must be a whole number, 1 or more'],
  ['1.5 deletions', { 'max-deletions': '1.5' }, 'must be a whole number, 1 or more'],
])('a sweep step with %s fails before any request', async (_, inputs, problem) => {
  seedSome();
  expect(expectFailure(await runSweep(inputs)).message).toContain(problem);
  expect(calls()).toEqual([]);
});
