import { getProxyUrl } from '@actions/http-client';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDeleteInputs } from '../../src/actions/delete/inputs.ts';
import { readKeyInputs } from '../../src/actions/key/inputs.ts';
import { readPreviewInputs } from '../../src/actions/preview/inputs.ts';
import { readSweepInputs } from '../../src/actions/sweep/inputs.ts';
import { proxyProblems, readSecrets } from '../../src/inputs/connection.ts';
import { toUsd } from '../../src/lib/usd.ts';
import { given, KEY, type Rejected, readWith, rejectionOf } from '../support/read-inputs.ts';

type Texts = Record<string, string>;

const CONNECTION = {
  managementKey: KEY,
  apiUrl: 'https://openrouter.ai/api/v1',
  timeoutMs: 60_000,
};
const SOME_CONNECTION = { 'api-url': 'https://proxy.example/v1', timeout: '5m' };
const READ_CONNECTION = {
  managementKey: KEY,
  apiUrl: 'https://proxy.example/v1',
  timeoutMs: 300_000,
};
const ID_OR_SLUG = 'must be the id or slug of a workspace';

describe('the inputs of key', () => {
  const read = (texts: Texts, env: Texts = {}) =>
    readWith(readKeyInputs, { workspace: 'preview-42', ...texts }, env);

  test('with the workspace alone request a key that expires, is revoked, and is named after the job', () => {
    const { desired, ...inputs } = read({}, { GITHUB_REPOSITORY: 'octo/app', GITHUB_JOB: 'test' });
    expect(inputs).toStrictEqual({
      ...CONNECTION,
      workspace: 'preview-42',
      expiresInMs: 6 * 3_600_000,
      endsAfterJob: true,
      replace: false,
      seal: undefined,
      isSealed: false,
      workflowRun: { id: '', attempt: '' },
    });
    expect(desired).toEqual({ name: 'octo/app / test' });
  });

  test('are all read', () => {
    const inputs = read({
      workspace: '550E8400-e29b-41d4-a716-446655440000',
      name: 'CI',
      'limit-usd': '0',
      'limit-reset': 'weekly',
      'include-byok-in-limit': 'true',
      'expires-in': 'never',
      'revoke-after-job': 'false',
      replace: 'true',
      ...SOME_CONNECTION,
    });
    expect(inputs).toStrictEqual({
      ...READ_CONNECTION,
      workspace: '550E8400-e29b-41d4-a716-446655440000',
      desired: { name: 'CI', limit: 0n, limit_reset: 'weekly', include_byok_in_limit: true },
      expiresInMs: null,
      endsAfterJob: false,
      replace: true,
      seal: undefined,
      isSealed: false,
      workflowRun: { id: '', attempt: '' },
    });
  });

  const PAGE = 'https://openrouter.ai/workspaces/preview-42';
  const OTHER_PAGE = 'https://elsewhere.ai/workspaces/preview-42';
  const USD = 'must be an amount in USD, 0 or more';
  const RANGE = 'must be from 1m to 3650d, or never';
  const DURATION = 'must be a duration such as 90s, 15m, 48h or 14d, or never';
  test.each<Rejected>([
    given('workspace', 'Preview', ID_OR_SLUG),
    given('workspace', PAGE, ID_OR_SLUG, '; try: preview-42'),
    given('workspace', OTHER_PAGE, ID_OR_SLUG),
    given('workspace', 'pr-', ID_OR_SLUG, '; the expression at its end was probably empty'),
    given('name', 'sk-or-v1-0123456789abcdef', 'must not contain a key'),
    given('name', 'sk-or-mgmt-0123456789abcdef', 'must not contain a key'),
    given('limit-usd', '-0.01', USD),
    [
      'limit-reset',
      'daily',
      'limit-reset needs limit-usd: without a limit, there is nothing to reset',
    ],
    ['replace', 'true', 'replace needs name: a generated name is different each time'],
    given('replace', 'After-Job', 'must be true, false or after-job'),
    given('expires-in', '59s', RANGE),
    given('expires-in', '3651d', RANGE),
    given('expires-in', '6', DURATION),
    given('expires-in', 'Never', DURATION),
  ])('are rejected with %s: %j', (input, text, line) => {
    const texts = { workspace: 'preview-42', [input]: text };
    expect(rejectionOf(readKeyInputs, texts)).toEqual([line]);
  });

  test.each([
    ['FALSE', false],
    ['after-job', 'after-job'],
  ])('can have replace: %s', (text, value) => {
    const kept = { name: 'CI', 'revoke-after-job': 'false', 'expires-in': 'never' };
    expect(read({ ...kept, replace: text }).replace).toBe(value);
  });

  const NOTHING_LEFT =
    'replace after-job needs revoke-after-job: false, or no key would be left after the job';
  const TOO_SHORT =
    'expires-in is required with replace: after-job, because the key outlives the job: a time such as 70d, or never';
  const LONG = { 'expires-in': '70d' };
  test.each<[texts: Texts, lines: readonly string[]]>([
    [{ name: 'CI', ...LONG }, [NOTHING_LEFT]],
    [LONG, ['replace needs name: a generated name is different each time', NOTHING_LEFT]],
    [
      { name: 'CI', ...LONG, 'revoke-after-job': 'x' },
      ['revoke-after-job must be true or false; given: "x"'],
    ],
    [{ name: 'CI', 'revoke-after-job': 'false' }, [TOO_SHORT]],
    [
      { name: 'CI', 'revoke-after-job': 'false', 'expires-in': '6 weeks' },
      ['expires-in must be a duration such as 90s, 15m, 48h or 14d, or never; given: "6 weeks"'],
    ],
    [{ name: 'CI' }, [TOO_SHORT, NOTHING_LEFT]],
  ])('cannot have replace: after-job with only %j', (texts, lines) => {
    const all = { workspace: 'preview-42', replace: 'after-job', ...texts };
    expect(rejectionOf(readKeyInputs, all)).toEqual(lines);
  });

  test.each<Rejected>([
    given('limit-reset', 'Daily', 'must be daily, weekly or monthly', '; try: daily'),
    given('limit-usd', 'x', USD),
  ])('are rejected for %s: %j alone if it is invalid in a pair', (input, text, line) => {
    const pair = { 'limit-usd': '5', 'limit-reset': 'daily', [input]: text };
    expect(rejectionOf(readKeyInputs, { workspace: 'preview-42', ...pair })).toEqual([line]);
  });
});

