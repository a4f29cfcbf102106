import { describe, expect, test } from '@jest/globals';
import { readSecrets } from '../../src/inputs/connection.ts';
import { readDeleteInputs } from '../../src/inputs/delete.ts';
import { keyNameOf, readKeyInputs } from '../../src/inputs/key.ts';
import { readSweepInputs } from '../../src/inputs/sweep.ts';
import { KEY, readWith, rejectionOf } from '../support/inputs.ts';

type Texts = Record<string, string>;

const CONNECTION = {
  managementKey: KEY,
  apiUrl: 'https://openrouter.ai/api/v1',
  timeoutMs: 60_000,
};
const SOME_CONNECTION = { 'api-url': 'https://proxy.example/v1', timeout: '5m' };
const READ_CONNECTION = { apiUrl: 'https://proxy.example/v1', timeoutMs: 300_000 };
const ID_OR_SLUG = 'workspace must be the id or slug of a workspace';

describe('the inputs of key', () => {
  const read = (texts: Texts, env: Texts = {}) =>
    readWith(readKeyInputs, { workspace: 'preview-42', ...texts }, env);

  test('with the workspace alone request a key that expires, is revoked, and is named after the job', () => {
    const { desired, ...inputs } = read({}, { GITHUB_REPOSITORY: 'octo/app', GITHUB_JOB: 'test' });
    expect(inputs).toStrictEqual({
      ...CONNECTION,
      workspace: 'preview-42',
      nameIsRandom: true,
      expiresInMs: 6 * 3_600_000,
      revokeAfterJob: true,
      replace: false,
    });
    expect(desired).toEqual({ name: expect.stringMatching(/^octo\/app \/ test \/ [0-9a-z]{6}$/) });
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
      ...CONNECTION,
      ...READ_CONNECTION,
      workspace: '550E8400-e29b-41d4-a716-446655440000',
      desired: { name: 'CI', limit: 0, limit_reset: 'weekly', include_byok_in_limit: true },
      nameIsRandom: false,
      expiresInMs: null,
      revokeAfterJob: false,
      replace: true,
    });
  });

  test.each([
    ['1m', 60_000],
    ['3650d', 3_650 * 86_400_000],
  ])('can have an expiry of %s', (text, ms) => {
    expect(read({ 'expires-in': text }).expiresInMs).toBe(ms);
  });

  const DURATION = 'must be a duration such as 90s, 15m, 48h or 14d, or never';
  test.each<[Texts, string]>([
    [{ workspace: 'Preview' }, `${ID_OR_SLUG}; given: "Preview"`],
    [
      { workspace: 'https://openrouter.ai/workspaces/preview-42' },
      `${ID_OR_SLUG}; given: "https://openrouter.ai/workspaces/preview-42"; try: preview-42`,
    ],
    [
      { workspace: 'https://elsewhere.ai/workspaces/preview-42' },
      `${ID_OR_SLUG}; given: "https://elsewhere.ai/workspaces/preview-42"`,
    ],
    [
      { workspace: 'pr-' },
      `${ID_OR_SLUG}; given: "pr-"; the expression at its end was probably empty`,
    ],
    [{ 'limit-usd': '-0.01' }, 'limit-usd must be an amount in USD, 0 or more; given: "-0.01"'],
    [
      { 'limit-usd': '5', 'limit-reset': 'Daily' },
      'limit-reset must be daily, weekly or monthly; given: "Daily"; try: daily',
    ],
    [
      { 'limit-reset': 'daily' },
      'limit-reset needs limit-usd: without a limit, there is nothing to reset',
    ],
    [
      { 'limit-usd': 'x', 'limit-reset': 'daily' },
      'limit-usd must be an amount in USD, 0 or more; given: "x"',
    ],
    [{ replace: 'true' }, 'replace needs name: a generated name is different each time'],
    [
      { name: 'sk-or-v1-0123456789abcdef' },
      'name must not contain a key; given: "sk-or-v1-0123456789abcdef"',
    ],
    [{ 'expires-in': '59s' }, 'expires-in must be from 1m to 3650d, or never; given: "59s"'],
    [{ 'expires-in': '3651d' }, 'expires-in must be from 1m to 3650d, or never; given: "3651d"'],
    [{ 'expires-in': '6' }, `expires-in has no unit; it ${DURATION}; given: "6"`],
    [{ 'expires-in': '6 H' }, `expires-in ${DURATION}; given: "6 H"; try: 6h`],
    [{ 'expires-in': 'Never' }, `expires-in ${DURATION}; given: "Never"; try: never`],
  ])('are rejected with %j', (texts, line) => {
    const lines = rejectionOf(readKeyInputs, { workspace: 'preview-42', ...texts });
    expect(lines).toEqual([line]);
  });
});

