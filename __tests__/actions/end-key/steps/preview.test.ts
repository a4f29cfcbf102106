import { describe, expect, test } from '@jest/globals';
import { closePull, openPull } from '../../../../sandbox/github/people.ts';
import { addRepository } from '../../../../sandbox/github/seed.ts';
import { seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { newSeal } from '../../../../sandbox/runner/seal.ts';
import { openPreviewHarness } from '../../../support/preview-harness.ts';
import { falseNotFound } from '../../../support/some-faults.ts';

const { harness, gitHub, main, post, inOtherJob, keyOf, comments } = openPreviewHarness();

const seal = newSeal();
const SEALED = { seal };
const open = (options = {}) => openPull(gitHub.server.github, gitHub.repository, options)[0];

describe('a preview whose key is sealed', () => {
  test('gives its key to another job, and a third ends the key and writes the comment', async () => {
    const event = open();
    const step = await main(event, SEALED);
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(step.outputs).not.toHaveProperty('key');
    expect((await post(event, step, SEALED)).exitCode).toBe(0);
    expect(keyOf(step).disabled).toBe(false);
    const sealed = String(step.outputs['sealed-key']);
    const unsealed = await inOtherJob('unseal-key', event, { 'sealed-key': sealed, seal });
    expect(unsealed).toMatchObject({ exitCode: 0, annotations: [] });
    seedUsage(harness.sandbox, keyOf(step), { credits: 0.25 });
    const ended = await inOtherJob('end-key', event, { 'sealed-key': sealed, result: 'success' });
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
    expect(ended.outputs).toEqual({ hash: keyOf(step).hash, workspace: step.outputs['id'] });
    expect(keyOf(step).disabled).toBe(true);
    expect(comments().join()).toContain('$0.25');
    const again = await inOtherJob('end-key', event, { 'sealed-key': sealed, result: 'success' });
    expect(again).toMatchObject({ exitCode: 0, annotations: [] });
  });

  test('keeps the key of a deployment only if the job that deploys has succeeded', async () => {
    const deployed = { ...SEALED, key: 'preview' };
    const event = open();
    for (const [result, isDisabled] of [
      ['failure', true],
      ['success', false],
    ] as const) {
      const step = await main(event, deployed);
      await post(event, step, deployed);
      const sealed = String(step.outputs['sealed-key']);
      const ended = await inOtherJob('end-key', event, { 'sealed-key': sealed, result });
      expect([ended.exitCode, keyOf(step).disabled]).toEqual([0, isDisabled]);
    }
  });

  test('ends a key that OpenRouter does not find for a moment', async () => {
    const event = open();
    const step = await main(event, SEALED);
    const fault = falseNotFound('GET /keys/:hash');
    harness.sandbox.faults.push(fault, fault);
    const sealed = String(step.outputs['sealed-key']);
    const ended = await inOtherJob('end-key', event, { 'sealed-key': sealed, result: 'success' });
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
    expect(keyOf(step).disabled).toBe(true);
  });

  test('keeps the key of a deployment that an earlier attempt has ended well, unless an older key works', async () => {
    const deployed = { ...SEALED, key: 'preview' };
    const event = open();
    const older = await main(event, deployed);
    const step = await main(event, deployed);
    const end = (result: string, attempt: number, sealed = String(step.outputs['sealed-key'])) =>
      inOtherJob('end-key', event, { 'sealed-key': sealed, result }, { attempt });
    await end('success', 1);
    expect([keyOf(older).disabled, keyOf(step).disabled]).toEqual([true, false]);
    for (const result of ['failure', 'cancelled', 'skipped']) {
      const repeated = await end(result, 2);
      expect(repeated).toMatchObject({ exitCode: 0, annotations: [{ level: 'notice' }] });
      expect(keyOf(step).disabled).toBe(false);
    }
    // The older key is that of what is deployed.
    keyOf(older).disabled = false;
    expect(await end('failure', 2)).toMatchObject({ exitCode: 0, annotations: [] });
    expect([keyOf(older).disabled, keyOf(step).disabled]).toEqual([false, true]);
  });

  test('ends the key of a repeated deployment that has succeeded if the pull request was closed meanwhile', async () => {
    const deployed = { ...SEALED, key: 'preview' };
    const [event] = openPull(gitHub.server.github, gitHub.repository, { number: 9 });
    const step = await main(event, deployed);
    closePull(gitHub.server.github, gitHub.repository, 9);
    const inputs = { 'sealed-key': String(step.outputs['sealed-key']), result: 'success' };
    const ended = await inOtherJob('end-key', event, inputs, { attempt: 2 });
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
    expect(keyOf(step).disabled).toBe(true);
  });

  test('fails if it is unknown whether an older key of a repeated deployment works', async () => {
    const deployed = { ...SEALED, key: 'preview' };
    const event = open();
    const step = await main(event, deployed);
    const sealed = String(step.outputs['sealed-key']);
    harness.sandbox.faults.push({ on: 'GET /keys', kind: 'response', status: 403 });
    const inputs = { 'sealed-key': sealed, result: 'failure' };
    const ended = await inOtherJob('end-key', event, inputs, { attempt: 2 });
    expect(ended.exitCode).toBe(1);
    expect(keyOf(step).disabled).toBe(false);
  });

  test('says none for a fork, which has no secrets, and after a close', async () => {
    const fork = addRepository(gitHub.server.github, { name: 'stranger/shop', isFork: true });
    const forked = await main(open({ number: 2, from: fork }), { seal: '', 'management-key': '' });
    expect(forked.outputs).toMatchObject({ state: 'skipped', 'sealed-key': 'none' });
    await main(open({ number: 3 }), SEALED);
    const [closed] = closePull(gitHub.server.github, gitHub.repository, 3);
    const step = await main(closed, SEALED);
    expect(step.outputs).toMatchObject({ state: 'closed', 'sealed-key': 'none' });
  });

  test('has no output without a seal', async () => {
    const step = await main(open());
    expect(step.outputs).not.toHaveProperty('sealed-key');
  });
});
