import { beforeEach, describe, expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../sandbox/github/events.ts';
import { closePull, openPull } from '../../sandbox/github/people.ts';
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
  const { harness, gitHub, main, post, job, keyOf } = openPreviewHarness();
  const open = () => openPull(gitHub.server.github, gitHub.repository, {})[0];
  const close = () => closePull(gitHub.server.github, gitHub.repository, 1)[0];
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
    expect(code).toBe('preview-not-deleted');
    expect(title).toBe(
      'Could not delete the preview "preview-shop-1": OpenRouter failed (HTTP 502)',
    );
    expect(lines.slice(0, 2)).toEqual([
      'Its API keys may still work, each up to its own limit.',
      'To stop any spending now, disable the API keys: https://openrouter.ai/workspaces/preview-shop-1',
    ]);
    expect([ended.exitCode, shownBy(ended), ended.summary]).toEqual([1, [], '']);
    expect(ended.log.split('\n').at(-1)).toBe(`${title}, as the step has reported.`);
  });

  test('that is closed while OpenRouter is down has a warning if the post step learns what its keys can do', async () => {
    const { main: opened } = await job(open());
    Object.assign(keyOf(opened), { disabled: false });
    const fault = { kind: 'response', status: 502 };
    const failing = ['PATCH /keys/:hash', 'DELETE /keys/:hash'].flatMap((on) =>
      Array(99).fill({ on, ...fault }),
    );
    const { step, ended } = await runDown(close(), failing);
    expect(messagesOf([step, ended], 'error')).toHaveLength(1);
    const { name, label } = keyOf(opened);
    expect(messagesOf([ended], 'warning').map((data) => data.split('\n').slice(0, -1))).toEqual([
      [
        'The preview "preview-shop-1" still exists. Run this again; otherwise the next clean-up deletes it.',
        `Still able to spend: 1 API key, $1.00 at most: "${name}" (${label}).`,
      ],
    ]);
    expect(ended.summary).toContain('⚠️ OpenRouter: Left after the job');
  });

  test('that is open while OpenRouter is down has one error, and no notice about its comment', async () => {
    await job(open());
    const { step, ended } = await runDown(open());
    expect(expectFailure(step, { state: 'open' }).code).toBe('server-error');
    expect(annotations(ended, 'notice')).toEqual([]);
    expect([ended.exitCode, shownBy(ended)]).toEqual([0, []]);
    expect(ended.log).toContain('The comment of the preview may be out of date: ');
  });

  test('whose key cannot be disabled while OpenRouter is down has one error, and no notice about its comment', async () => {
    const opened = open();
    const step = await main(opened);
    faults().push(...DOWN);
    const ended = await post(opened, step);
    faults().splice(0);
    expect(expectFailure(ended).title).toMatch(/^Could not disable the API key /);
    expect(shownBy(ended)).toEqual(['error']);
    expect(ended.log).toContain('The comment of the preview may be out of date: ');
  });

  test('that cannot be read has one error, and no warning that it was not checked', async () => {
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
    const closed = close();
    const step = await main(closed);
    expect(expectFailure(step, { state: 'closed' }).code).toBe('preview-not-ours');
    const ended = await post(closed, step);
    expect([ended.exitCode, shownBy(ended)]).toEqual([1, []]);
  });

  test('has two errors for two causes', async () => {
    await job(open());
    const rejected = Array(9).fill({ kind: 'response', status: 401 });
    const { step, ended } = await runDown(close(), rejected);
    expect(messagesOf([step, ended], 'error')).toEqual([
      expect.stringMatching(/^Could not delete the preview .*: OpenRouter failed \(HTTP 502\)\n/),
      expect.stringMatching(/^Could not delete the preview .*: OpenRouter rejected the manage/),
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
