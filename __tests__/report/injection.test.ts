import { describe, expect, test } from '@jest/globals';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { annotations, expectFailure, openHarness } from '../support/harness.ts';

const harness = openHarness();

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';

const ATTEMPTS = [
  '::set-output name=id::evil',
  '\n::set-output name=id::evil',
  '\r::add-mask::evil',
  '\r\n  ::stop-commands::evil',
  '\u2028::set-env name=PATH::evil',
  '\u0085::set-env name=PATH::evil',
  '\u00a0::set-env name=PATH::evil',
  '%0A::set-env name=PATH::evil',
  '##[add-mask]evil',
  'before ##[set-output name=id]evil',
  '#\u0000#[add-mask]evil',
  '#\u001b[31m#[add-mask]evil',
  '\u001b]8;;https://evil\u0007##[add-mask]\u001b[2Jevil',
  '\u202e##[add-mask]evil',
  '\u200f::add-mask::\u061cevil\u200e',
];

/** Expects only the commands that the action itself sends to the runner, and no control characters. */
function expectHarmless(step: StepResult): void {
  const names = step.commands.map(({ name }) => name);
  expect(names.filter((name) => !['debug', 'error', 'warning', 'add-mask'].includes(name))).toEqual(
    [],
  );
  expect(step.masks).toEqual([harness.sandbox.managementKey]);
  expect(step.stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  expect(step.stdout).not.toContain('##[');
  expect(step.stderr).toBe('');
}

describe.each(ATTEMPTS)('%j is harmless', (attempt) => {
  test('in an API error', async () => {
    const body = JSON.stringify({ error: { message: attempt } });
    harness.sandbox.faults.push({ kind: 'response', status: 400, body });
    const step = await harness.create();
    expectFailure(step);
    expectHarmless(step);
  });

  // An environment cannot contain NUL, and the whitespace around an input is trimmed.
  const input = attempt.replaceAll('\u0000', '');

  test('in accepted inputs, in a body that is not JSON, and in the returned workspace', async () => {
    const data = { id: ID, slug: 'hostile', name: attempt, [attempt]: attempt };
    harness.sandbox.faults.push(
      { kind: 'response', status: 502, body: attempt },
      { kind: 'response', status: 404, body: '{}' },
      { kind: 'response', status: 201, body: JSON.stringify({ data }) },
    );
    const step = await harness.create({ slug: 'hostile', name: input, description: input });
    expect(harness.sandbox.faults).toEqual([]);
    expect(step.exitCode).toBe(0);
    expectHarmless(step);
    expect(Object.keys(step.outputs)).toEqual([
      'id',
      'slug',
      'name',
      'url',
      'created',
      'outcome',
      'workspace',
    ]);
    expect(JSON.parse(step.outputs['workspace'] ?? '')).toEqual(data);
  });

  test('in rejected inputs', async () => {
    const step = await harness.create({
      slug: input,
      'default-provider-sort': input,
      timeout: input,
    });
    expectFailure(step);
    expectHarmless(step);
  });

  test('in the slug of another workspace', async () => {
    const data = { id: ID, slug: attempt, name: 'x' };
    harness.sandbox.faults.push({ kind: 'response', status: 201, body: JSON.stringify({ data }) });
    const step = await harness.create();
    expectFailure(step);
    expectHarmless(step);
  });
});

test('names and values of fields of a guardrail are harmless', async () => {
  const fields = Object.fromEntries(ATTEMPTS.map((attempt) => [`\n${attempt}`, attempt]));
  const planned = await harness.create({
    guardrail: JSON.stringify(fields),
    'dry-run': 'true',
  });
  expect(planned.exitCode).toBe(0);
  expect(planned.log).toContain('evil');
  expectHarmless(planned);
  const rejected = await harness.create({ guardrail: JSON.stringify({ ...fields, name: 'A' }) });
  expectFailure(rejected);
  expectHarmless(rejected);
});

test('a redirect to a command is harmless', async () => {
  const headers = { location: '::set-output name=id::evil ##[add-mask]evil' };
  harness.sandbox.faults.push({ kind: 'response', status: 302, headers });
  const step = await harness.create();
  expectFailure(step);
  expectHarmless(step);
});

test('a summary stays small, whatever the response', async () => {
  const body = JSON.stringify({ error: { message: '\n<'.repeat(200_000) } });
  harness.sandbox.faults.push({ kind: 'response', status: 400, body });
  const { summary } = await harness.create();
  expect(summary.length).toBeLessThan(20_000);
});

describe('HTML in the summary', () => {
  const HTML = `</table><img src=x onerror="alert(1)">\n\n# Heading [link](https://evil) & 'quote' @octocat`;
  const ESCAPED =
    '&lt;/table&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;<br><br># Heading [link](https://evil) &amp; &#39;quote&#39; @octocat';

  test('from the workspace is shown as text, on one line', async () => {
    const { summary } = await harness.create({ description: HTML });
    expect(summary).toContain(`<td><code>${ESCAPED}</code></td>`);
    expect(summary).not.toContain('<img');
    expect(summary).not.toMatch(/\n\s*\n/);
  });

  test('from an error is shown as text', async () => {
    const body = JSON.stringify({ error: { message: HTML } });
    harness.sandbox.faults.push({ kind: 'response', status: 400, body });
    const { summary } = await harness.create();
    expect(summary).not.toContain('<img');
    expect(summary).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;');
  });

  test('from a rejected input is shown as text', async () => {
    const step = await harness.create({ slug: '<b>bold</b>' });
    expectFailure(step);
    expect(step.summary).toContain('&lt;b&gt;bold&lt;/b&gt;');
  });
});

test('percent signs in a message do not become line breaks', async () => {
  const body = JSON.stringify({ error: { message: '100%0Aof it' } });
  harness.sandbox.faults.push({ kind: 'response', status: 400, body });
  const step = await harness.create();
  expect(annotations(step)[0]?.data).toContain('100%0Aof it');
});