describe('the input key-name of preview', () => {
  const LONGEST = 'n'.repeat(100);

  test('distinguishes the keys of a job', () => {
    const { key } = readWith(readPreviewInputs, { 'key-name': 'web' }, { GITHUB_JOB: 'test' });
    expect(key.desired.name).toContain('test (web)');
  });

  test('replaces the names of the workflow and the job in that of a deployed key', () => {
    const jobNameOf = (texts: Texts) =>
      readWith(readPreviewInputs, { key: 'preview', ...texts }, { GITHUB_JOB: 'test' }).key.jobName;
    expect([jobNameOf({}), jobNameOf({ 'key-name': LONGEST })]).toEqual(['test', LONGEST]);
  });

  test.each<[texts: Texts, lines: readonly string[]]>([
    [{ key: 'none' }, ['key-name needs an API key']],
    [{ key: 'x' }, ['key must be job, preview or none; given: "x"']],
    [
      { key: 'preview', 'key-name': 'sk-or-v1-0123456789abcdef' },
      ['key-name must not contain a key; given: "sk-or-v1-0123456789abcdef"'],
    ],
    [
      { key: 'preview', 'key-name': `${LONGEST}n` },
      [`key-name must be at most 100 characters; given: "${LONGEST}…"`],
    ],
  ])('is rejected with %j', (texts, lines) => {
    expect(rejectionOf(readPreviewInputs, { 'key-name': 'web', ...texts })).toEqual(lines);
  });
});