describe('the generated name of a key', () => {
  const ENV = {
    GITHUB_REPOSITORY: 'octo/app',
    GITHUB_WORKFLOW: 'Preview',
    GITHUB_RUN_ID: '42',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_JOB: 'test',
  };

  test('leads to the job, and ends with six random characters', () => {
    expect(keyNameOf(ENV, 0.5)).toBe('octo/app / Preview / 42.2 / test / i00000');
    expect(keyNameOf(ENV, 0)).toMatch(/ \/ 000000$/);
    expect(keyNameOf(ENV, 1 - Number.EPSILON)).toMatch(/ \/ zzzzzz$/);
  });

  test('has at most 60 characters of the name of the workflow', () => {
    const name = keyNameOf({ ...ENV, GITHUB_WORKFLOW: `${'🧪'.repeat(60)}cut` }, 0);
    expect(name).toBe(`octo/app / ${'🧪'.repeat(60)} / 42.2 / test / 000000`);
  });

  test('leaves out what the runner does not say', () => {
    expect(keyNameOf({ GITHUB_RUN_ID: '42' }, 0)).toBe('42 / 000000');
    expect(keyNameOf({}, 0)).toBe('000000');
  });
});

describe('the inputs of delete', () => {
  test('with the workspace alone delete no keys', () => {
    expect(readWith(readDeleteInputs, { workspace: 'default' })).toStrictEqual({
      ...CONNECTION,
      workspace: 'default',
      expectSlugPrefix: undefined,
      deleteKeys: false,
      dryRun: false,
    });
  });

  test('are all read', () => {
    const texts = {
      workspace: 'preview-42',
      'expect-slug-prefix': 'preview-',
      'delete-keys': 'true',
      'dry-run': 'true',
      ...SOME_CONNECTION,
    };
    expect(readWith(readDeleteInputs, texts)).toStrictEqual({
      ...CONNECTION,
      ...READ_CONNECTION,
      workspace: 'preview-42',
      expectSlugPrefix: 'preview-',
      deleteKeys: true,
      dryRun: true,
    });
  });

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
      ...CONNECTION,
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
  const PREFIX =
    'slug-pattern must begin with at least 2 characters of a slug before the first * or ?';
  const COUNT = 'max-deletions must be a whole number, 1 or more';
  test.each<[Texts, string]>([
    [{ 'slug-pattern': '' }, `slug-pattern is required, and ${GLOB}`],
    [{ 'slug-pattern': 'p*' }, `${PREFIX}; given: "p*"`],
    [{ 'slug-pattern': 'p?r*' }, `${PREFIX}; given: "p?r*"`],
    [{ 'slug-pattern': '{pr,preview}-*' }, `slug-pattern ${GLOB}; given: "{pr,preview}-*"`],
    [
      { 'older-than': '' },
      'older-than is required, and must be a duration such as 90s, 15m, 48h or 14d',
    ],
    [{ 'older-than': '59s' }, 'older-than must be from 1m to 3650d; given: "59s"'],
    [
      { 'older-than': '14 D' },
      'older-than must be a duration such as 90s, 15m, 48h or 14d; given: "14 D"; try: 14d',
    ],
    [{ keep: 'pr-1, Pr_2' }, `keep (entry 2) ${GLOB}; given: "pr-1, Pr_2"`],
    [{ keep: '[' }, 'keep must be a list of slugs with optional wildcards; given: "["'],
    [
      { keep: 'a*,'.repeat(101) },
      `keep must have at most 100 entries with wildcards; given: "${'a*,'.repeat(101).slice(0, 100)}…"`,
    ],
    [{ 'max-deletions': '0' }, `${COUNT}; given: "0"`],
    [{ 'max-deletions': '1.5' }, `${COUNT}; given: "1.5"`],
  ])('are rejected with %j', (texts, line) => {
    expect(rejectionOf(readSweepInputs, { ...REQUIRED, ...texts })).toEqual([line]);
  });
});

describe('the variable for a proxy', () => {
  const read = (env: Texts) => readWith(readDeleteInputs, { workspace: 'w' }, env);
  const LINE =
    '(environment variable) must be the URL of a proxy, such as http://proxy.example:3128, without an IPv6 address';

  test.each([
    '',
    'http://proxy.example:3128',
    'https://proxy.example',
    'proxy.example',
    'http://user:p%40ss@proxy.example',
  ])('can be %j', (HTTPS_PROXY) => {
    expect(read({ HTTPS_PROXY }).workspace).toBe('w');
  });

  test.each([
    'proxy:3128',
    'socks5://proxy.example',
    'http://[::1]:3128',
    '[::1]',
    'http://user:50%@proxy.example',
    'http://',
    '%',
  ])('cannot be %j, which the key would bypass or which cannot be used', (HTTPS_PROXY) => {
    const lines = rejectionOf(readDeleteInputs, { workspace: 'w' }, { HTTPS_PROXY });
    expect(lines).toEqual([`HTTPS_PROXY ${LINE}`]);
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
