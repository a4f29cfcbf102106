import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import { seedKey } from '../../sandbox/openrouter/seed.ts';
import { printedBy } from '../support/harness.ts';
import {
  CREATE,
  expectCreated,
  expectFailed,
  expectNoSecret,
  LIST,
  openKeyHarness,
} from '../support/key.ts';
import { onNth } from '../support/on-nth.ts';

const key = openKeyHarness();
const { createKey, runPost, keys } = key;

/** The secret of a key that no one requested. */
const UNREQUESTED_SECRET = `sk-or-v1-${'7'.repeat(64)}`;

describe('the secret of a key', () => {
  test('The secret of a key is masked before anything about its response is printed', async () => {
    const main = await createKey();
    const lines = main.stdout.split('\n');
    const mask = lines.indexOf(`::add-mask::${main.outputs['key']}`);
    expect(lines[mask + 1]).toMatch(/^::debug::POST \S+\/keys: 201, after \d+ ms$/);
    expect(lines.slice(1, mask).map((line) => line.split(' ', 1)[0])).toEqual([
      'Creating',
      '::debug::GET',
      '::debug::GET',
      'The',
    ]);
  });

  test('State has the hash and the label of the key, and not its secret', async () => {
    const main = await createKey();
    const { key: secret, hash, label } = main.outputs;
    const { task } = JSON.parse(main.state['cleanup'] ?? '');
    expect(task.created).toEqual({ hash, label });
    expect(JSON.stringify(main.state)).not.toContain(secret);
  });

  test('A secret in the body of an error is masked', async () => {
    const secret = `sk-or-v1-${'ab'.repeat(32)}`;
    key.scheduleFaults({ on: CREATE, kind: 'response', status: 502, body: `{"key":"${secret}` });
    const main = await createKey();
    expectCreated(main, keys());
    expect(main.masks).toContain(secret);
  });
});

describe('a response with another key than the new one', () => {
  test.each<[string, () => Partial<Key>]>([
    ['of another workspace', () => ({ hash: 'a'.repeat(64), workspace_id: randomUUID() })],
    ['with another name', () => ({ hash: 'a'.repeat(64), name: 'Other' })],
    ['that existed before', () => ({})],
  ])('A key %s is neither output nor revoked', async (_, change) => {
    const old = seedKey(key.sandbox, key.workspace, { name: 'CI' });
    const data = { ...old, ...change() };
    const body = JSON.stringify({ data, key: `sk-or-v1-${'0'.repeat(64)}` });
    key.scheduleFaults({ on: CREATE, kind: 'response', status: 201, body });
    const main = await createKey({ replace: 'true' });
    expect(expectFailed(main).title).toBe('OpenRouter returned another API key');
    expect((await runPost(main)).exitCode).toBe(0);
    expect(keys()).toEqual([old]);
  });
});

describe('a response that creates a key with an unusable secret', () => {
  test.each([`sk-or-v1-${'0'.repeat(20)}\n`, 'with "quotes" in it'])(
    'The secret %j is printed nowhere, although a later error repeats it',
    async (secret) => {
      const message = `No keys for ${secret.trim()}`;
      const data = { hash: 'a'.repeat(64), name: 'CI', label: 'x', workspace_id: key.workspace.id };
      const body = JSON.stringify({ data, key: secret });
      key.scheduleFaults({ on: CREATE, kind: 'response', status: 201, body });
      onNth(key.sandbox, CREATE, 1, () =>
        key.scheduleFaults({
          on: LIST,
          kind: 'response',
          status: 403,
          body: JSON.stringify({ message }),
        }),
      );
      const main = await createKey();
      expect(expectFailed(main).message).toContain('HTTP 403 Forbidden: No keys for ***');
      expect(printedBy(main) + main.summary).not.toContain(secret.trim());
    },
  );
});

describe('a secret in a response that creates no key', () => {
  const rejection = (body: string): ScheduledFault => ({ kind: 'response', status: 403, body });
  /** At the end of the printed line, too little of the secret is left to look like one. */
  const fill = 'x'.repeat(2_000 - 'POST /keys: HTTP 403 Forbidden: '.length - 20);

  test.each<[string, ScheduledFault]>([
    [
      'the location of a redirect',
      { kind: 'response', status: 307, headers: { location: `/?k=${UNREQUESTED_SECRET}` } },
    ],
    ['cf-ray', { kind: 'response', status: 403, headers: { 'cf-ray': UNREQUESTED_SECRET } }],
    ['JSON escapes', rejection(`{"message":"${UNREQUESTED_SECRET.replaceAll('-', '\\u002d')}"}`)],
    ['a terminal escape', rejection(`{"message":"sk-or-v1-\\u001b[0m${'7'.repeat(64)}"}`)],
    ['a page where it is truncated', rejection(`<p>${fill}${UNREQUESTED_SECRET}</p>`)],
  ])('A secret in %s is not shown', async (_, fault) => {
    key.scheduleFaults({ on: CREATE, ...fault });
    const main = await createKey();
    expect(printedBy(main) + main.summary).not.toContain('7'.repeat(10));
  });
});

test('The key action shows its management key nowhere', async () => {
  const { managementKey } = key.sandbox;
  key.workspace['name'] = `Of ${managementKey}`;
  seedKey(key.sandbox, key.workspace, { name: managementKey });
  const main = await createKey();
  const post = await runPost(main);
  const rejected = await createKey({ name: `Key ${managementKey}` });
  expect(rejected.exitCode).toBe(1);
  for (const step of [main, post, rejected]) {
    expect(step.masks[0]).toBe(managementKey);
    expectNoSecret(step);
  }
});
