import { describe, expect, test } from '@jest/globals';
import { readUsageInputs } from '../../../src/actions/usage/inputs.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { KEY, readWith, rejectionOf } from '../../support/read-inputs.ts';

type Texts = Record<string, string>;

const WORKSPACE = { workspace: 'preview-42' };
const HASH_MESSAGE = 'key-hash must be the hash of an API key, and not the key itself';
const AMOUNT_MESSAGE = 'must be an amount in USD, 0 or more';

describe('the inputs of usage', () => {
  test('with the workspace alone request its usage since it was created', () => {
    expect(readWith(readUsageInputs, WORKSPACE)).toStrictEqual({
      managementKey: KEY,
      apiUrl: 'https://openrouter.ai/api/v1',
      timeoutMs: 60_000,
      workspace: 'preview-42',
      keyHash: undefined,
      since: 'created',
      warnAbove: undefined,
      failAbove: undefined,
      failBelowRemaining: undefined,
      failIfIncomplete: false,
    });
  });

  test('are all read', () => {
    const texts = {
      'key-hash': 'f0f0-_1',
      since: '48h',
      'warn-above-usd': '1e-7',
      'fail-above-usd': '0.0000001',
      'fail-below-remaining-usd': '2.50',
      'fail-if-incomplete': 'true',
      'api-url': 'https://proxy.example/v1',
      timeout: '5m',
    };
    expect(readWith(readUsageInputs, { ...WORKSPACE, ...texts })).toStrictEqual({
      managementKey: KEY,
      apiUrl: 'https://proxy.example/v1',
      timeoutMs: 300_000,
      workspace: 'preview-42',
      keyHash: 'f0f0-_1',
      since: 172_800_000,
      warnAbove: toUsd(0.0000001),
      failAbove: toUsd(0.0000001),
      failBelowRemaining: toUsd(2.5),
      failIfIncomplete: true,
    });
  });

  test.each<[string, unknown]>([
    ['created', 'created'],
    ['month', 'month'],
    ['1m', 60_000],
    ['3650d', 3_650 * 86_400_000],
  ])('can begin with %s', (since, expected) => {
    expect(readWith(readUsageInputs, { ...WORKSPACE, since }).since).toBe(expected);
  });

  test.each<[Texts, string | undefined]>([
    [{}, undefined],
    [{ workspace: 'preview-42' }, 'preview-42'],
    [{ 'slug-from': 'main' }, 'main-0d6e4079'],
  ])('with key-hash and %j are about the workspace %s', (texts, workspace) => {
    const request = readWith(readUsageInputs, { 'key-hash': 'f0', ...texts });
    expect(request).toMatchObject({ keyHash: 'f0' });
    expect(request.workspace).toBe(workspace);
  });

  test.each<[Texts, string]>([
    [{ workspace: '' }, 'workspace or slug-from is required without key-hash'],
    // Only one problem: key-hash is there, but invalid.
    [{ workspace: '', 'key-hash': 'a b' }, HASH_MESSAGE],
    [
      { workspace: '', 'key-hash': 'f0', 'slug-prefix': 'web-' },
      'slug-prefix needs slug-from: workspace is used as it is written',
    ],
    [{ 'key-hash': 'a b' }, `${HASH_MESSAGE}; given: "a b"`],
    [{ 'key-hash': 'sk-or-v1-0123456789abcdef0123456789abcdef' }, HASH_MESSAGE],
    [{ since: '59s' }, 'since must be'],
    [{ 'warn-above-usd': '.4' }, `warn-above-usd ${AMOUNT_MESSAGE}; given: ".4"`],
    [{ 'fail-above-usd': '$5' }, `fail-above-usd ${AMOUNT_MESSAGE}; given: "$5"`],
    [
      { 'warn-above-usd': '2', 'fail-above-usd': '1.5' },
      'must not exceed fail-above-usd, which is $1.50',
    ],
    [
      { 'key-hash': 'f0', 'fail-below-remaining-usd': '-1' },
      `fail-below-remaining-usd ${AMOUNT_MESSAGE}; given: "-1"`,
    ],
    [
      { 'fail-below-remaining-usd': '0' },
      'fail-below-remaining-usd needs key-hash: only what remains of the limit of an API key is known',
    ],
    // Only one problem: key-hash is there, but invalid.
    [{ 'key-hash': 'a b', 'fail-below-remaining-usd': '1' }, HASH_MESSAGE],
  ])('%j are rejected: %s', (texts, line) => {
    const lines = rejectionOf(readUsageInputs, { ...WORKSPACE, ...texts });
    expect(lines).toEqual([expect.stringContaining(line)]);
  });
});