describe('the limit of the keys of preview', () => {
  const ABOVE = ['limit-usd must not be above preview-limit-usd'];
  const HALF = ['limit-usd must not be above half of preview-limit-usd with key: preview'];
  const NEEDS = ['preview-limit-usd needs an API key, limit-usd as an amount, and no limit-reset'];

  test.each<[texts: Texts, lines: readonly string[]]>([
    [{ 'limit-usd': '5.01' }, ABOVE],
    [{ 'limit-usd': '5.01', key: 'preview' }, HALF],
    [{ 'limit-usd': '2.51', key: 'preview' }, HALF],
    [{ 'limit-usd': '1', 'preview-limit-usd': '0.5' }, ABOVE],
    [{ 'preview-limit-usd': '0.5' }, ABOVE],
    [{ 'limit-usd': 'null' }, NEEDS],
    [{ 'limit-usd': '5', 'limit-reset': 'daily' }, NEEDS],
    [{ 'limit-usd': '5', key: 'none' }, NEEDS],
  ])('is rejected with %j', (texts, lines) => {
    expect(rejectionOf(readPreviewInputs, { 'preview-limit-usd': '5', ...texts })).toEqual(lines);
  });

  test.each<Texts>([
    { 'limit-usd': '5' },
    { 'limit-usd': '2.5', key: 'preview' },
    { 'limit-usd': '9', key: 'preview', 'preview-limit-usd': '' },
  ])('is accepted with %j', (texts) => {
    const { key } = readWith(readPreviewInputs, { 'preview-limit-usd': '5', ...texts });
    expect(key.desired.limit).toBe(toUsd(Number(texts['limit-usd'])));
  });
});

describe('the inputs of delete', () => {
  test('are rejected with a prefix that no slug has', () => {
    const texts = { workspace: 'preview-42', 'expect-slug-prefix': 'Preview*' };
    expect(rejectionOf(readDeleteInputs, texts)).toEqual([
      'expect-slug-prefix must be the beginning of a slug: lower-case letters, digits and hyphens; given: "Preview*"',
    ]);
  });
});

describe('the inputs of sweep', () => {
  const REQUIRED = { 'slug-pattern': 'pr-*', 'older-than': '14d' };

  test('with a pattern and an age alone keep keys, and delete 50 workspaces at most', () => {
    expect(readWith(readSweepInputs, REQUIRED)).toStrictEqual({
      ...CONNECTION,
      timeoutMs: 600_000,
      slugPattern: 'pr-*',
      olderThanMs: 14 * 86_400_000,
      keep: [],
      deleteKeys: false,
      maxDeletions: 50,
      dryRun: false,
    });
  });

  test('are all read', () => {
    const texts = {
      'slug-pattern': 'pr',
      'older-than': '1m',
      keep: 'pr-main\npr-release-?',
      'delete-keys': 'true',
      'max-deletions': '1',
      'dry-run': 'true',
      ...SOME_CONNECTION,
    };
    expect(readWith(readSweepInputs, texts)).toStrictEqual({
      ...READ_CONNECTION,
      slugPattern: 'pr',
      olderThanMs: 60_000,
      keep: ['pr-main', 'pr-release-?'],
      deleteKeys: true,
      maxDeletions: 1,
      dryRun: true,
    });
  });

  const GLOB = 'must be a slug, in which * matches any characters and ? matches one';
  const PREFIX = 'must begin with at least 2 characters of a slug before the first * or ?';
  const DURATION = 'must be a duration such as 90s, 15m, 48h or 14d';
  const COUNT = 'must be a whole number, 1 or more';
  test.each<Rejected>([
    ['slug-pattern', '', `slug-pattern is required, and ${GLOB}`],
    given('slug-pattern', 'p*', PREFIX),
    given('slug-pattern', 'p?r*', PREFIX),
    given('slug-pattern', '{pr,preview}-*', GLOB),
    ['older-than', '', `older-than is required, and ${DURATION}`],
    given('older-than', '59s', 'must be from 1m to 3650d'),
    given('older-than', '14 D', DURATION),
    given('keep (entry 2)', 'pr-1, Pr_2', GLOB),
    given('keep', '[', 'must be a list of slugs with optional wildcards'),
    given('max-deletions', '0', COUNT),
    given('max-deletions', '1.5', COUNT),
    given('max-deletions', '$5$5', COUNT),
  ])('are rejected with %s: %j', (input, text, line) => {
    expect(rejectionOf(readSweepInputs, { ...REQUIRED, [input]: text })).toEqual([line]);
  });
});

