import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/http/faults.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { annotations, expectFailure, masksOf, openHarness } from '../support/harness.ts';

const harness = openHarness();

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';

/** Each has a command at its beginning or on a line of its own, one within a line, and what hides one. */
const ATTEMPTS = [
  '::set-output name=id::100%0Aevil\r\n  ::stop-commands::evil\u202e ##[add-mask]evil',
  '\u00a0::set-env name=PATH::100%0Aevil\n::add-mask::evil\u2028#\u001b[31m#[add-mask]evil',
];

const responding = (status: number, body: unknown): ScheduledFault => ({
  kind: 'response',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** Expects only the commands that the action itself sends to the runner, and no control characters. */
function expectHarmless(step: StepResult): void {
  const names = step.commands.map(({ name }) => name);
  const own = ['group', 'endgroup', 'error', 'warning', 'add-mask'];
  expect(names.filter((name) => !own.includes(name))).toEqual([]);
  expect(step.masks).toEqual(masksOf(harness.sandbox.managementKey));
  expect(step.stdout).toContain('evil');
  expect(step.stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
  expect(step.stdout).not.toContain('##[');
  expect(step.stderr).toBe('');
}

describe.each(ATTEMPTS)('%j is harmless', (attempt) => {
  test('in an API error, where percent signs do not become line breaks', async () => {
    harness.sandbox.faults.push(responding(400, { error: { message: attempt } }));
    const step = await harness.create();
    expectFailure(step);
    expectHarmless(step);
    expect(annotations(step)[0]?.data).toContain('100%0Aevil');
  });

  test('in accepted inputs, in a body that is not JSON, and in the returned workspace', async () => {
    const data = { id: ID, slug: 'hostile', name: attempt, [attempt]: attempt };
    harness.sandbox.faults.push(
      responding(502, attempt),
      responding(404, {}),
      responding(201, { data }),
    );
    const step = await harness.create({ slug: 'hostile', name: attempt, description: attempt });
    expect(harness.sandbox.faults).toEqual([]);
    expect(step.exitCode).toBe(0);
    expectHarmless(step);
    expect(step.outputs).toMatchObject({ id: ID, slug: 'hostile', name: attempt });
    expect(JSON.parse(step.outputs['workspace'] ?? '')).toEqual(data);
  });

  test('in rejected inputs', async () => {
    const inputs = { slug: attempt, 'default-provider-sort': attempt, timeout: attempt };
    const step = await harness.create(inputs);
    expectFailure(step);
    expectHarmless(step);
  });

  test('in the name and value of a field of a guardrail', async () => {
    const fields = { [`\n${attempt}`]: attempt };
    const planned = await harness.create({ guardrail: JSON.stringify(fields), 'dry-run': 'true' });
    expect(planned.exitCode).toBe(0);
    expectHarmless(planned);
  });
});

describe('HTML in the summary is shown as text', () => {
  const HTML = `<img src=x onerror="alert(1)">\n\n# Heading`;
  const ESCAPED = '&lt;img src=x onerror=\\&quot;alert(1)\\&quot;&gt;';

  test('from the workspace, on one line', async () => {
    const { summary } = await harness.create({ description: HTML });
    expect(summary).toContain(
      `<td><code>description: &quot;${ESCAPED}\\n\\n# Heading&quot;</code></td>`,
    );
    expect(summary).not.toMatch(/<img|\n\s*\n/);
  });
});
