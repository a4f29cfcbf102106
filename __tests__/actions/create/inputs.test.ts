import { describe, expect, test } from '@jest/globals';
import { readCreateInputs } from '../../../src/actions/create/inputs.ts';
import { ACCEPTED, REJECTED } from '../../support/input-cases.ts';
import { KEY, readWith, rejectionOf } from '../../support/read-inputs.ts';

const REQUIRED = { name: 'Preview', slug: 'preview-42' };
const PUSH = { GITHUB_EVENT_NAME: 'push' };

const read = (texts: Record<string, string>) =>
  readWith(readCreateInputs, { ...REQUIRED, ...texts });
const reject = (texts: Record<string, string>) =>
  rejectionOf(readCreateInputs, { ...REQUIRED, ...texts }, PUSH);

test('a create step with the required inputs alone requests nothing else, and has safe defaults', () => {
  expect(read({})).toStrictEqual({
    managementKey: KEY,
    apiUrl: 'https://openrouter.ai/api/v1',
    timeoutMs: 60_000,
    desired: REQUIRED,
    governance: {},
    governanceInputs: [],
    ifExists: 'fail',
    dryRun: false,
    deleteAfterJob: false,
    deleteKeys: false,
  });
});

test('the inputs that control a create step are read', () => {
  expect(
    read({
      'if-exists': 'update',
      'dry-run': 'true',
      'delete-after-job': 'true',
      'delete-keys': 'true',
      'api-url': 'https://proxy.example/v1//',
      timeout: '24h',
    }),
  ).toMatchObject({
    apiUrl: 'https://proxy.example/v1',
    timeoutMs: 86_400_000,
    ifExists: 'update',
    dryRun: true,
    deleteAfterJob: true,
    deleteKeys: true,
  });
});

test.each(ACCEPTED)('the value of %s that is written as %j is sent', (input, text, sent) => {
  const { desired } = read({ [input]: text });
  expect(desired).toStrictEqual({ ...REQUIRED, [input.replaceAll('-', '_')]: sent });
});

// A description keeps its line breaks as they are written.
test.each([
  ...ACCEPTED.filter(([input]) => input !== 'description'),
  ['management-key', KEY],
  ['timeout', '30s'],
] as string[][])('the value of %s that is written as %j is the same with CRLF', (input, text) => {
  const withCrlf = `${text.replaceAll('\n', '\r\n')}\r\n`;
  expect(read({ [input]: withCrlf })).toStrictEqual(read({ [input]: text }));
});

test.each(REJECTED)('the value of %s that is written as %j is rejected', (input, text, line) => {
  expect(reject({ [input]: text })).toEqual([line]);
});

describe('the API may be reached without TLS', () => {
  test.each(['http://127.0.0.1:8080', 'http://127.9.9.9', 'http://localhost', 'http://[::1]:80'])(
    'at %s, which is this machine',
    (url) => {
      expect(read({ 'api-url': `${url}/v1` }).apiUrl).toMatch(/^http:.*\/v1$/);
    },
  );

  test.each([
    'http://128.0.0.1/v1',
    'http://[::2]/v1',
    'http://[::ffff:127.0.0.1]/v1',
    'ftp://localhost/v1',
  ])('but not at %s', (url) => {
    expect(reject({ 'api-url': url })).toHaveLength(1);
  });
});

describe('a rejected text is not shown', () => {
  test.each([
    ['of api-url with a user', { 'api-url': 'https://user@host/v1' }],
    ['of api-url with a password', { 'api-url': 'https://:secret@host/v1' }],
    ['of any input with the management key', { 'if-exists': `is ${KEY}` }],
  ])('%s', (_, texts) => {
    const [line, ...others] = reject(texts);
    expect(others).toEqual([]);
    expect(line).not.toContain('given');
    expect(line).not.toContain(Object.values(texts)[0]);
  });

  test('but the word undefined is, without a management key', () => {
    const texts = { ...REQUIRED, 'management-key': '', 'if-exists': 'undefined' };
    expect(rejectionOf(readCreateInputs, texts)).toContain(
      'if-exists must be fail, reuse or update; given: "undefined"',
    );
  });

  test('but that of an input without it, and with an @, is', () => {
    expect(reject({ 'default-text-model': 'a@b' })[0]).toContain('given: "a@b"');
  });
});

