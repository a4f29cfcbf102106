import { expect, test } from '@jest/globals';
import { expectFailure, openHarness, preloaded } from '../support/harness.ts';
import { inCancelledTime } from '../support/step-time.ts';

const harness = openHarness();

/** Sends `signal` to a create step during its POST; returns the failure that it reports. */
async function interrupt(
  signal: NodeJS.Signals,
  env: Record<string, string>,
  slug = `left-by-${signal.toLowerCase()}`,
) {
  harness.sandbox.faults.push({ kind: 'silence', applied: true });
  const before = harness.sandbox.requests.length;
  const step = await harness.startCreate({ slug, timeout: '24h' }, env);
  await harness.sandbox.received(before + 1);
  step.kill(signal);
  return expectFailure(await step.result);
}

test.each([
  ['SIGINT', 'SIGINT', inCancelledTime(), /^POST \/workspaces: the run was cancelled \(SIGINT\)$/m],
  [
    'SIGTERM',
    'SIGTERM',
    inCancelledTime(),
    /^POST \/workspaces: the run was cancelled \(SIGTERM\)$/m,
  ],
  [
    'an exception outside of every call',
    'SIGUSR2',
    preloaded("process.on('SIGUSR2', () => { throw new Error('out of the blue'); });"),
    /^POST \/workspaces: internal error: out of the blue$/m,
  ],
] as const)(
  '%s ends a step whose POST gets no response, and it reports what may have been created',
  async (_, signal, env, reason) => {
    const { title, message } = await interrupt(signal, env);
    const what = `Could not create the workspace "left-by-${signal.toLowerCase()}"`;
    expect(title.startsWith(`${what}, or only the response was lost: `)).toBe(true);
    expect(message).toMatch(reason);
    expect(message).toContain('Set if-exists: reuse, and start a new run: ');
  },
);

test('a cancellation during a lookup ends the step at once, with a code of its own', async () => {
  const { sandbox } = harness;
  sandbox.faults.push({ kind: 'silence' });
  const before = sandbox.requests.length;
  const inputs = { slug: 'preview-42', 'if-exists': 'reuse', timeout: '24h' };
  const step = await harness.startCreate(inputs);
  await sandbox.received(before + 1);
  step.kill('SIGINT');
  const { title, lines, code } = expectFailure(await step.result);
  expect([title, ...lines]).toEqual([
    'Could not look up the workspace "preview-42": the run was cancelled (SIGINT)',
    'Nothing was changed at OpenRouter.',
    'GET /workspaces/preview-42: the run was cancelled (SIGINT)',
  ]);
  expect(code).toBe('cancelled');
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s after SIGINT changes nothing', async (second) => {
  // From outside, the step may have ended before the second signal, or get two as one.
  const code = `process.once('SIGINT', () =>
    queueMicrotask(() => process.kill(process.pid, '${second}')));`;
  await interrupt(
    'SIGINT',
    inCancelledTime(preloaded(code)),
    `left-by-${second.toLowerCase()}-again`,
  );
});

test('an exception outside of every call fails a step that has done all its work', async () => {
  // Thrown in the microtask after the summary, which is the last that a step writes.
  const code = `import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { appendFileSync } = fs;
    fs.appendFileSync = (file, ...rest) => {
      appendFileSync(file, ...rest);
      if (file !== process.env.GITHUB_STEP_SUMMARY) return;
      fs.appendFileSync = appendFileSync;
      queueMicrotask(() => { throw new Error('out of the blue'); });
    };
    syncBuiltinESMExports();`;
  const step = await (await harness.startCreate({ slug: 'done' }, preloaded(code))).result;
  expect(step.exitCode).toBe(1);
  expect(step.outputs).toMatchObject({ outcome: 'created', slug: 'done' });
  const { code: failure, lines } = expectFailure(step, step.outputs);
  expect([failure, lines[0]]).toEqual([
    'internal-error',
    expect.stringContaining('Error: out of the blue'),
  ]);
});

test('a log that no one reads any more does not fail the step', async () => {
  const { account } = harness.sandbox;
  const { handle } = account;
  // A guardrail is set after the first line that cannot be written.
  const step = await harness.startCreate({ slug: 'unread', 'enforce-zdr': 'true' });
  account.handle = (request) => {
    step.closeLog();
    return handle(request);
  };
  const { exitCode, outputs, summary, log } = await step.result;
  account.handle = handle;
  expect(exitCode).toBe(0);
  const created = account.workspaces.find(({ slug }) => slug === 'unread');
  expect(outputs).toMatchObject({ id: created?.id, created: 'true', outcome: 'created' });
  expect(summary).toContain('✅ Created the OpenRouter workspace &quot;Preview&quot;');
  expect(account.guardrails.map(({ workspace_id }) => workspace_id)).toEqual([created?.id]);
  expect(log).toMatch(/^Requested: the workspace .*$/);
});
