import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  deployedKeyName,
  deployingJob,
  isSameKeyName,
  isSamePreviewKeyName,
  jobKeyName,
  readKeyName,
  shortenWorkflow,
  uniqueKeyName,
} from '../../src/shared/key-name.ts';

type Subject = Parameters<typeof deployedKeyName>[0];

const branch = (name: string): Subject => ({ kind: 'branch', name });

describe('the generated name of a key', () => {
  const ENV = {
    GITHUB_REPOSITORY: 'octo/app',
    GITHUB_WORKFLOW: 'Preview',
    GITHUB_RUN_ID: '42',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_JOB: 'test',
  };

  const LONG = { ...ENV, GITHUB_WORKFLOW: `${'🧪'.repeat(40)}cut` };
  const UNNAMED = { ...ENV, GITHUB_WORKFLOW: '.github/workflows/preview-of-pull-requests.yml' };
  test.each<[string, NodeJS.ProcessEnv, options: { job?: string; entry?: string }, name: string]>([
    ['leads to the job', ENV, {}, 'octo/app / Preview / 42.2 / test'],
    ['has an entry', ENV, { entry: '3.12' }, 'octo/app / Preview / 42.2 / test (3.12)'],
    ['has another job', ENV, { job: 'unit' }, 'octo/app / Preview / 42.2 / unit'],
    ['has that job in one part', ENV, { job: 'a / b' }, 'octo/app / Preview / 42.2 / a/b'],
    [
      'has no more parts',
      ENV,
      { entry: 'a / 3.12 / b' },
      'octo/app / Preview / 42.2 / test (a/3.12/b)',
    ],
    [
      'has the whole job behind a long workflow',
      LONG,
      {},
      `octo/app / ${'🧪'.repeat(40)}… / 42.2 / test`,
    ],
    [
      'is not cut inside a separator',
      { ...ENV, GITHUB_WORKFLOW: `${'x'.repeat(38)} / y` },
      {},
      `octo/app / ${'x'.repeat(38)}… / 42.2 / test`,
    ],
    [
      'is without the half of a separator that a workflow ends with',
      { ...ENV, GITHUB_WORKFLOW: 'x /' },
      {},
      'octo/app / x / 42.2 / test',
    ],
    [
      'has the file of a workflow without a name',
      UNNAMED,
      {},
      'octo/app / preview-of-pull-requests.yml / 42.2 / test',
    ],
  ])('%s', (_, env, options, name) => {
    expect(jobKeyName(env, options)).toBe(name);
  });
});

test.each([
  [0, 'CI #000000'],
  [0.5, 'CI #i00000'],
  [1 - Number.EPSILON, 'CI #zzzzzz'],
])('the name of each key ends with six random characters: %d', (random, name) => {
  expect(uniqueKeyName('CI', random)).toBe(name);
});

test.each([
  ['CI', 'CI', true],
  ['CI #0ab1c2', 'CI #zzzzzz', true],
  ['CI #0ab1c2', 'CI', true],
  ['Deploy #123456 #0ab1c2', 'Deploy #123456 #zzzzzz', true],
  ['CI #0ab1c2', 'Other #0ab1c2', false],
  ['CI #42', 'CI', false],
  ['CI #0AB1C2', 'CI', false],
  ['CI#0ab1c2', 'CI', false],
  ['Deploy #123456 #0ab1c2', 'Deploy', false],
])('whether the names %j and %j are the same but for their endings: %j', (one, other, isSame) => {
  expect(isSameKeyName(one, other)).toBe(isSame);
  expect(isSamePreviewKeyName(one, other)).toBe(isSame);
});

test.each([
  ['Preview of every pull request, 40 letters', 'Preview of every pull request, 40…'],
  ['Preview of every pull request 40 letters', 'Preview of every pull request 40 letters'],
  [`${'x'.repeat(36)} / another`, `${'x'.repeat(36)}…`],
])('the name of the workflow %j is shortened to %j, once', (workflow, name) => {
  expect(shortenWorkflow(workflow)).toBe(name);
  expect(shortenWorkflow(name)).toBe(name);
});

