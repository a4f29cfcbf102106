import { describe, expect, test } from '@jest/globals';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { expectFailure, masksOf, openHarness, printedBy } from '../support/harness.ts';
import { secretsIn } from '../support/secret-forms.ts';

const harness = openHarness();

/** Expects that the key is masked first, and appears nowhere else. */
function expectNoKey(step: StepResult, key: string, part = key): void {
  const masks = masksOf(key).map((mask) => `::add-mask::${mask}`);
  expect(step.stdout.split('\n').slice(0, 2)).toEqual(masks);
  const shown = [printedBy(step), step.summary];
  shown.push(JSON.stringify(step.outputs), JSON.stringify(step.state));
  expect(shown.join('\n')).not.toContain(part);
  expect(secretsIn(shown.join('\n'), [key])).toEqual([]);
}

const key = () => harness.sandbox.managementKey;

function responding(status: number, body: string | object, headers = {}): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  harness.sandbox.faults.push({ kind: 'response', status, headers, body: text });
}

describe('the key is masked before anything is printed, and shown nowhere', () => {
  test.each<[string, (key: string) => Record<string, string>]>([
    ['after a success', () => ({})],
    ['with whitespace around it', (text) => ({ 'management-key': `  ${text}\n` })],
    ['in rejected inputs', (text) => ({ slug: text, timeout: text, 'api-url': text })],
    ['in accepted inputs', (text) => ({ name: `key ${text}`, description: text })],
  ])('%s', async (_, inputsWith) => {
    expectNoKey(await harness.create(inputsWith(key())), key());
  });

  test.each<[string, (key: string) => void]>([
    ['an error', (text) => responding(400, { message: `bad ${text}` })],
    ['HTML', (text) => responding(502, `<p>Bearer ${text}</p>`)],
    ['a location', (text) => responding(307, {}, { location: `/?${text}` })],
    ['cf-ray', (text) => responding(500, {}, { 'cf-ray': text })],
    [
      'the workspace',
      (text) => responding(201, { data: { id: text, slug: 'echo', name: text, note: [text] } }),
    ],
  ])('if the server returns it in %s', async (_, respondWith) => {
    respondWith(key());
    expectNoKey(await harness.create({ slug: 'echo' }), key());
  });

  test('if truncating a text would leave half of it', async () => {
    const long = (text: string) => `${'x'.repeat(1_960)}${text}`;
    responding(201, { data: { id: '1', slug: 'echo', name: long(key()) } });
    const created = await harness.create({ slug: 'echo' });
    const tooLong = `${'x'.repeat(60)}${key()}${'y'.repeat(5_000)}`;
    const invalid = await harness.create({ description: tooLong });
    expect(invalid.log).toContain('description must be at most');
    responding(400, long(key()));
    const halves = [created, invalid, await harness.create()];
    for (const step of halves) expectNoKey(step, key(), key().slice(0, 24));
  });

  test('if removing control characters from a text would assemble it', async () => {
    const split = `${key().slice(0, 20)}\u001b[0m${key().slice(20)}`;
    responding(400, { message: split });
    expectNoKey(await harness.create(), key());
  });

  test.each<[string, (key: string) => string]>([
    ['without its prefix', (text) => text.slice('sk-or-v1-'.length)],
    ['without its end', (text) => text.slice(0, -8)],
    ['without both', (text) => text.slice('sk-or-v1-'.length, -8)],
  ])('if the server returns it %s', async (_, formOf) => {
    responding(400, { message: `No key ${formOf(key())}` });
    const step = await harness.create();
    expectFailure(step);
    expect(step.log).toContain('No key ***');
    expectNoKey(step, key(), key().slice(-24, -8));
  });

  test('after a cancellation', async () => {
    harness.sandbox.faults.push({ kind: 'silence' });
    const before = harness.sandbox.requests.length;
    const step = await harness.startCreate({ 'if-exists': 'reuse' });
    await harness.sandbox.received(before + 1);
    step.kill('SIGTERM');
    expectNoKey(await step.result, key());
  });

  test('line by line if it has several lines', async () => {
    const lines = ['sk-or-v1-first-line-of-it', 'sk-or-v1-second-line-of-it'];
    const step = await harness.create({ 'management-key': lines.join('\n') });
    expect(step.exitCode).toBe(1);
    expect(step.masks.slice(0, 3)).toEqual([lines.join('\n'), ...lines]);
    expect(step.masks).toEqual(expect.arrayContaining(['first-line-of-it', 'second-line-of-it']));
    for (const line of lines) expect(step.summary + printedBy(step)).not.toContain(line);
  });
});
