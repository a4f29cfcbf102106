import { describe, expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../../sandbox/github/events.ts';
import { closePull, openPull, pushTo } from '../../../../sandbox/github/people.ts';
import type { StepResult } from '../../../../sandbox/runner/runner.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness } from '../../../support/preview-harness.ts';

/** Enough to outlast the retries of a step. */
const DOWN = Array(99).fill({ kind: 'response', status: 502 });

/** What a step shows outside of its log. */
const shownBy = (step: StepResult) =>
  step.commands.flatMap(({ name }) =>
    ['error', 'warning', 'notice'].includes(name) ? [name] : [],
  );

describe('the preview of a pull request', () => {
  const { harness, gitHub, main, post, job } = openPreviewHarness();
  const open = () => openPull(gitHub.server.github, gitHub.repository, {})[0];
  const close = () => closePull(gitHub.server.github, gitHub.repository, 1)[0];
  const push = () => pushTo(gitHub.server.github, gitHub.repository, 'feature')[1] as GitHubEvent;
  const faults = () => harness.sandbox.faults;

  /** Runs both steps. OpenRouter is down from the response to `call` on, the first of the step by default. */
  async function runDown(event: GitHubEvent, call?: string) {
    if (call === undefined) faults().push(...DOWN);
    else onNth(harness.sandbox, call, 1, () => faults().push(...DOWN));
    const step = await main(event);
    faults().splice(0, 99, ...DOWN);
    const ended = await post(event, step);
    faults().splice(0);
    return { step, ended };
  }

  test('that is closed while OpenRouter is down has one error, and no other annotation', async () => {
    await job(open());
    const { step, ended } = await runDown(close());
    const { code, title, lines } = expectFailure(step, { state: 'closed' });
    expect([code, title]).toEqual([
      'preview-not-ended',
      'Could not end the API keys of the closed preview "preview-shop-1": OpenRouter failed (HTTP 502)',
    ]);
    expect(lines.slice(0, 2)).toEqual([
      'Its API keys may still work, each up to its own limit.',
      'To stop any spending now, disable the API keys: https://openrouter.ai/workspaces/preview-shop-1',
    ]);
    expect([ended.exitCode, shownBy(ended), ended.summary]).toEqual([0, [], '']);
  });

  test.each([
    ['while OpenRouter is down', undefined],
    ['when OpenRouter goes down, before it has a key,', 'GET /workspaces/:id'],
  ])('that is open %s has one error, which its post step only logs', async (_, call) => {
    await job(open());
    const { step, ended } = await runDown(push(), call);
    expect(expectFailure(step, step.outputs).code).toBe('server-error');
    expect([ended.exitCode, shownBy(ended), ended.summary]).toEqual([0, [], '']);
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

  test('that has a key when OpenRouter goes down has a second error, about that key', async () => {
    const { step, ended } = await runDown(open(), 'POST /keys');
    expect(expectFailure(step, step.outputs).code).toBe('server-error');
    expect(expectFailure(ended).lines[0]).toMatch(/^The API key may still work, /);
  });

  test.each<[string, object[], string]>([
    ['OpenRouter is down', DOWN, 'Could not read the API key'],
    [
      'only the older key cannot be disabled',
      Array(99).fill({ on: 'PATCH /keys/:hash', kind: 'response', status: 502 }),
      'Could not disable the API key',
    ],
  ])(
    'says which keys of a deployment work if, when it has succeeded, %s',
    async (_, down, start) => {
      const deployed = { key: 'preview' };
      await job(open(), deployed);
      const event = push();
      const step = await main(event, deployed);
      faults().push(...(down as typeof DOWN));
      const ended = await post(event, step, deployed);
      faults().splice(0);
      const { title, lines } = expectFailure(ended, {});
      expect(title.startsWith(start)).toBe(true);
      expect(lines.slice(0, 4)).toEqual([
        expect.stringMatching(
          /^The API key of this deployment may work until \d+ \w{3} \d{4} \d\d:\d\d UTC: "octo-org\/shop#1 /,
        ),
        '1 API key of earlier deployments may work, too, each until it expires.',
        'All of them count with their whole limits towards preview-limit-usd.',
        'Run this job again: if it succeeds, only the newest key works.',
      ]);
      expect(lines.join()).not.toMatch(/Nothing was changed|before running this again/i);
      const again = push();
      await job(again, deployed);
      expect(harness.sandbox.account.keys.filter((key) => !key.disabled)).toHaveLength(1);
    },
  );

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
});
