import { expect, test } from '@jest/globals';
import { expectFailed, openKeyHarness } from '../support/key.ts';

const { createKey, calls } = openKeyHarness();

test.each<[string, Record<string, string>, string]>([
  ['no workspace', { workspace: '' }, 'workspace is required, and must be the id or slug'],
  [
    'the URL of a workspace',
    { workspace: 'https://openrouter.ai/workspaces/preview-42' },
    'try: preview-42',
  ],
  ['no management key', { 'management-key': '' }, 'management-key is required, and is empty'],
  ['limit-usd below 0', { 'limit-usd': '-1' }, 'limit-usd must be an amount in USD, 0 or more'],
  ['limit-usd with a currency sign', { 'limit-usd': '$5' }, 'given: "$5"; try: 5'],
  ['limit-usd beyond all numbers', { 'limit-usd': '1e999' }, 'limit-usd must be an amount in USD'],
  ['limit-usd: null', { 'limit-usd': 'null' }, 'limit-usd must be an amount in USD'],
  [
    'an unknown interval',
    { 'limit-usd': '1', 'limit-reset': 'hourly' },
    'limit-reset must be daily, weekly or monthly',
  ],
  [
    'a name that looks like a key',
    { name: 'sk-or-preview-environment-key' },
    'name must not contain a key',
  ],
  [
    'a name that looks like a key in capitals',
    { name: 'SK-OR-PREVIEW-ENVIRONMENT-KEY' },
    'name must not contain a key',
  ],
  ['limit-reset without limit-usd', { 'limit-reset': 'daily' }, 'limit-reset needs limit-usd'],
  [
    'include-byok-in-limit: yes',
    { 'include-byok-in-limit': 'yes' },
    'must be true or false; given: "yes"',
  ],
  ['expires-in without a unit', { 'expires-in': '60' }, 'or never; given: "60"\n'],
  ['expires-in in months', { 'expires-in': '6M' }, 'or never; given: "6M"\n'],
  ['expires-in below 1m', { 'expires-in': '59s' }, 'must be from 1m to 3650d, or never'],
  ['expires-in above 3650d', { 'expires-in': '3651d' }, 'must be from 1m to 3650d, or never'],
  ['expires-in: NEVER', { 'expires-in': 'NEVER' }, 'try: never'],
  ['revoke-after-job: no', { 'revoke-after-job': 'no' }, 'revoke-after-job must be true or false'],
  ['replace: on', { replace: 'on' }, 'replace must be true or false'],
  ['replace without a name', { replace: 'true', name: '' }, 'replace needs name'],
  ['api-url without https', { 'api-url': 'http://openrouter.ai' }, 'must begin with https'],
  ['a timeout without a unit', { timeout: '60' }, 'given: "60"\n'],
])('The key action rejects %s before it sends anything', async (_, inputs, problem) => {
  const main = await createKey(inputs);
  const { title, message } = expectFailed(main);
  expect(title).toBe('1 invalid input');
  expect(message).toContain(problem);
  expect(calls()).toEqual([]);
  expect(main.state).not.toHaveProperty('cleanup');
});

test('The key action reports all invalid inputs together, also those of pairs', async () => {
  const { title, message } = expectFailed(
    await createKey({ workspace: '/', 'limit-reset': 'daily', 'expires-in': 'x', timeout: '1' }),
  );
  expect(title).toBe('4 invalid inputs');
  expect(message.split('\n').map((line) => line.split(' ', 1)[0])).toEqual([
    'workspace',
    'expires-in',
    'timeout',
    'limit-reset',
    'Nothing',
    'See',
  ]);
  expect(message).not.toContain('try: daily');
});
