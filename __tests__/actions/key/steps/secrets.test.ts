import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../../sandbox/http/faults.ts';
import { seedKey } from '../../../../sandbox/openrouter/seed.ts';
import { masksOf, printedBy } from '../../../support/harness.ts';
import {
  CREATE,
  expectFailed,
  expectNoSecret,
  LIST,
  openKeyHarness,
} from '../../../support/key-harness.ts';
import { onNth } from '../../../support/on-nth.ts';

const key = openKeyHarness();
const { createKey, runPost } = key;

test('The secret of a key is masked before anything about its response is printed', async () => {
  const main = await createKey();
  const lines = main.stdout.split('\n');
  const masks = masksOf(main.outputs['key'] ?? '').map((mask) => `::add-mask::${mask}`);
  const at = lines.indexOf(masks[0] ?? '');
  expect(lines.slice(at, at + 2)).toEqual(masks);
  expect(lines[at + 2]).toMatch(/^POST \/keys: HTTP 201, after \d+ ms$/);
  expect(lines.slice(2, at).map((line) => line.split(' ', 1)[0])).toEqual([
    'Requested:',
    '::group::Requests',
    'GET',
    'GET',
  ]);
});

test('An unusable secret is printed nowhere, although a later error repeats it', async () => {
  const secret = 'with "quotes" in it';
  const data = { hash: 'a'.repeat(64), name: 'CI', label: 'x', workspace_id: key.workspace.id };
  const respond = (on: string, status: number, body: object) =>
    key.scheduleFaults({ on, kind: 'response', status, body: JSON.stringify(body) });
  respond(CREATE, 201, { data, key: secret });
  onNth(key.sandbox, CREATE, 1, () => respond(LIST, 403, { message: `No keys for ${secret}` }));
  const main = await createKey();
  expect(expectFailed(main).message).toContain('HTTP 403 Forbidden: No keys for ***');
  expect(printedBy(main) + main.summary).not.toContain(secret);
});

describe.each(['sk-or-v1-', 'sk-or-mgmt-'])(
  'a secret %s… in a response that creates no key',
  (start) => {
    const secret = start + '7'.repeat(64);
    const rejection = (body: string): ScheduledFault => ({ kind: 'response', status: 403, body });
    /** At the end of the printed line, too little of the secret is left to look like one. */
    const fill = 'x'.repeat(2_000 - 'POST /keys: HTTP 403 Forbidden: '.length - 20);

    test.each<[string, ScheduledFault]>([
      [
        'the location of a redirect',
        { kind: 'response', status: 307, headers: { location: `/?k=${secret}` } },
      ],
      ['cf-ray', { kind: 'response', status: 403, headers: { 'cf-ray': secret } }],
      ['JSON escapes', rejection(`{"message":"${secret.replaceAll('-', '\\u002d')}"}`)],
      ['a terminal escape', rejection(`{"message":"${start}\\u001b[0m${'7'.repeat(64)}"}`)],
      ['a page where it is truncated', rejection(`<p>${fill}${secret}</p>`)],
    ])('A secret in %s is not shown', async (_, fault) => {
      key.scheduleFaults({ on: CREATE, ...fault });
      const main = await createKey();
      expect(printedBy(main) + main.summary).not.toContain('7'.repeat(10));
    });
  },
);

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
