import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentData,
  formatMarker,
  limitComment,
  mergeComment,
  readComment,
} from '../../../src/actions/preview/comment.ts';
import {
  type JobCost,
  jobCostsOf,
  labelFormat,
  limitJobCosts,
  mergeJobCosts,
} from '../../../src/actions/preview/comment-jobs.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import {
  keyOf,
  muchData,
  rememberedOf,
  someData,
  someJobs,
} from '../../support/preview-comment.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const workspace = { id: ID, slug: 'preview-shop-42' };

const costsOf = (keys: readonly Partial<Key>[], toLine = (text: string) => text) =>
  jobCostsOf(
    keys.map((fields) => keyOf(workspace, fields)),
    { toLine },
  );
const jobKey = (job: string, usage: unknown) => ({
  name: `octo-org/shop / ${job.replace(' / ', ' / 17.1 / ')} / a1b2c3`,
  usage,
});

/** As many jobs, each of which has cost a cent more than the one before it. */
const manyJobs = (count: number, label = 'Preview / test'): JobCost[] =>
  Array.from({ length: count }, (_, at): JobCost => {
    return [`${label} ${String(at).padStart(3, '0')}`, `${1 + at / 100}`, 1];
  });

const withJobs = (byId: Record<string, JobCost[]>): CommentData => ({
  isCut: false,
  workspaces: Object.fromEntries(
    Object.entries(byId).map(([id, jobs]) => {
      return [id, { slug: workspace.slug, deletion: null, cap: null, keys: {}, jobs }];
    }),
  ),
});

describe('what the jobs of a preview have cost', () => {
  test('is the sum of their keys and how many these are, by job or deployment, sorted', () => {
    expect(
      costsOf([
        jobKey('Preview / test', 0.1),
        jobKey('Preview / test', 0.2),
        { name: 'octo-org/shop#42 / Preview / deploy', usage: 2 },
        { name: "Anna's laptop", usage: 5 },
        { name: 'octo-org/shop#42', usage: 5 },
      ]),
    ).toEqual([
      ['Preview / deploy', '2', 1],
      ['Preview / test', '0.3', 2],
    ]);
  });

  test('has a job named __proto__', () => {
    expect(costsOf([{ name: 'octo-org/shop#42 / __proto__', usage: 1 }])).toEqual([
      ['__proto__', '1', 1],
    ]);
  });

  test('counts a key whose counter is unknown, without an amount', () => {
    const keys = [jobKey('CI / test', 0.5), jobKey('CI / test', 'much'), jobKey('CI / test', -1)];
    expect(costsOf(keys)).toEqual([['CI / test', '0.5', 3]]);
    expect(costsOf([jobKey('CI / test', null)])).toEqual([['CI / test', '0', 1]]);
  });

  test('has labels without secrets, of which the last 60 characters are left', () => {
    const secret = 'sk-or-v1-0123456789abcdef';
    const name = `octo-org/shop#42 / ${'\u{1f4a5}'.repeat(50)}${secret}${'x'.repeat(50)}`;
    const toLine = (text: string) => text.replaceAll(secret, '***');
    expect(costsOf([{ name, usage: 1 }], toLine)).toEqual([
      [`${'\u{1f4a5}'.repeat(7)}***${'x'.repeat(50)}`, '1', 1],
    ]);
  });

  test('has a label for each job of a workflow with a long name', () => {
    const workflow = 'Preview environments for pull requests and branches of the storefront';
    const jobs = ['checks-of-the-admin-pages', 'checks-of-the-shop-pages', 'deploy', 'evals'];
    const labels = costsOf(jobs.map((job) => jobKey(`${workflow} / ${job}`, 1)));
    expect(labels.map(([label]) => label.split(' / ')[1]).sort()).toEqual(jobs);
  });
});