describe('the variable for a proxy', () => {
  const read = (env: Texts) => readWith(readDeleteInputs, { workspace: 'w' }, env);
  const LINE =
    '(environment variable) must be the URL of an http or https proxy, such as http://proxy.example:3128; write % in its user or password as %25';

  test.each([
    '',
    'http://proxy.example:3128',
    'https://proxy.example',
    'proxy.example',
    'http://user:p%40ss@proxy.example',
    'http://[::1]:3128',
    '[::1]',
  ])('can be %j', (HTTPS_PROXY) => {
    expect(read({ HTTPS_PROXY }).workspace).toBe('w');
  });

  test.each([
    'proxy:3128',
    'socks5://proxy.example',
    'http://user:50%@proxy.example',
    'http://50%:password@proxy.example',
    // Valid only if both are joined.
    'http://user%:40password@proxy.example',
    'user%:40password@proxy.example',
    'HTTPS://user%:40password@proxy.example',
    'http://',
    '%',
  ])('cannot be %j, which the key would bypass or which cannot be used', (HTTPS_PROXY) => {
    const lines = rejectionOf(readDeleteInputs, { workspace: 'w' }, { HTTPS_PROXY });
    expect(lines).toEqual([`HTTPS_PROXY ${LINE}`]);
  });

  // What separates the parts of a URL, and what its percent-encoding can be cut into.
  const parts = ['http:', 'HTTPS:', 'p:', '//', '/', '@', ':', '80', '%', '%4', '[::1]', 'é', ' '];

  test('names a proxy that is used, or is a problem', () => {
    const text = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 9 });
    const isProblemOrUsed = (HTTPS_PROXY: string) => {
      const isUsed = () => getProxyUrl('https://openrouter.test') !== '';
      return readWith(() => proxyProblems(process.env).length > 0 || isUsed(), {}, { HTTPS_PROXY });
    };
    fc.assert(
      fc.property(text, (drawn) => isProblemOrUsed(drawn.join(''))),
      {
        numRuns: 500,
        examples: [[['http:', '//', 'é', '%', ':', '40', '@', 'p']]],
      },
    );
  });

  test('is the one in lower case if both are set, as in curl', () => {
    const both = { https_proxy: 'proxy:1', HTTPS_PROXY: 'http://proxy.example' };
    expect(rejectionOf(readDeleteInputs, { workspace: 'w' }, both)).toEqual([
      `https_proxy ${LINE}`,
    ]);
    const other = { https_proxy: 'http://proxy.example', HTTPS_PROXY: 'proxy:1' };
    expect(read(other).workspace).toBe('w');
  });

  test('is a problem next to those of the inputs', () => {
    const lines = rejectionOf(readDeleteInputs, {}, { HTTPS_PROXY: 'proxy:1' });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['workspace', 'HTTPS_PROXY']);
  });
});

describe('the texts that are masked in a log', () => {
  const secretsOf = (key: string, env: Texts = {}) =>
    readWith(readSecrets, { 'management-key': key }, env);

  test('are the management key, trimmed, and each of its lines', () => {
    const lines = ['first-line-of-a-key', 'second-line-of-a-key'];
    expect(secretsOf(` ${lines[0]}\r\n${lines[1]}\n`).managementKey).toEqual([
      `${lines[0]}\r\n${lines[1]}`,
      ...lines,
    ]);
    const spaced = `${lines[0]} \n ${lines[1]}`;
    expect(secretsOf(spaced).managementKey).toEqual([spaced, ...lines]);
    expect(secretsOf(` ${KEY} `).managementKey).toEqual([KEY]);
  });

  test('leave out a text that is too short to be a key, so that no word is hidden', () => {
    expect(secretsOf('k'.repeat(15)).managementKey).toEqual([]);
    expect(secretsOf('k'.repeat(16)).managementKey).toEqual(['k'.repeat(16)]);
  });

  test('are the password for the proxy, as it is written and decoded', () => {
    const passwordOf = (HTTPS_PROXY: string) => secretsOf(KEY, { HTTPS_PROXY }).proxyPassword;
    expect(passwordOf('http://u:s%40crets@proxy.example')).toEqual(['s%40crets', 's@crets']);
    expect(passwordOf('http://u:plain@proxy.example')).toEqual(['plain']);
    expect(passwordOf('http://u:50%25off%@proxy.example')).toEqual(['50%25off%']);
    expect(passwordOf('http://u:abcd@proxy.example')).toEqual(['abcd']);
    expect(passwordOf('http://u:abc@proxy.example')).toEqual([]);
    expect(passwordOf('http://proxy.example')).toEqual([]);
    expect(passwordOf('not a URL')).toEqual([]);
    expect(secretsOf(KEY).proxyPassword).toEqual([]);
  });
});
