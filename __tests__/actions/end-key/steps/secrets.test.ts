import { expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../../sandbox/github/events.ts';
import { openPull } from '../../../../sandbox/github/people.ts';
import { seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../../../sandbox/runner/runner.ts';
import { newSeal } from '../../../../sandbox/runner/seal.ts';
import { writtenBy } from '../../../support/key-harness.ts';
import { openPreviewHarness } from '../../../support/preview-harness.ts';
import { secretsIn } from '../../../support/secret-forms.ts';

const { harness, gitHub, main, post, inOtherJob, comments } = openPreviewHarness();

const seal = newSeal();
const KEY = { workspace: 'demo', 'limit-usd': '5', seal };

/** The requests that both servers have kept, without the header that has the secret. */
const requests = () =>
  JSON.stringify([harness.sandbox.requests, gitHub.server.requests], (name, value) =>
    name === 'authorization' ? undefined : value,
  );

/** What everyone can read of a sealed key. */
const decoded = (sealed: string) =>
  sealed.split(/[.~]/).map((part) => Buffer.from(part, 'base64url').toString('latin1'));

test.each<
  [
    string,
    (event: GitHubEvent) => Promise<StepResult>,
    (event: GitHubEvent, step: StepResult) => Promise<StepResult>,
  ]
>([
  ['key', (event) => inOtherJob('key', event, KEY), (_, step) => harness.end('key', KEY, step)],
  ['preview', (event) => main(event, { seal }), (event, step) => post(event, step, { seal })],
])(
  'nothing but the output of unseal-key has a secret of a sealed key of %s',
  async (_, start, finish) => {
    seedWorkspace(harness.sandbox, { slug: 'demo' });
    const [event] = openPull(gitHub.server.github, gitHub.repository, {});
    const first = await start(event);
    const texts = [requests()];
    const sealed = String(first.outputs['sealed-key']);
    const unseal = (inputs = {}) =>
      inOtherJob('unseal-key', event, {
        'sealed-key': sealed,
        seal,
        'management-key': '',
        ...inputs,
      });
    const end = (inputs = {}) =>
      inOtherJob('end-key', event, { 'sealed-key': sealed, result: 'success', ...inputs });
    const unsealed = await unseal();
    const steps = [
      first,
      await finish(event, first),
      unsealed,
      await unseal({ seal: newSeal() }),
      await end({ 'management-key': 'sk-or-v1-another' }),
      await end(),
      await unseal(),
    ];
    expect(steps.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 1, 1, 0, 1]);
    const secrets = [seal, harness.sandbox.managementKey, String(unsealed.outputs['key'])];
    texts.push(...steps.map(writtenBy), ...decoded(sealed), ...comments(), requests());
    expect(texts.map((text) => secretsIn(text, secrets))).toEqual(texts.map(() => []));
    // The commands that mask them have them.
    expect(secretsIn(first.stdout, secrets)).toEqual(secrets);
  },
);

test.each(['latin1', 'hex', 'base64', 'base64url'] as const)(
  'the search for secrets finds each, and the bytes in it, in a longer text in %s',
  (encoding) => {
    const hex = '0123456789abcdef'.repeat(4);
    const key = `sk-or-v1-${hex}`;
    const written: [secret: string, bytes: Buffer][] = [
      [seal, Buffer.from(seal)],
      [key, Buffer.from(key)],
    ];
    if (encoding !== 'latin1') {
      written.push([seal, Buffer.from(seal, 'base64')], [key, Buffer.from(hex, 'hex')]);
    }
    for (const [secret, bytes] of written) {
      for (const before of ['', 'a', 'ab']) {
        const all = Buffer.concat([Buffer.from(before), bytes, Buffer.from(' and more')]);
        const text = all.toString(encoding);
        expect(secretsIn(text, [seal, key])).toEqual([secret]);
        expect(secretsIn(encodeURIComponent(text), [seal, key])).toEqual([secret]);
      }
    }
  },
);