const LINE = 'delete-keys needs delete-after-job: true';
test.each([
  ['is missing', {}, [LINE]],
  ['is false', { 'delete-after-job': 'false' }, [LINE]],
  // Then that is the problem to solve first.
  ['is invalid', { 'delete-after-job': 'yes' }, [expect.stringContaining('delete-after-job must')]],
])('delete-keys needs delete-after-job: true and is rejected if that %s', (_, texts, lines) => {
  expect(reject({ 'delete-keys': 'true', ...texts })).toEqual(lines);
});

describe('an empty management key is reported with its likely cause', () => {
  const SECRET = 'the secret that the workflow names does not exist in the repository';
  const FORK = 'runs for forks get no secrets';
  test.each([
    ['push', 'octocat', 'is empty: the secret'],
    ['pull_request_target', 'octocat', 'is empty: the secret'],
    ['pull_request', 'octocat', `on pull_request, ${FORK}`],
    ['pull_request_review', 'octocat', `on pull_request_review, ${FORK}`],
    ['pull_request', 'dependabot[bot]', "it has Dependabot's secrets and not those of Actions"],
    ['', '', 'is empty: the secret'],
  ])('on %j by %j', (event, actor, cause) => {
    const env = { GITHUB_EVENT_NAME: event, GITHUB_ACTOR: actor };
    const [line, ...others] = rejectionOf(
      readCreateInputs,
      { ...REQUIRED, 'management-key': ' ' },
      env,
    );
    expect(others).toEqual([]);
    expect(line).toMatch(/^management-key is required, and is empty/);
    expect(line).toContain(cause);
    expect(line?.includes(SECRET)).toBe(actor !== 'dependabot[bot]');
  });
});

test('a management key has at least 16 characters', () => {
  const texts = (length: number) => ({ ...REQUIRED, 'management-key': 'k'.repeat(length) });
  expect(readWith(readCreateInputs, texts(16)).managementKey).toHaveLength(16);
  expect(rejectionOf(readCreateInputs, texts(15))).toEqual([
    'management-key is too short to be a key: a part of it may be missing',
  ]);
});

describe('a slug whose end an empty expression left out', () => {
  const ALL = 'github.event.number, github.event.pull_request.number and github.head_ref are empty';
  const OF_ISSUE = `${ALL}; use github.event.issue.number`;
  const OF_REVIEW =
    'github.event.number and github.head_ref are empty; use github.event.pull_request.number';
  test.each([
    ['push', `: on push, ${ALL}`],
    ['issues', `: on issues, ${OF_ISSUE}`],
    ['issue_comment', `: on issue_comment, ${OF_ISSUE}`],
    ['pull_request_review', `: on pull_request_review, ${OF_REVIEW}`],
    ['pull_request_review_comment', `: on pull_request_review_comment, ${OF_REVIEW}`],
    ['pull_request', ''],
    ['pull_request_target', ''],
    ['', ''],
  ])('is reported with the fields that are empty on %j', (event, fields) => {
    const env = event === '' ? {} : { GITHUB_EVENT_NAME: event };
    const [line = ''] = rejectionOf(readCreateInputs, { ...REQUIRED, slug: 'preview-' }, env);
    const [, cause] = line.split('; the expression ');
    expect(cause).toBe(`at its end was probably empty${fields}`);
  });
});

test.each([
  ['if-exists', 'REUSE', 'reuse'],
  ['if-exists', 'skip', undefined],
  ['api-url', 'HTTP://openrouter.ai/v1', 'https://openrouter.ai/v1'],
  ['api-url', 'openrouter.ai', 'https://openrouter.ai'],
  ['api-url', 'openrouter.ai:443/v1', 'https://openrouter.ai:443/v1'],
  ['api-url', 'openrouter', undefined],
])('the suggestion for %s: %s is %j', (input, text, suggestion) => {
  const [line, ...others] = reject({ [input]: text });
  expect(others).toEqual([]);
  expect(line?.split('; try: ')[1]).toBe(suggestion);
});
