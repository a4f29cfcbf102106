import assert from 'node:assert/strict';
import { dispatchEvent, scheduleEvent } from '../../sandbox/github/events.ts';
import { closePull, commentOn, openPull } from '../../sandbox/github/people.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader } from '../reader.ts';

const PAGE = 'docs/recipes/coding-agents.md';

/** What the files of the recipe do, by a sentence that says what holds. */
export const CODING_AGENTS: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'a comment of a listed user starts an agent, which answers in a comment, and has no key afterwards'(
    sandbox,
  ) {
    const reader = await openReader(PAGE, sandbox);
    const { github, repository, service } = reader;
    openPull(github, repository);
    const body = '/agent Fix "the menu" $(touch never)';
    const run = (by: string) => {
      const [event] = commentOn(github, repository, 1, { body, by });
      return reader.run('Agent for a comment', { event });
    };
    const ignored = await run('mona');
    assert.deepEqual([ignored.exitCode, reader.slugs()], [0, []], ignored.log);

    const answered = await run('octocat');
    assert.equal(answered.exitCode, 0, answered.log);
    const [install, call] = reader.calls();
    assert.match(install?.call ?? '', /^npm install --global \S+@[\d.]+$/);
    assert.equal(install?.key, '');
    assert.match(call?.key ?? '', /^sk-or-v1-\w{64}$/);
    const [comment] = service.read().comments;
    assert.equal(comment?.number, 1);
    const [first, , rest] = (comment?.body ?? '').split('\n');
    assert.match(
      first ?? '',
      /^Job key: success, job agent: success, job end: success \(\[run\]\(https:\/\/\S+\)\)\.$/,
    );
    assert.equal(rest, '> Fix "the menu" $(touch never)');
    assert.deepEqual(reader.disabledKeys(), [true]);

    const failed = await reader.run('Agent for a comment', {
      event: commentOn(github, repository, 1, { body })[0],
      fails: 'claude',
    });
    assert.deepEqual([failed.results['agent'], failed.results['end']], [['failure'], ['success']]);
    const [, ofFailure] = service.read().comments;
    assert.match(ofFailure?.body ?? '', /^Job key: success, job agent: failure, /);
    assert.deepEqual(reader.disabledKeys(), [true, true]);

    closePull(github, repository, 1);
    reader.letKeysBeCounted();
    const night = await reader.run('Agent nightly', { event: scheduleEvent(github, repository) });
    assert.deepEqual([night.exitCode, reader.slugs()], [0, []], night.log);
    await reader.close();
  },

  async 'an agent that is started by hand has a key of one workspace, which stays'(sandbox) {
    const reader = await openReader(PAGE, sandbox);
    const { github, repository } = reader;
    for (const task of ['Fix the menu', 'Fix the search']) {
      const inputs = { task };
      const event = dispatchEvent(github, repository, { inputs });
      const run = await reader.run('Agent', { event, inputs });
      assert.equal(run.exitCode, 0, run.log);
      assert.match(reader.calls()[1]?.key ?? '', /^sk-or-v1-/, run.log);
      assert.deepEqual([reader.slugs(), reader.disabledKeys()], [['agents-web'], []]);
    }
    await reader.close();
  },
};
