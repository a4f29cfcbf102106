import { describe, expect, test } from '@jest/globals';
import { openPull } from '../../sandbox/github/people.ts';
import { foldGroups } from '../../sandbox/runner/log.ts';
import { openHarness } from '../support/harness.ts';
import { openPreviewHarness } from '../support/preview-harness.ts';

const harness = openHarness();

/** What a reader of the log sees before a click, without ids and times. */
const shownIn = (log: string) =>
  foldGroups(log.split('\n')).map((line) => line.replace(/ in \d+\.\d s.*/, ''));

describe('the requests of a step stand in a group', () => {
  test('with their retries, which what matters closes', async () => {
    const on = 'POST /workspaces';
    const headers = { 'retry-after': '0' };
    harness.sandbox.faults.push({ on, kind: 'response', status: 429, headers });
    const step = await harness.create({ 'budget-daily-usd': '1' });
    const { name, slug } = step.outputs;
    expect(shownIn(step.log)).toEqual([
      `Requested: the workspace ${JSON.stringify(name)}, slug ${slug}.`,
      '▸ Requests',
      'Created',
      '  budget-daily-usd: 1',
      '▸ Requests',
      'Set the daily budget.',
    ]);
    const [, requests = ''] = step.log.split(/##\[(?:group|endgroup)\]/);
    expect(requests.split('\n').slice(0, -1)).toEqual([
      'Requests',
      expect.stringMatching(/^POST \/workspaces: HTTP 429, after \d+ ms$/),
      expect.stringMatching(
        /^Could not create the workspace "preview-\d+": HTTP 429 .* Retrying in \d\.\d s\.$/,
      ),
      expect.stringMatching(/^POST \/workspaces: HTTP 201, after \d+ ms$/),
    ]);
  });

  test('which an annotation closes', async () => {
    harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'response', status: 403 });
    const step = await harness.create();
    expect(step.commands.map(({ name }) => name)).toEqual([
      'add-mask',
      'add-mask',
      'group',
      'endgroup',
      'error',
    ]);
  });
});

describe('a step of a preview', () => {
  const { gitHub, main, post } = openPreviewHarness();

  test('closes the group that its last request has opened', async () => {
    const [opened] = openPull(gitHub.server.github, gitHub.repository);
    const inputs = { comment: 'false', key: 'none' };
    const ended = await post(opened, await main(opened, inputs), inputs);
    expect(ended.log).toBe('');
  });
});