describe('the costs of jobs that two runs know', () => {
  test('are joined per label to the larger amount and, apart from that, the larger count', () => {
    const [a, b]: JobCost[][] = [
      [
        ['evals', '10.3', 20],
        ['test', '1', 5],
      ],
      [
        ['deploy', '2', 1],
        ['evals', '9', 21],
      ],
    ];
    expect(mergeJobCosts(a ?? [], b ?? [])).toEqual([
      ['deploy', '2', 1],
      ['evals', '10.3', 21],
      ['test', '1', 5],
    ]);
  });

  test('can be joined in any order, and as often as one likes', () => {
    fc.assert(
      fc.property(someJobs, someJobs, someJobs, (a, b, c) => {
        expect(mergeJobCosts(a, b)).toEqual(mergeJobCosts(b, a));
        expect(mergeJobCosts(mergeJobCosts(a, b), c)).toEqual(
          mergeJobCosts(a, mergeJobCosts(b, c)),
        );
        expect(mergeJobCosts(a, a)).toEqual(a);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a comment', () => {
  const marker = formatMarker(withJobs({ [ID]: [['CI / test', '0.5', 2]] }));

  test('from before it remembered jobs is read without loss', () => {
    fc.assert(
      fc.property(someData, (data) => {
        const old = structuredClone(data) as { workspaces: Record<string, { jobs?: unknown }> };
        for (const one of Object.values(old.workspaces)) delete one.jobs;
        const read = readComment(formatMarker(old as CommentData));
        expect(mergeComment(read as CommentData, data)).toEqual(data);
        expect(formatMarker(read as CommentData).replaceAll(',"jobs":[]', '')).toBe(
          formatMarker(old as CommentData),
        );
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ['are no list', '{}'],
    ['have a label that is no text', '[[1,"0.5",2]]'],
    ['have a label that is too long', `[["${'x'.repeat(61)}","0.5",2]]`],
    ['have an amount that is none', '[["CI / test","1e9",2]]'],
    ['have no amount', '[["CI / test",null,2]]'],
    ['have a count that is none', '[["CI / test","0.5",0.5]]'],
    ['have a label twice', '[["CI / test","0.5",2],["CI / test","0.5",2]]'],
    ['have more than three parts', '[["CI / test","0.5",2,2]]'],
  ])('whose jobs %s loses only these', (_, jobs) => {
    const broken = marker.replace('[["CI / test","0.5",2]]', jobs);
    expect(broken).not.toBe(marker);
    expect(readComment(broken)).toEqual(withJobs({ [ID]: [] }));
  });
});

describe('of the costs of jobs', () => {
  const keptOf = (byId: Record<string, JobCost[]>, maxLength = 60_000) =>
    Object.fromEntries(limitJobCosts(Object.entries(byId), maxLength));

  test('a comment has the 20 largest of each workspace, sorted by label', () => {
    const jobs = manyJobs(25);
    expect(keptOf({ [ID]: jobs, other: manyJobs(3, 'Other') })).toEqual({
      [ID]: jobs.slice(5),
      other: manyJobs(3, 'Other'),
    });
  });

  test('a comment has 6,000 characters, the largest first', () => {
    const ids = Array.from({ length: 10 }, (_, at) => `w${at}`);
    const kept = keptOf(Object.fromEntries(ids.map((id) => [id, manyJobs(20, 'é'.repeat(50))])));
    const all = Object.values(kept).flat();
    expect(JSON.stringify(all).length).toBeLessThan(6_000);
    // As it is written, each has some 325 characters.
    expect(all).toHaveLength(18);
    expect(Math.min(...all.map(([, usd]) => Number(usd)))).toBe(1.18);
  });

  test('none is kept if that would take the space of a key, and their loss is not worth a word', () => {
    const keys = Array.from({ length: 50 }, (_, at) => keyOf(workspace, { hash: `key${at}` }));
    const data = mergeComment(rememberedOf({ workspace, keys }), withJobs({ [ID]: manyJobs(5) }));
    const { length } = formatMarker({
      ...data,
      workspaces: { [ID]: { ...data.workspaces[ID], jobs: [] } },
    } as CommentData);
    const limited = limitComment(data, length + 80);
    expect(limited.isCut).toBe(false);
    expect(Object.keys(limited.workspaces[ID]?.keys ?? {})).toHaveLength(50);
    expect(limited.workspaces[ID]?.jobs).toEqual(manyJobs(5).slice(3));
  });

  test('the same are kept if those that were left out are joined with them again', () => {
    const label = fc.tuple(fc.constantFrom('a', 'é'.repeat(30), 'x'.repeat(55)), fc.nat(30));
    const costs = fc
      .uniqueArray(label, { selector: String, maxLength: 40 })
      .map((labels) =>
        labels
          .map(([text, at]): JobCost => [`${text}${at}`, `${(at * 7) % 10}`, 1])
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    fc.assert(
      fc.property(costs, costs, fc.nat(2_000), (all, some, maxLength) => {
        const joined = mergeJobCosts(all, some);
        const kept = keptOf({ [ID]: joined }, maxLength)[ID] ?? [];
        // Another run knows only a part of what was left out.
        const again = keptOf({ [ID]: mergeJobCosts(kept, some) }, maxLength)[ID] ?? [];
        expect(again).toEqual(kept);
      }),
      { numRuns: 200 },
    );
  });

  test('none is a reason for a smaller comment to say that something is missing', () => {
    fc.assert(
      fc.property(muchData, fc.integer({ min: 12_000, max: 60_000 }), (some, max) => {
        const [id = ID] = Object.keys(some.workspaces);
        const data = mergeComment(some, withJobs({ [id]: [] }));
        const more = mergeComment(data, withJobs({ [id]: manyJobs(40) }));
        const keysIn = (one: CommentData) => Object.values(one.workspaces).map(({ keys }) => keys);
        const [without, limited] = [limitComment(data, max), limitComment(more, max)];
        expect(keysIn(limited)).toEqual(keysIn(without));
        expect(limited.isCut).toBe(without.isCut);
        expect(formatMarker(limited).length).toBeLessThanOrEqual(max);
      }),
      { numRuns: 20 },
    );
  });
});

test.each<[string, readonly string[], string, string]>([
  ['without the only workflow', ['CI / test', 'CI / evals', 'deploy'], 'CI / test', 'test'],
  ['with one of several workflows', ['CI / test', 'Nightly / evals'], 'CI / test', 'CI / test'],
  ['as it is without a workflow', ['CI / test', 'deploy'], 'deploy', 'deploy'],
  ['with a workflow that no job has', ['CI / test'], 'Nightly / evals', 'Nightly / evals'],
])('a label is shown %s', (_, labels, label, expected) => {
  const costs = labels.map((one): JobCost => [one, '1', 1]);
  expect(labelFormat(costs)(label)).toBe(expected);
});