const [DOCS, SHOP] = ['docs', 'shop'].map((app) => `Preview of every pull request of the ${app}`);
test.each([
  [DOCS, 'deploy', `${DOCS} / deploy`],
  [SHOP, 'deploy', `${SHOP} / deploy`],
  ['Preview', 'deploy', 'Preview / deploy'],
  ['.github/workflows/preview.yml', 'deploy', 'preview.yml / deploy'],
  ['Check .github/workflows/', 'deploy', 'Check .github/workflows/ / deploy'],
])('the job of a deployment in the workflow %s is named with it', (workflow, job, name) => {
  expect(deployingJob({ GITHUB_WORKFLOW: workflow, GITHUB_JOB: job })).toBe(name);
});

/** Git allows neither a space nor a control character in the name of a branch. */
const subjects = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 31 }).map((number): Subject => ({ kind: 'pull', number })),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 400 })
    .map((name) => branch(name.replace(/[ \p{Cc}]/gu, '-'))),
);
const repositories = fc.stringMatching(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/);
/** What ends like this would seem to be two parts. */
const texts = fc.string({ minLength: 1, maxLength: 60 }).filter((text) => !text.endsWith(' /'));
/** What GitHub allows as the id of a job. */
const jobs = fc.stringMatching(/^[A-Za-z_][\w-]{0,20}$/);
/** The name of a job, or what an author calls the job that uses a key, such as a version. */
const users = fc.oneof(jobs, fc.constantFrom('3.12', '17.1', 'a / 3.12'));

test('the key of a job keeps its name in any other repository, and has that of no other job', () => {
  const jobs = fc.string({ minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(subjects, repositories, repositories, jobs, jobs, (subject, a, b, job, other) => {
      const name = uniqueKeyName(deployedKeyName(subject, a, job), 0.1);
      const nameIn = (text: string) => uniqueKeyName(deployedKeyName(subject, b, text), 0.2);
      expect(isSamePreviewKeyName(name, nameIn(job))).toBe(true);
      expect(isSamePreviewKeyName(name, nameIn(other))).toBe(job === other);
    }),
  );
});

test('the key of a job has a name that no bound of the API changes, so that the next one replaces it', () => {
  const end = 'x'.repeat(98);
  const name = `octo-org/shop: ${end} / test`;
  expect(deployedKeyName(branch(`${end}${'y'.repeat(100)}`), 'octo-org/shop', 'test')).toBe(name);
});

test('the name of a key for a job is read back, with its repository, run, workflow and job', () => {
  const runs = fc.tuple(fc.integer({ min: 1, max: 10 ** 12 }), fc.integer({ min: 1, max: 99 }));
  fc.assert(
    fc.property(repositories, texts, runs, jobs, users, (repository, workflow, run, job, user) => {
      const [id, attempt] = run.map(String);
      const env = {
        GITHUB_REPOSITORY: repository,
        GITHUB_WORKFLOW: workflow,
        GITHUB_RUN_ID: id,
        GITHUB_RUN_ATTEMPT: attempt,
        GITHUB_JOB: job,
      };
      expect(readKeyName(uniqueKeyName(jobKeyName(env, { job: user }), 0.5))).toEqual({
        kind: 'job',
        repository,
        run: run.join('.'),
        job: `${shortenWorkflow(workflow)} / ${user.replaceAll(' / ', '/')}`,
      });
    }),
  );
});

test('the name of a key for a deployed preview is read back, with its repository, workflow and job', () => {
  fc.assert(
    fc.property(subjects, repositories, texts, (subject, repository, job) => {
      const name = uniqueKeyName(deployedKeyName(subject, repository, job), 0.5);
      expect(readKeyName(name)).toEqual({ kind: 'deployment', repository, job });
    }),
  );
});

test.each([
  ['octo/app / Preview / test', { kind: 'job', repository: 'octo/app', job: '' }],
  [
    'octo/app / 1.2 / 42.2 / test #0ab1c2',
    { kind: 'job', repository: 'octo/app', run: '42.2', job: '1.2 / test' },
  ],
  ['octo/app: by hand', { kind: 'deployment', repository: 'octo/app', job: '' }],
  ['octo/app', { kind: 'other' }],
  ['42 #0ab1c2', { kind: 'other' }],
  ['By hand / #42', { kind: 'other' }],
])('the name %s says %j', (name, said) => {
  expect(readKeyName(name)).toEqual(said);
});
