import { beforeEach, describe, expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull, pushTo } from '../../sandbox/github/people.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { annotations, expectFailure } from '../support/harness.ts';
import { openKeyHarness } from '../support/key.ts';
import { onNth } from '../support/on-nth.ts';
import { openPreviewHarness, type PreviewStep } from '../support/preview-steps.ts';

/** Enough to outlast the retries of a step. */
const DOWN = Array(99).fill({ kind: 'response', status: 502 });

/** What a step shows outside of its log. */
const shownBy = (step: StepResult) =>
  step.commands.flatMap(({ name }) =>
    ['error', 'warning', 'notice'].includes(name) ? [name] : [],
  );

const messagesOf = (steps: readonly PreviewStep[], level: string) =>
  steps.flatMap((step) => annotations(step, level).map(({ data }) => data));

describe('the preview of a pull request', () => {
  const { harness, gitHub, main, post, job } = openPreviewHarness();
  const open = () => openPull(gitHub.server.github, gitHub.repository, {})[0];
  const close = () => closePull(gitHub.server.github, gitHub.repository, 1)[0];
  const push = () => pushTo(gitHub.server.github, gitHub.repository, 'feature')[1] as GitHubEvent;
  const faults = () => harness.sandbox.faults;

  /** Runs both steps. OpenRouter is down, and behaves in the post step as `late` says. */
  async function runDown(event: GitHubEvent, late: readonly object[] = DOWN) {
    faults().push(...DOWN);
    const step = await main(event);
    faults().splice(0, 99, ...(late as typeof DOWN));
    const ended = await post(event, step);
    faults().splice(0);
    return { step, ended };
  }

  test('that is closed while OpenRouter is down has one error, and no other annotation', async () => {
    await job(open());
    const { step, ended } = await runDown(close());
    const { code, title, lines } = expectFailure(step, { state: 'closed' });
    expect([code, title]).toEqual([
      'preview-not-deleted',
      'Could not delete the preview "preview-shop-1": OpenRouter failed (HTTP 502)',
    ]);
    expect(lines.slice(0, 2)).toEqual([
      'Its API keys may still work, each up to its own limit.',
      'To stop any spending now, disable the API keys: https://openrouter.ai/workspaces/preview-shop-1',
    ]);
    expect([ended.exitCode, shownBy(ended), ended.summary]).toEqual([0, [], '']);
  });

  test('that is open while OpenRouter is down has one error, and no notice about its comment', async () => {
    await job(open());
    const { step, ended } = await runDown(open());
    expect(expectFailure(step, { state: 'open' }).code).toBe('server-error');
    expect([ended.exitCode, shownBy(ended)]).toEqual([0, []]);
  });

  test('that is open when OpenRouter goes down has one error, which its post step only logs', async () => {
    await job(open());
    onNth(harness.sandbox, 'GET /workspaces/:id', 1, () => faults().push(...DOWN));
    const event = push();
    const step = await main(event);
    expect(expectFailure(step, step.outputs).code).toBe('server-error');
    faults().splice(0, 99, ...DOWN);
    const ended = await post(event, step);
    faults().splice(0);
    expect([shownBy(ended), ended.summary]).toEqual([[], '']);
    expect(ended.log).toMatch(/: OpenRouter failed \(HTTP 502\), as the step has reported\.$/);
  });

  test('whose key cannot be disabled while OpenRouter is down has one error, and no notice about its comment', async () => {
    const opened = open();
    const step = await main(opened);
    faults().push(...DOWN);
    const ended = await post(opened, step);
    faults().splice(0);
    const { code, lines } = expectFailure(ended);
    expect([code, shownBy(ended)]).toEqual(['server-error', ['error']]);
    expect(lines[0]).toMatch(/^The API key may still work, /);
  });

  test('that cannot be read has one error, and a post step without any', async () => {
    const opened = open();
    gitHub.server.faults.push(...DOWN);
    const step = await main(opened);
    const ended = await post(opened, step);
    gitHub.server.faults.splice(0);
    expect(expectFailure(step).code).toBe('server-error');
    expect([ended.exitCode, shownBy(ended)]).toEqual([0, []]);
  });

  test('whose slug is another workspace has one error', async () => {
    await job(open());
    Object.assign(harness.sandbox.account.workspaces[1] ?? {}, { description: 'By hand' });
    const event = push();
    const step = await main(event);
    expect(expectFailure(step, { state: 'open' }).code).toBe('preview-not-ours');
    const ended = await post(event, step);
    expect([ended.exitCode, shownBy(ended)]).toEqual([0, []]);
  });

  test('has two errors for two causes', async () => {
    const fault = { on: 'GET /workspaces/:id', kind: 'response', status: 502 };
    onNth(harness.sandbox, 'POST /keys', 1, () => faults().push(...Array(99).fill(fault)));
    const event = open();
    const step = await main(event);
    faults().splice(0, 99, ...Array(9).fill({ kind: 'response', status: 401 }));
    const ended = await post(event, step);
    faults().splice(0);
    expect(messagesOf([step, ended], 'error')).toEqual([
      expect.stringMatching(
        /^Could not look up the workspace .*: OpenRouter failed \(HTTP 502\)\n/,
      ),
      expect.stringMatching(/: OpenRouter rejected the manage/),
    ]);
  });
});

describe('an action that creates', () => {
  const key = openKeyHarness();
  beforeEach(() => {
    key.sandbox.faults.splice(0);
  });

  /** OpenRouter applies the request, and is down before it responds. */
  function endWith(on: string): void {
    key.sandbox.faults.push({ on, kind: 'reset', applied: true });
    onNth(key.sandbox, on, 1, () => key.sandbox.faults.push(...DOWN));
  }

  test('a key has one error while OpenRouter is down, and a warning of the key that may be left', async () => {
    endWith('POST /keys');
    const main = await key.createKey();
    expect(expectFailure(main).code).toBe('outcome-unknown');
    key.sandbox.faults.push(...DOWN);
    const post = await key.runPost(main);
    expect(post.exitCode).toBe(0);
    expect(annotations(post)).toEqual([]);
    expect(annotations(post, 'warning').map(({ data }) => data.split('\n').slice(0, -1))).toEqual([
      [
        expect.stringMatching(
          /^May still exist at OpenRouter: an API key named "CI" whose secret was lost, expires /,
        ),
      ],
    ]);
    expect(post.log).toMatch(/^Could not list .*: OpenRouter failed \(HTTP 502\), as the step /m);
  });

  test('a workspace for the job has one error while OpenRouter is down, and a warning of what may be left', async () => {
    endWith('POST /workspaces');
    const inputs = { slug: 'of-the-job', 'delete-after-job': 'true' };
    const main = await key.harness.create(inputs);
    expect(expectFailure(main).code).toBe('outcome-unknown');
    key.sandbox.faults.push(...DOWN);
    const post = await key.harness.post(main);
    expect([post.exitCode, annotations(post)]).toEqual([0, []]);
    expect(annotations(post, 'warning').map(({ data }) => data.split('\n').slice(0, -1))).toEqual([
      ['May still exist at OpenRouter: the workspace "of-the-job".'],
    ]);
  });
});
