import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../../../../sandbox/http/faults.ts';
import { newSeal } from '../../../../sandbox/runner/seal.ts';
import { expectFailure, printedBy } from '../../../support/harness.ts';
import { openSealedHarness } from '../../../support/sealed-harness.ts';

const { harness, seal, sealOne, unseal, keys } = openSealedHarness();

/** Has OpenRouter respond to the next requests for the key itself as `faults` say. */
const failNext = (...faults: Fault[]) =>
  harness.sandbox.faults.push(...faults.map((fault) => ({ on: 'GET /key', ...fault })));
const response = (status: number): Fault => ({ kind: 'response', status });

/** What a step has written that people see. */
const shown = (step: Awaited<ReturnType<typeof unseal>>) => printedBy(step) + step.summary;

describe('unseal-key', () => {
  test('outputs the key, and masks it before it sends a request', async () => {
    const { sealed } = await sealOne();
    harness.sandbox.requests.length = 0;
    const step = await unseal(sealed);
    expect(step).toMatchObject({ exitCode: 0, annotations: [], summary: '' });
    const { key = '' } = step.outputs;
    expect(
      harness.sandbox.requests.map(({ method, path, headers }) => [
        method,
        path,
        headers.authorization,
      ]),
    ).toEqual([['GET', '/key', `Bearer ${key}`]]);
    const names = step.commands.map(({ name }) => name);
    expect(step.masks).toContain(key);
    expect(names.lastIndexOf('add-mask')).toBeLessThan(names.indexOf('group'));
    for (const secret of [key, seal]) expect(shown(step)).not.toContain(secret);
  });

  test('outputs no key, and needs no secret, if there is none and nothing is wrong', async () => {
    const step = await unseal('none', { seal: '' });
    expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: { key: '' } });
    expect(step.log.split('\n')).toHaveLength(1);
    expect(harness.sandbox.requests).toEqual([]);
  });

  test('waits for a server that fails for a moment, and for a key that is rejected for a moment', async () => {
    const { sealed } = await sealOne();
    failNext(response(503), { kind: 'reset' }, response(401), response(401));
    const step = await unseal(sealed);
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(step.outputs['key']).toMatch(/^sk-or-v1-/);
  });

  test.each<[string, Record<string, unknown>]>([
    ['disabled', { disabled: true }],
    ['expired', { expires_at: '2020-01-01T00:00:00Z' }],
  ])('fails with a key that is %s', async (_, change) => {
    const { sealed } = await sealOne();
    Object.assign(keys()[0] ?? {}, change);
    const { code, lines } = expectFailure(await unseal(sealed));
    expect(code).toBe('sealed-key-ended');
    expect(lines.join()).toContain('choose Re-run all jobs');
  });

  test('fails with the key of a workspace that was deleted', async () => {
    const { sealed } = await sealOne();
    keys().length = 0;
    expect(expectFailure(await unseal(sealed)).code).toBe('sealed-key-ended');
  });

  test('does not say that a key has ended if OpenRouter does not allow its request', async () => {
    const { sealed } = await sealOne();
    failNext(response(403));
    expect(expectFailure(await unseal(sealed)).code).toBe('forbidden');
  });

  test.each([
    ['another seal', { seal: newSeal() }, {}],
    ['another run', {}, { GITHUB_RUN_ID: '17000000002' }],
  ])('does not open a key with %s, and sends no request', async (_, inputs, env) => {
    const { sealed } = await sealOne();
    harness.sandbox.requests.length = 0;
    expect(expectFailure(await unseal(sealed, inputs, env)).code).toBe('sealed-key-mismatch');
    expect(harness.sandbox.requests).toEqual([]);
  });

  test.each([
    ['with no sealed key', '', 'sealed-key-empty'],
    ['with a text that is no sealed key', 'ey', 'sealed-key-mismatch'],
    ['with half a sealed key', 'HALF', 'sealed-key-mismatch'],
    ['with the key itself', 'KEY', 'sealed-key-mismatch'],
  ])('fails %s', async (_, text, code) => {
    const { sealed } = await sealOne();
    const [half = ''] = sealed.split('~');
    const key = String((await unseal(sealed)).outputs['key']);
    const step = await unseal(text.replace('HALF', half).replace('KEY', key));
    expect(expectFailure(step).code).toBe(code);
    // GitHub shows the inputs of a step, and nothing that this step writes has it again.
    expect(shown(step)).not.toContain(key);
  });

  test.each<[string, Fault[], Record<string, string>]>([
    ['an outage', Array(40).fill(response(503)), { timeout: '5s' }],
    ['a firewall', [response(403)], {}],
    ['an account without credit', [response(402)], {}],
    ['another API', Array(40).fill(response(404)), { timeout: '5s' }],
    [
      'a proxy',
      Array(40).fill({ kind: 'response', status: 200, body: '<html>' }),
      { timeout: '5s' },
    ],
    ['throttling', Array(40).fill(response(429)), { timeout: '5s' }],
    ['an ended key', Array(40).fill(response(401)), {}],
    ['a wrong seal', [], { seal: newSeal() }],
    ['a seal that is none', [], { seal: 'none' }],
    ['an unencrypted api-url', [], { 'api-url': 'http://example.com' }],
  ])('speaks of no management key after %s', async (_, faults, inputs) => {
    const { sealed } = await sealOne();
    failNext(...faults);
    const step = await unseal(sealed, inputs);
    expect(step.exitCode).toBe(1);
    expect(shown(step)).not.toMatch(/management/i);
    harness.sandbox.faults.length = 0;
  });
});
